//! `awgp alert`: alerts of budgets.

use crate::invocation::Invocation;
use crate::opt::{Alert, AlertList, Output};
use crate::render;
use awgp_client::{Context, Exit, Failure, Session, Trouble};

const COLUMNS: [&str; 8] =
    ["created_at", "tenant_slug", "kind", "threshold", "budget", "spent", "limit_amount", "id"];

const LIST: &str = "
    SELECT * FROM awgp.budget_alert_list WHERE $2::text IS NULL OR kind = $2
    ORDER BY created_at DESC, id LIMIT $1::bigint";

/// Runs one command of the noun.
pub async fn run(noun: &Alert, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    let Alert::List(options) = noun;
    invocation.answer(async |session| list(session, context, options, output).await).await
}

/// Lists alerts, the newest first.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &AlertList,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    work.require_listed("budget_alerts", "kind", options.kind.as_deref()).await?;
    let rows = work.select(LIST, &[&i64::from(options.limit.rows), &options.kind]).await?;
    work.commit().await?;
    Ok(render::list(&rows, &COLUMNS, output))
}
