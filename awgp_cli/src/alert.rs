//! `awgp alert`: alerts of budgets.

use crate::invocation::Invocation;
use crate::list::{self, List, down, up};
use crate::opt::{Alert, AlertList, Format};
use awgp_client::{Context, Exit, Failure, Session, Trouble};

const COLUMNS: [&str; 8] =
    ["created_at", "tenant_slug", "kind", "threshold", "budget", "spent", "limit_amount", "id"];

const LIST: &str = "
    SELECT * FROM awgp.budget_alert_list WHERE $1::text IS NULL OR kind = $1";

/// Runs one command of the noun.
pub async fn run(noun: &Alert, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, format, .. } = *invocation;
    let Alert::List(options) = noun;
    invocation.answer(async |session| list(session, context, options, format).await).await
}

/// Lists alerts, the newest first.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &AlertList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    work.require_listed("budget_alerts", "kind", options.kind.as_deref()).await?;
    let list = List {
        query: LIST.into(),
        parameters: vec![&options.kind],
        order: &[down("r.created_at", "timestamptz"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["tenant_slug", "budget"],
        moment: "created_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}
