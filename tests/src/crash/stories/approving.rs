//! Risky work: asked for, decided by two, and begun with the approval used up.

use super::{Story, Turn, working};
use tokio_postgres::Error;
use uuid::Uuid;

/// Asked for, voted on, begun, ended; or escalated and cancelled; or rejected.
pub async fn approval(story: &mut Story, step: u32, turn: &mut Turn<'_>) -> Result<Option<u32>, Error> {
    match step {
        0 => {
            turn.become_user("operator").await?;
            story.id = working::item(turn, 4).await?;
            story.second = turn.id("SELECT id FROM awgp.request_approval($1)", &[&story.id]).await?;
            turn.done("work_items", story.id, "status", "awaiting_approval");
            turn.done("approvals", story.second, "status", "pending");
            Ok(Some(1))
        }
        1 if turn.chance(5) => {
            turn.become_user("operator").await?;
            turn.run("SELECT awgp.escalate_approval($1, 'it hurries')", &[&story.second]).await?;
            turn.done("approvals", story.second, "status", "escalated");
            Ok(Some(9))
        }
        1 if turn.chance(4) => {
            turn.become_user("admin").await?;
            turn.run("SELECT awgp.reject($1, 'not this')", &[&story.second]).await?;
            voted(story.second, turn, "reject").await?;
            turn.done("approvals", story.second, "status", "rejected");
            Ok(None)
        }
        1 => {
            turn.become_user("admin").await?;
            turn.run("SELECT awgp.approve($1, 'one')", &[&story.second]).await?;
            voted(story.second, turn, "approve").await?;
            Ok(Some(2))
        }
        2 => {
            turn.become_user("super_admin").await?;
            turn.run("SELECT awgp.approve($1, 'two')", &[&story.second]).await?;
            voted(story.second, turn, "approve").await?;
            turn.done("approvals", story.second, "status", "approved");
            Ok(Some(3))
        }
        3 => {
            turn.become_user("operator").await?;
            turn.run("SELECT awgp.start_work_item($1)", &[&story.id]).await?;
            turn.done("work_items", story.id, "status", "in_progress");
            Ok(Some(4))
        }
        9 => {
            turn.become_user("operator").await?;
            turn.run("SELECT awgp.cancel_work_item($1, 'too late')", &[&story.id]).await?;
            turn.done("work_items", story.id, "status", "cancelled");
            turn.done("approvals", story.second, "status", "expired");
            Ok(None)
        }
        _ => {
            turn.become_user("operator").await?;
            turn.run("SELECT awgp.complete_work_item($1)", &[&story.id]).await?;
            turn.done("work_items", story.id, "status", "completed");
            Ok(None)
        }
    }
}

/// The vote of the user in context.
pub async fn voted(approval: Uuid, turn: &mut Turn<'_>, decision: &str) -> Result<(), Error> {
    let sql = "SELECT id FROM awgp.approval_decisions
               WHERE approval_id = $1 AND approver_id = awgp.current_user_id()";
    let id = turn.id(sql, &[&approval]).await?;
    turn.done("approval_decisions", id, "decision", decision);
    Ok(())
}
