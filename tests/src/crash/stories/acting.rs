//! Governed actions: begun, ended, unknown and reconciled; with an approval of their arguments too.

use super::{Story, Turn, approving, working};
use crate::crash::stage::{ACTION, PROVIDER};
use serde_json::Value;
use tokio_postgres::Error;
use uuid::Uuid;

const BEGIN: &str = "SELECT awgp.begin_action($1, $2, $3::text, $4::text::numeric, idempotency_key => $5,
                         arguments => $6::text::jsonb, approval_id => $7)";

/// Begins the action of the story's item with money set aside; returns the action.
async fn begin(
    item: Uuid,
    arguments: Option<&str>,
    under: Option<Uuid>,
    turn: &mut Turn<'_>,
) -> Result<Uuid, Error> {
    let estimate = "0.05";
    let begun = turn
        .client
        .query_one(BEGIN, &[&item, &ACTION, &PROVIDER, &estimate, &turn.name, &arguments, &under])
        .await?;
    let answer: Value = begun.try_get(0)?;
    assert_eq!(answer["allowed"], true, "nothing is against it: {answer}");
    let id = |key: &str| -> Uuid { answer[key].as_str().and_then(|id| id.parse().ok()).expect("an id") };
    turn.done("governed_actions", id("action_id"), "status", "begun");
    turn.done("credit_reservations", id("reservation_id"), "state", "held");
    Ok(id("action_id"))
}

/// Ends it in one of the ways; true where nobody knows what became of it.
async fn finish(action: Uuid, turn: &mut Turn<'_>) -> Result<bool, Error> {
    let (sql, status) = match turn.dice.roll(4) {
        0 => ("SELECT awgp.finish_action($1, 'unknown')", "unknown"),
        1 => ("SELECT awgp.finish_action($1, 'failed')", "failed"),
        2 => ("SELECT awgp.finish_action($1, 'abandoned')", "abandoned"),
        _ => (
            "SELECT awgp.finish_action($1, 'succeeded', 'gpt-4', 1200, 300, 0.031, '{\"n\": 7}')",
            "succeeded",
        ),
    };
    turn.run(sql, &[&action]).await?;
    turn.done("governed_actions", action, "status", status);
    Ok(status == "unknown")
}

/// Begun, ended, and reconciled where nobody knew.
pub async fn action(story: &mut Story, step: u32, turn: &mut Turn<'_>) -> Result<Option<u32>, Error> {
    match step {
        0 => {
            turn.become_user("operator").await?;
            story.id = working::item(turn, 1).await?;
            turn.become_assistant().await?;
            story.second = begin(story.id, None, None, turn).await?;
            turn.done("work_items", story.id, "status", "in_progress");
            Ok(Some(1))
        }
        1 => {
            turn.become_assistant().await?;
            Ok(finish(story.second, turn).await?.then_some(2))
        }
        _ => {
            turn.become_user("manager").await?;
            let outcome = ["succeeded", "failed", "abandoned"][super::below(turn.dice, 3)];
            let sql = "SELECT awgp.reconcile_action($1, $2, 'the provider says so')";
            turn.run(sql, &[&story.second, &outcome]).await?;
            turn.done("governed_actions", story.second, "status", outcome);
            Ok(None)
        }
    }
}

const ARGUMENTS: &str = r#"{"to": "ledger", "n": 7}"#;

/// Asked for with its arguments, approved, begun, ended.
pub async fn approved(story: &mut Story, step: u32, turn: &mut Turn<'_>) -> Result<Option<u32>, Error> {
    match step {
        0 => {
            turn.become_user("manager").await?;
            story.id = working::item(turn, 1).await?;
            let sql = "SELECT id FROM awgp.request_action_approval($1, $2, $3::text::jsonb)";
            story.second = turn.id(sql, &[&story.id, &ACTION, &ARGUMENTS]).await?;
            turn.done("approvals", story.second, "status", "pending");
            Ok(Some(1))
        }
        1 => {
            turn.become_user("admin").await?;
            turn.run("SELECT awgp.approve($1)", &[&story.second]).await?;
            approving::voted(story.second, turn, "approve").await?;
            turn.done("approvals", story.second, "status", "approved");
            Ok(Some(2))
        }
        2 => {
            turn.become_assistant().await?;
            let action = begin(story.id, Some(ARGUMENTS), Some(story.second), turn).await?;
            story.second = action;
            Ok(Some(3))
        }
        _ => {
            turn.become_assistant().await?;
            finish(story.second, turn).await?;
            Ok(None)
        }
    }
}
