//! `awgp delegation`: authority passed on for a time.

use crate::invocation::Invocation;
use crate::opt::{Delegation, DelegationCreate, DelegationList, DelegationRevoke, Output};
use crate::render;
use awgp_client::{Call, Context, Exit, Failure, Session, Trouble};

const COLUMNS: [&str; 8] =
    ["delegator", "delegate", "risk_levels", "state", "starts_at", "ends_at", "reason", "id"];

const LIST: &str = "
    SELECT * FROM awgp.delegation_list WHERE NOT $2 OR state = 'in_force'
    ORDER BY ends_at DESC, id LIMIT $1::bigint";

/// Runs one command of the noun.
pub async fn run(noun: &Delegation, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    invocation
        .answer(async |session| match noun {
            Delegation::Create(options) => create(session, context, options, output).await,
            Delegation::List(options) => list(session, context, options, output).await,
            Delegation::Revoke(options) => revoke(session, context, options, output).await,
        })
        .await
}

/// Lets another user decide.
async fn create(
    session: &mut Session,
    context: Context<'_>,
    options: &DelegationCreate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let delegate = work.text("SELECT awgp.find_user($1::text)::text", &[&options.delegate]).await?;
    let levels: Vec<String> = options.risk_levels.iter().map(ToString::to_string).collect();
    let call = Call::new("delegate_approvals")
        .arg("delegate_id", "uuid", Some(delegate))
        .arg("starts_at", "timestamptz", options.from.as_ref())
        .arg("ends_at", "timestamptz", Some(&options.until))
        .arg("risk_levels", "integer[]", (!levels.is_empty()).then(|| format!("{{{}}}", levels.join(","))))
        .arg("reason", "text", options.reason.as_ref());
    Ok(render::single(&work.conclude(&call).await?, output))
}

/// Lists the delegations that the tenant sees.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &DelegationList,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let rows = work.select(LIST, &[&i64::from(options.limit.rows), &options.in_force]).await?;
    work.commit().await?;
    Ok(render::list(&rows, &COLUMNS, output))
}

/// Revokes a delegation.
async fn revoke(
    session: &mut Session,
    context: Context<'_>,
    options: &DelegationRevoke,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    Ok(render::single(
        &work.conclude(&Call::new("revoke_delegation").arg("id", "uuid", Some(&options.id))).await?,
        output,
    ))
}
