//! Messages between assistants, conversations and flags.

use super::{Story, Turn};
use serde_json::Value;
use tokio_postgres::Error;

/// Authorized and counted.
pub async fn message(turn: &mut Turn<'_>) -> Result<Option<u32>, Error> {
    turn.become_user("operator").await?;
    let sql = "SELECT awgp.authorize_message($1, $2, 'internal', 'Is it done?')";
    let (from, to) = (turn.place.tenant.assistant, turn.place.other);
    let answer: Value = turn.client.query_one(sql, &[&from, &to]).await?.try_get(0)?;
    assert_eq!(answer["allowed"], true, "a policy allows it: {answer}");
    turn.recorded(answer["audit_id"].as_i64().expect("a number of the trail"), "message.allowed");
    Ok(None)
}

/// Begun, continued, flagged, reviewed, ended.
pub async fn conversation(story: &mut Story, step: u32, turn: &mut Turn<'_>) -> Result<Option<u32>, Error> {
    match step {
        0 => {
            turn.become_user("operator").await?;
            let sql = "SELECT id FROM awgp.log_conversation($1, 'internal',
                           '[{\"role\": \"user\", \"content\": \"Is invoice seventeen paid?\"}]', external_id => $2)";
            story.id = turn.id(sql, &[&turn.place.tenant.assistant, &turn.name]).await?;
            turn.done("conversation_logs", story.id, "message_count", "1");
            Ok(Some(1))
        }
        1 => {
            turn.become_user("operator").await?;
            let sql = "SELECT awgp.append_conversation($1,
                           '[{\"role\": \"assistant\", \"content\": \"Yes, on Monday.\"}]')";
            turn.run(sql, &[&story.id]).await?;
            turn.done("conversation_logs", story.id, "message_count", "2");
            Ok(Some(2))
        }
        2 => {
            turn.become_user("operator").await?;
            let sql = "SELECT id FROM awgp.flag_hallucination($1, 'fact_check', 0.9, 'Yes, on Monday.',
                           conversation_log_id => $2)";
            story.second = turn.id(sql, &[&turn.place.tenant.assistant, &story.id]).await?;
            turn.done("hallucination_flags", story.second, "status", "pending");
            Ok(Some(3))
        }
        3 => {
            turn.become_user("manager").await?;
            turn.run("SELECT awgp.review_hallucination($1, 'false_positive')", &[&story.second]).await?;
            turn.done("hallucination_flags", story.second, "status", "false_positive");
            Ok(Some(4))
        }
        _ => {
            turn.become_user("operator").await?;
            let sql = "SELECT ended_at::text FROM awgp.end_conversation($1)";
            turn.run(sql, &[&story.id]).await?;
            Ok(None)
        }
    }
}
