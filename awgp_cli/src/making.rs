//! Making something once: only where it is missing, or only to see what would be.

use crate::opt::Making;
use awgp_client::{Call, Exit, Failure, Row, Trouble, Work};

/// How to find what is there already: a query, and the value of its parameter.
pub type Existing<'a> = Option<(&'a str, &'a str)>;

/// What can be done where it is there already.
const TAKEN: &str = "Take another one, or go on with what is there: --if-not-exists.";

/// Calls a function that makes one row and commits, as the options say. With --if-not-exists the row that is
/// there already is the answer.
pub async fn make(
    work: Work<'_>,
    call: &Call,
    existing: Existing<'_>,
    options: &Making,
) -> Result<Row, Trouble> {
    let wanted = if options.if_not_exists { existing } else { None };
    let row = match one(&work, call, wanted).await {
        Ok(Made::New(row) | Made::There(row)) => row,
        Err(Trouble::Sql(error)) if is_duplicate(&error) => {
            return Err(match find(&work, existing).await? {
                Some(_) => Trouble::SqlAnd(error, TAKEN),
                None => error.into(),
            });
        }
        Err(trouble) => return Err(trouble),
    };
    if options.dry_run {
        eprintln!("notice: dry run: nothing was changed");
        return Ok(row);
    }
    work.commit().await?;
    Ok(row)
}

/// The same for what no constraint tells apart: it is looked for first. Others who look for the same
/// meanwhile wait, so that it is made once.
pub async fn make_unless_there(
    work: Work<'_>,
    call: &Call,
    (sql, key): (&str, &str),
    options: &Making,
) -> Result<Row, Trouble> {
    if options.if_not_exists {
        work.run(LOCK, &[&sql, &key]).await?;
        if let Some(row) = work.select(sql, &[&key]).await?.pop() {
            work.commit().await?;
            return Ok(row);
        }
    }
    make(work, call, None, options).await
}

/// For the time of the transaction, of what is made and its name in the tenant in context.
const LOCK: &str = "
    SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(
        pg_catalog.concat_ws('/', 'awgp', awgp.current_tenant(), $1::text, $2::text), 0))";

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
            if is_duplicate(&error)
                && let Some(row) = find(work, existing).await?
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

fn is_duplicate(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code() == "23505")
}

/// What is there already.
async fn find(work: &Work<'_>, existing: Existing<'_>) -> Result<Option<Row>, Trouble> {
    let Some((sql, key)) = existing else { return Ok(None) };
    Ok(work.select(sql, &[&key]).await?.pop())
}

/// The refusal of an option where nothing makes a thing the same as another one.
pub fn refuse_if_not_exists(options: &Making, what: &str) -> Result<(), Failure> {
    if options.if_not_exists {
        let message = format!("--if-not-exists needs a name that tells {what} apart, and there is none");
        return Err(Failure::new(Exit::Usage, message).hint("leave --if-not-exists out"));
    }
    Ok(())
}
