//! What commands on one named thing have in common: it is found, changed by one function, and shown.

use crate::confirm::Question;
use crate::ids::{self, Kind};
use crate::opt::{Output, Sure};
use crate::render;
use awgp_client::{Call, Context, Failure, Session, Trouble, Work, shown};

/// Shows one thing as lists show it, with the names that belong to its ids.
pub async fn show(
    session: &mut Session,
    context: Context<'_>,
    kind: Kind,
    given: &str,
    output: Output,
) -> Result<String, Trouble> {
    let work = begin(session, context, kind).await?;
    let row = ids::row(&work, kind, given).await?;
    work.commit().await?;
    Ok(render::single(&row, output))
}

/// Calls a function that changes one thing, and shows what it is now.
pub async fn change(
    session: &mut Session,
    context: Context<'_>,
    (kind, given): (Kind, &str),
    call: Call,
    output: Output,
) -> Result<String, Trouble> {
    change_in(begin(session, context, kind).await?, (kind, given), call, output).await
}

/// The same in a transaction that is open already, and ends here.
pub async fn change_in(
    work: Work<'_>,
    (kind, given): (Kind, &str),
    call: Call,
    output: Output,
) -> Result<String, Trouble> {
    let call = call.arg(kind.argument, "uuid", Some(ids::find(&work, kind, given).await?));
    changed(work, &call, || kind.unknown(given), output).await
}

/// The same for what cannot be undone: on a terminal it is shown, and the question asked.
pub async fn change_for_good(
    session: &mut Session,
    context: Context<'_>,
    (kind, given): (Kind, &str),
    (question, sure): (&Question, &Sure),
    call: Call,
    output: Output,
) -> Result<String, Trouble> {
    let mut id = given.to_owned();
    if question.is_asked(sure)? {
        // No transaction waits for a human.
        let work = begin(session, context, kind).await?;
        let row = ids::row(&work, kind, given).await?;
        work.commit().await?;
        id = row.text("id").unwrap_or_default();
        let name = shown::line(&row.text(kind.name).unwrap_or_default());
        question.ask(&format!("{} {id}: {name}\n", kind.called))?;
    }
    change(session, context, (kind, &id), call, output).await
}

/// Calls a function that returns the row it changed, or no row where there is none; then commits.
pub async fn changed(
    work: Work<'_>,
    call: &Call,
    missing: impl FnOnce() -> Failure,
    output: Output,
) -> Result<String, Trouble> {
    let row = work.call(call).await?.pop().ok_or_else(missing)?;
    work.commit().await?;
    Ok(render::single(&row, output))
}

async fn begin<'a>(session: &'a mut Session, context: Context<'_>, kind: Kind) -> Result<Work<'a>, Trouble> {
    if kind.is_tenants { session.begin_in_tenant(context).await } else { session.begin(context).await }
}
