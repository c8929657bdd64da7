//! `awgp approval watch`: waits, and rings when something is there to decide.
//!
//! Each request, decision and escalation notifies the channel `awgp_approvals`, with an id that only tells
//! that something has changed; row-level security decides what is then read. Where the setting
//! `awgp.approvals_notify` is off, the watch looks by itself.

use super::caller::require_user;
use crate::following;
use crate::opt::{ApprovalWatch, Output};
use crate::{render, times};
use awgp_client::{Context, Exit, Failure, Row, Session, Target, Trouble, shown};
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::time::Duration;
use tokio::sync::mpsc;

const LISTEN: &str = "LISTEN awgp_approvals";

/// Between looks where nothing notifies, and for what expires or is delegated without a notice.
const LOOK: Duration = Duration::from_secs(15);

const QUEUE: &str = "
    SELECT risk, title, will_run, assistant, requested_by, time_left AS left, votes, on_behalf_of, expires_at,
           work_item_id, id
    FROM awgp.approval_queue ORDER BY risk DESC, expires_at, id";

/// Shows what the user may decide, and then each further approval, until it is interrupted.
pub async fn watch(
    target: &Target,
    context: Context<'_>,
    options: &ApprovalWatch,
    output: Output,
) -> Result<Exit, Failure> {
    following::until_interrupted(target, async |session, notified| {
        run(session, notified, context, options, output).await
    })
    .await
}

async fn run(
    session: &mut Session,
    notified: &mut mpsc::Receiver<()>,
    context: Context<'_>,
    options: &ApprovalWatch,
    output: Output,
) -> Result<(), Trouble> {
    // Before the first look, so that nothing falls between.
    session.client().batch_execute(LISTEN).await?;
    let mut known = BTreeSet::new();
    loop {
        let work = session.begin_in_tenant(context).await?;
        require_user(&work).await?;
        let rows = work.select(QUEUE, &[]).await?;
        work.commit().await?;
        let id = |row: &Row| row.text("id").unwrap_or_default();
        let text: String =
            rows.iter().filter(|row| !known.contains(&id(row))).map(|row| line(row, output)).collect();
        // What was decided and comes back, after an escalation, rings again.
        known = rows.iter().map(id).collect();
        let is_new = !text.is_empty();
        let bell =
            if is_new && output == Output::Table && std::io::stdout().is_terminal() { "\u{7}" } else { "" };
        let is_read = render::print_part(&format!("{text}{bell}"))
            .map_err(|error| Failure::new(Exit::Unexpected, format!("stdout: {error}")))?;
        if !is_read || (is_new && options.once) {
            return Ok(());
        }
        following::next(notified, LOOK).await?;
    }
}

fn line(row: &Row, output: Output) -> String {
    match output {
        Output::Json => shown::json(&serde_json::to_string(row).unwrap_or_default()) + "\n",
        Output::Table => {
            let text = |name: &str| render::cell(&row.text(name).unwrap_or_default());
            let left = times::seconds(&text("left")).map(times::words).unwrap_or_default();
            let (risk, title, who) = (text("risk"), text("title"), text("requested_by"));
            format!(
                "risk {risk}  {title}  asked by {who}, {left} left: awgp approval approve {}\n",
                text("id")
            )
        }
    }
}
