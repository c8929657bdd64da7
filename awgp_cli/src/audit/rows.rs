//! All rows that a condition names, those too that are longer than the server sends.

use super::copy::{self, is_too_large, unreadable};
use super::large;
use super::tuple::{COLUMNS, Tuple};
use awgp_client::{Failure, Trouble, Work};

/// Hands over row after row of `awgp.audit_logs`, of those that a condition names and in the order that may follow it.
///
/// A state whose text is beyond what the server sends ends a COPY. All rows before it have come by then: it is fetched
/// by itself, in pieces, and another COPY goes on after it.
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
