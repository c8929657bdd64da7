//! What is recorded of an action, what a rollback leaves of a denial, and what never leaves the row.

use super::{assert_denied, begin, begun, count, finished, item, scene};
use awgp_core::action::RESULT_BYTES_MAX;
use awgp_tests::fixture::within;
use awgp_tests::hearing::{hear_the_log, heard, talkative};
use awgp_tests::{assert_refused, trail};
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn a_result_is_in_its_row_and_the_trail_has_its_digest_alone() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let answer = begun(&mut app, &group, item, Some("1")).await;
    let id: Uuid = answer["action_id"].as_str().expect("an id").parse().expect("a uuid");
    let transaction = within(&mut app, group.north.id).await;
    let sql =
        "SELECT awgp.finish_action($1, 'succeeded', 'gpt-4', 10, 20, 0.50, '{\"said\": \"zyzzyva7741\"}')";
    transaction.execute(sql, &[&id]).await.expect("an end");
    transaction.commit().await.expect("commits");
    let kept = "SELECT count(*) FROM awgp.governed_actions WHERE result ->> 'said' = 'zyzzyva7741'";
    assert_eq!(count(&database, kept).await, 1);
    let rows = trail::rows(&database).await;
    assert!(!format!("{rows:?}").contains("zyzzyva7741"));
    // docs/actions.md says which bytes the digest is of.
    let superuser = database.superuser().await;
    let told = r#"awgp/finish/v1["succeeded","gpt-4",10,20,"0.5","{\"said\": \"zyzzyva7741\"}"]"#;
    let sql = "SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')";
    let digest: String = superuser.query_one(sql, &[&told]).await.expect("a digest").get(0);
    let history = trail::history(&database, id).await;
    let last = history.last().expect("the end").after_state.clone().expect("a state");
    let last: Value = serde_json::from_str(&last).expect("JSON");
    assert_eq!((&last["status"], &last["finish_digest"]), (&json!("succeeded"), &json!(digest)));
    assert_eq!(last.get("result"), None);
    trail::assert_intact(trail::install_id(&database).await, &rows);
}

#[tokio::test]
async fn a_result_has_a_longest_length_and_what_is_too_long_ends_nothing() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let answer = begun(&mut app, &group, item, None).await;
    let id: Uuid = answer["action_id"].as_str().expect("an id").parse().expect("a uuid");
    // With the two quotes of JSON.
    for (letters, refused) in [(RESULT_BYTES_MAX - 1, true), (RESULT_BYTES_MAX - 2, false)] {
        let transaction = within(&mut app, group.north.id).await;
        let sql = "SELECT awgp.finish_action($1, 'succeeded', result => to_jsonb(repeat('x', $2)))";
        let ended = transaction.execute(sql, &[&id, &i32::try_from(letters).expect("it is short")]).await;
        if refused {
            assert_refused(ended, "22023", "out_of_range");
        } else {
            ended.expect("as long as it may be");
            transaction.commit().await.expect("commits");
        }
    }
    let ended = "SELECT count(*) FROM awgp.governed_actions WHERE status = 'succeeded'";
    assert_eq!(count(&database, ended).await, 1);
}

#[tokio::test]
async fn a_rollback_takes_the_row_of_a_denial_and_leaves_the_line_in_the_log() {
    let (database, group) = scene("10").await;
    let (mut app, mut told) = talkative(&database).await;
    let item = item(&mut app, &group, 0).await;
    let transaction = within(&mut app, group.north.id).await;
    hear_the_log(&transaction).await;
    assert_denied(&begin(&transaction, item, "pay", None).await.expect("an answer"), "capability_missing");
    transaction.rollback().await.expect("rolled back");
    let line = heard(&mut told);
    assert_eq!((line.severity(), line.message()), ("LOG", "awgp: action denied: capability_missing"));
    let detail: Value = serde_json::from_str(line.detail().unwrap_or_default()).expect("DETAIL is JSON");
    assert_eq!((&detail["action"], &detail["work_item_id"]), (&json!("pay"), &json!(item.to_string())));
    let denied = "SELECT count(*) FROM awgp.audit_logs WHERE action = 'action.denied'";
    assert_eq!(count(&database, denied).await, 0);
}

#[tokio::test]
async fn what_was_spent_with_nothing_set_aside_is_entered_over_the_limit_too() {
    let (database, group) = scene("1").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let answer = begun(&mut app, &group, item, None).await;
    let end = finished(&mut app, &group, &answer, "succeeded", Some("1.5")).await.expect("an end");
    assert_eq!((&end["cost_amount"], &end["overrun"]), (&json!("1.500000"), &json!(true)), "{end}");
    let again = finished(&mut app, &group, &answer, "succeeded", Some("1.500")).await.expect("the same");
    assert_eq!((&again["repeated"], &again["overrun"]), (&json!(true), &json!(true)), "{again}");
    assert_eq!(count(&database, "SELECT count(*) FROM awgp.cost_transactions").await, 1);
}
