//! Making something once: only where it is missing, or only to see what would be.

use crate::opt::Making;
use awgp_client::{Call, Exit, Failure, Row, Trouble, Work};

/// How to find what is there already: a query, and the value of its parameter.
pub type Existing<'a> = Option<(&'a str, &'a str)>;

/// Calls a function that makes one row and commits, as the options say. With --if-not-exists the row that is
/// there already is the answer.
pub async fn make(
    work: Work<'_>,
    call: &Call,
    existing: Existing<'_>,
    options: &Making,
) -> Result<Row, Trouble> {
    let existing = if options.if_not_exists { existing } else { None };
    let row = match one(&work, call, existing).await? {
        Made::New(row) | Made::There(row) => row,
    };
    if options.dry_run {
        eprintln!("notice: dry run: nothing was changed");
        return Ok(row);
    }
    work.commit().await?;
    Ok(row)
}

/// A row that was made, or was there.
pub enum Made {
    /// It was made.
    New(Row),
    /// It was there already.
    There(Row),
}

/// Makes one row. A refusal leaves the transaction as it was, so that another one can follow.
pub async fn one(work: &Work<'_>, call: &Call, existing: Existing<'_>) -> Result<Made, Trouble> {
    work.batch("SAVEPOINT making").await?;
    match work.call_one(call).await {
        Ok(row) => {
            work.batch("RELEASE SAVEPOINT making").await?;
            Ok(Made::New(row))
        }
        Err(Trouble::Sql(error)) => {
            work.batch("ROLLBACK TO SAVEPOINT making; RELEASE SAVEPOINT making").await?;
            let is_duplicate = error.code().is_some_and(|code| code.code() == "23505");
            if let Some((sql, key)) = existing.filter(|_| is_duplicate)
                && let Some(row) = work.select(sql, &[&key]).await?.pop()
            {
                return Ok(Made::There(row));
            }
            Err(Trouble::Sql(error))
        }
        Err(trouble) => {
            work.batch("ROLLBACK TO SAVEPOINT making; RELEASE SAVEPOINT making").await?;
            Err(trouble)
        }
    }
}

/// The refusal of an option where nothing makes a thing the same as another one.
pub fn refuse_if_not_exists(options: &Making, what: &str) -> Result<(), Failure> {
    if options.if_not_exists {
        let message = format!("--if-not-exists needs a name that tells {what} apart, and there is none");
        return Err(Failure::new(Exit::Usage, message).hint("leave --if-not-exists out"));
    }
    Ok(())
}
