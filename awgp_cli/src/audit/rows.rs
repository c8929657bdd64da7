//! All rows of a condition, including those that are longer than the server can send.

use super::copy::{self, is_too_large, unreadable};
use super::large;
use super::tuple::{COLUMNS, Tuple};
use awgp_client::{Failure, Trouble, Work};

/// Passes on each row of `awgp.audit_logs` that meets a condition, in the order that may follow the
/// condition.
///
/// A state whose text is longer than the server can send ends a COPY. All rows before it have arrived by
/// then: this row is read separately, in pieces, and another COPY continues after it.
pub async fn each(
    work: &Work<'_>,
    condition: &str,
    mut take: impl FnMut(&Tuple<'_>) -> Result<(), Failure>,
) -> Result<(), Trouble> {
    let mut rows = 0_u64;
    loop {
        work.batch("SAVEPOINT rows").await?;
        let sql = format!(
            "COPY (SELECT {COLUMNS} FROM awgp.audit_logs WHERE {condition} OFFSET {rows}) TO STDOUT (FORMAT binary)"
        );
        let copied = copy::rows(work, &sql, |tuple| {
            rows += 1;
            take(tuple)
        });
        match copied.await {
            Err(Trouble::Sql(error)) if is_too_large(&error) => {
                work.batch("ROLLBACK TO SAVEPOINT rows; RELEASE SAVEPOINT rows").await?;
                let row = large::fetch(work, condition, rows).await?;
                rows += 1;
                take(&row.tuple().ok_or_else(unreadable)?)?;
                row.checked()?;
            }
            Err(trouble) => return Err(trouble),
            Ok(()) => return work.batch("RELEASE SAVEPOINT rows").await,
        }
    }
}
