//! What is recorded of a decision, and what never is.

use super::{Message, assert_allowed, assert_denied, assistant, policy, scene};
use awgp_tests::fixture::within;
use awgp_tests::hearing::{hear_the_log, heard, talkative};
use awgp_tests::trail;
use serde_json::{Value, json};

#[tokio::test]
async fn every_decision_is_in_the_trail_without_the_text() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let other = assistant(&mut app, &group.north, "hr", "shared_hr").await;
    let id = policy(&mut app, &group.north, "name, content_rules", "'All', '{\"max_length\": 20}'").await;
    let mut message = Message::new(group.north.assistant, other).saying("a private word");
    message.metadata = json!({"subject": "private too"});
    let allowed = message.send(&mut app, &group.north).await;
    assert_allowed(&allowed, "policy_allows");
    let denied = message.saying("private, and far too long for it").send(&mut app, &group.north).await;
    assert_denied(&denied, "too_long");
    let rows = trail::history(&database, group.north.assistant).await;
    let events: Vec<_> = rows.iter().filter(|row| row.entity_type == "message").collect();
    let actions: Vec<_> = events.iter().map(|row| (row.id, row.action.as_str())).collect();
    let told = |answer: &Value| answer["audit_id"].as_i64().expect("an audit id");
    assert_eq!(actions, [(told(&allowed), "message.allowed"), (told(&denied), "message.denied")]);
    for row in &events {
        let whole = format!("{row:?}");
        assert!(!whole.contains("private"), "{whole}");
    }
    let after: Value =
        serde_json::from_str(events[1].after_state.as_deref().expect("a state")).expect("JSON");
    assert_eq!(
        (&after["reason"], &after["policy_id"], &after["characters"]),
        (&json!("too_long"), &json!(id.to_string()), &json!(32))
    );
    assert_eq!(after["to_assistant_id"], json!(other.to_string()));
    trail::assert_intact(trail::install_id(&database).await, &trail::rows(&database).await);
}

#[tokio::test]
async fn a_rollback_takes_the_row_of_a_denial_and_leaves_the_line_in_the_log() {
    let (database, group) = scene().await;
    let superuser = database.superuser().await;
    let (mut app, mut told) = talkative(&database).await;
    let message = Message::new(group.north.assistant, group.north.assistant).saying("not in any log");
    let transaction = within(&mut app, group.north.id).await;
    hear_the_log(&transaction).await;
    assert_denied(&message.ask(&transaction).await.expect("a decision"), "no_policy");
    transaction.rollback().await.expect("rolled back");
    let line = heard(&mut told);
    assert_eq!((line.severity(), line.message()), ("LOG", "awgp: message denied: no_policy"));
    let detail: Value = serde_json::from_str(line.detail().unwrap_or_default()).expect("DETAIL is JSON");
    assert_eq!(detail["reason"], json!("no_policy"));
    assert_eq!(detail["from_assistant_id"], json!(group.north.assistant.to_string()));
    assert!(!format!("{line:?}").contains("not in any log"));
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE action = 'message.denied'";
    let rows: i64 = superuser.query_one(sql, &[]).await.expect("the trail is read").get(0);
    assert_eq!(rows, 0);
    // Committed, it stays.
    assert_denied(&message.send(&mut app, &group.north).await, "no_policy");
    let rows: i64 = superuser.query_one(sql, &[]).await.expect("the trail is read").get(0);
    assert_eq!(rows, 1);
}
