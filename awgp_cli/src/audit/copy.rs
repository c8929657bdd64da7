//! Rows of audit_logs in one binary COPY, without conversion.

use super::spool::{STATES, Spool};
use super::tuple::{COLUMNS, Kept, Tuple};
use awgp_client::{Exit, Failure, Trouble, Work};
use futures_util::StreamExt;
use std::pin::pin;
use std::rc::Rc;
use tokio_postgres::error::SqlState;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const TRAILER: [u8; 2] = [0xff; 2];

/// One row of [`COLUMNS`], without the states: they are in the spool.
pub async fn without_states(
    work: &Work<'_>,
    condition: &str,
    skipped: u64,
    spool: Rc<Spool>,
) -> Result<Kept, Trouble> {
    let mut columns = COLUMNS.to_owned();
    for state in STATES {
        columns = columns.replace(&format!("{state}::jsonb"), "NULL::jsonb");
    }
    let sql = format!(
        "COPY (SELECT {columns} FROM awgp.audit_logs WHERE {condition} OFFSET {skipped} LIMIT 1)
         TO STDOUT (FORMAT binary)"
    );
    let mut found = None;
    rows(work, &sql, |tuple| {
        found = Some(Kept::spooled(tuple.bytes, Rc::clone(&spool)));
        Ok(())
    })
    .await?;
    Ok(found.ok_or_else(unreadable)?)
}

/// Whether the server could not send a row because of its length.
pub fn is_too_large(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|said| {
        matches!(*said.code(), SqlState::PROGRAM_LIMIT_EXCEEDED | SqlState::OUT_OF_MEMORY)
            || said.message().starts_with("invalid memory alloc request size")
    })
}

/// Passes on the rows of a COPY.
pub async fn rows(
    work: &Work<'_>,
    sql: &str,
    mut take: impl FnMut(&Tuple<'_>) -> Result<(), Failure>,
) -> Result<(), Trouble> {
    let mut stream = pin!(work.copy_out(sql).await?);
    let mut begun = false;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        let mut bytes: &[u8] = &chunk;
        if !begun {
            bytes = after_header(bytes).ok_or_else(unreadable)?;
            begun = true;
        }
        if bytes.is_empty() || bytes == TRAILER {
            continue;
        }
        // A message of the server holds exactly one row.
        take(&Tuple::parse(bytes).ok_or_else(unreadable)?)?;
    }
    Ok(())
}

fn after_header(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(SIGNATURE)?;
    let (_flags, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    rest.get(usize::try_from(u32::from_be_bytes(*length)).ok()?..)
}

/// The message is not a row.
pub fn unreadable() -> Failure {
    Failure::new(Exit::Unexpected, "the server's COPY of audit_logs cannot be read")
        .hint("use the client of the extension's version: `awgp version`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_may_have_an_extension() {
        let header = [SIGNATURE, &[0, 0, 0, 0, 0, 0, 0, 2, 1, 1, 42]].concat();
        assert_eq!(after_header(&header), Some([42].as_slice()));
        assert_eq!(after_header(b"PGCOPY"), None);
    }
}
