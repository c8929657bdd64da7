//! An action with its arguments: what is approved is what runs, once.

use super::{assert_denied, count, item, scene};
use awgp_tests::fixture::{Group, within, within_as};
use awgp_tests::{Database, assert_refused};
use serde_json::{Value, json};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

const LETTER: &str = r#"{"to": "ada@north.example", "amount": 10.50}"#;
/// The same value, written in another way.
const SAME: &str = r#"{"amount":10.5,"to":"\u0061da@north.example"}"#;
const OTHER: &str = r#"{"to": "ada@north.example", "amount": 99}"#;
/// SHA-256 of {"amount":10.5,"to":"ada@north.example"}.
const DIGEST: &str = "c0ca721ff3779a8dbeae028541a6729e709272ea0f589ef353169e3743c0fd50";

async fn begin(app: &mut Client, group: &Group, item: Uuid, arguments: Option<&str>) -> Result<Value, Error> {
    begin_under(app, group, item, arguments, None).await
}

/// Begins in a transaction of its own.
async fn begin_under(
    app: &mut Client,
    group: &Group,
    item: Uuid,
    arguments: Option<&str>,
    approval: Option<Uuid>,
) -> Result<Value, Error> {
    let transaction = within(app, group.north.id).await;
    let sql = "SELECT awgp.begin_action($1, 'look', arguments => $2::text::jsonb, approval_id => $3)";
    let answer = transaction.query_one(sql, &[&item, &arguments, &approval]).await?.get(0);
    transaction.commit().await?;
    Ok(answer)
}

/// The operator asks for an approval of the action with these arguments.
async fn ask(app: &mut Client, group: &Group, item: Uuid, arguments: &str) -> Result<Uuid, Error> {
    let transaction = within_as(app, group.north.id, Some(group.north.user("operator"))).await;
    let sql = "SELECT id FROM awgp.request_action_approval($1, 'look', $2::text::jsonb)";
    let id = transaction.query_one(sql, &[&item, &arguments]).await?.get(0);
    transaction.commit().await?;
    Ok(id)
}

async fn decide(app: &mut Client, group: &Group, sql: &str, approval: Uuid) -> Result<(), Error> {
    let transaction = within_as(app, group.north.id, Some(group.north.user("admin"))).await;
    transaction.execute(sql, &[&approval]).await?;
    transaction.commit().await
}

async fn approve(app: &mut Client, group: &Group, approval: Uuid) {
    decide(app, group, "SELECT awgp.approve($1)", approval).await.expect("an admin approves");
}

async fn text(database: &Database, sql: &str) -> Option<String> {
    database
        .superuser()
        .await
        .query_one(sql, &[])
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
        .get(0)
}

#[tokio::test]
async fn the_digest_of_the_arguments_is_kept_and_they_are_not() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let answer = begin(&mut app, &group, item, Some(LETTER)).await.expect("an answer");
    assert_eq!(answer["allowed"], json!(true), "{answer}");
    assert_eq!(answer["arguments_digest"], json!(DIGEST));
    let again = begin(&mut app, &group, item, Some(SAME)).await.expect("an answer");
    assert_eq!(again["arguments_digest"], json!(DIGEST), "the same value has the same digest");
    let other = begin(&mut app, &group, item, Some(OTHER)).await.expect("an answer");
    assert_ne!(other["arguments_digest"], json!(DIGEST));
    let none = begin(&mut app, &group, item, None).await.expect("an answer");
    assert_eq!((&none["allowed"], &none["arguments_digest"]), (&json!(true), &json!(null)));
    let trail =
        format!("SELECT count(*) FROM awgp.audit_logs WHERE after_state ->> 'arguments_digest' = '{DIGEST}'");
    assert_eq!(count(&database, &trail).await, 2);
    let content = "SELECT count(*) FROM awgp.audit_logs AS l WHERE l::text LIKE '%ada@north.example%10.5%'";
    assert_eq!(count(&database, content).await, 0);
}

#[tokio::test]
async fn a_number_that_no_double_is_is_refused_and_so_are_arguments_without_end() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let long = format!("\"{}\"", "x".repeat(1 << 20));
    for arguments in [r#"{"id": 12345678901234567890}"#, "0.1000000000000000000001", &long] {
        let refused = begin(&mut app, &group, item, Some(arguments)).await;
        assert_refused(refused, "22023", "out_of_range");
    }
    assert_refused(ask(&mut app, &group, item, "[9007199254740993]").await, "22023", "out_of_range");
    let shown = format!("\"{}\"", "x".repeat(64 << 10));
    assert_refused(ask(&mut app, &group, item, &shown).await, "22023", "out_of_range");
    assert_eq!(count(&database, "SELECT count(*) FROM awgp.approvals").await, 0);
}

#[tokio::test]
async fn what_is_approved_begins_once_and_nothing_else_does() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    // Above the assistant's tier, and nobody has approved the work item.
    let item = item(&mut app, &group, 4).await;
    let answer = begin(&mut app, &group, item, Some(LETTER)).await.expect("an answer");
    assert_denied(&answer, "approval_required");
    let approval = ask(&mut app, &group, item, LETTER).await.expect("a request");
    let waits = &format!("SELECT status FROM awgp.work_items WHERE id = '{item}'");
    assert_eq!(text(&database, waits).await.as_deref(), Some("backlog"), "the item does not wait");
    assert_refused(ask(&mut app, &group, item, SAME).await, "55000", "approval_pending");
    assert_denied(&begin(&mut app, &group, item, Some(SAME)).await.expect("an answer"), "approval_pending");
    approve(&mut app, &group, approval).await;
    let changed = begin(&mut app, &group, item, Some(OTHER)).await.expect("an answer");
    assert_denied(&changed, "arguments_mismatch");
    assert_eq!(changed["facts"]["approval_id"], json!(approval.to_string()));
    assert_denied(&begin(&mut app, &group, item, None).await.expect("an answer"), "arguments_mismatch");
    let begun = begin(&mut app, &group, item, Some(SAME)).await.expect("an answer");
    assert_eq!(
        (&begun["allowed"], &begun["approval_id"]),
        (&json!(true), &json!(approval.to_string())),
        "{begun}"
    );
    assert_eq!(text(&database, waits).await.as_deref(), Some("in_progress"));
    assert_denied(&begin(&mut app, &group, item, Some(SAME)).await.expect("an answer"), "approval_used");
    // The item runs for this one action: another one needs an approval of its own.
    assert_denied(&begin(&mut app, &group, item, Some(OTHER)).await.expect("an answer"), "approval_required");
    let second = ask(&mut app, &group, item, OTHER).await.expect("another request while the item runs");
    assert_eq!(text(&database, waits).await.as_deref(), Some("in_progress"));
    approve(&mut app, &group, second).await;
    let begun = begin(&mut app, &group, item, Some(OTHER)).await.expect("an answer");
    assert_eq!(begun["approval_id"], json!(second.to_string()), "{begun}");
    let transaction = within(&mut app, group.north.id).await;
    transaction.execute("SELECT awgp.complete_work_item($1)", &[&item]).await.expect("the work ends");
}

#[tokio::test]
async fn a_named_approval_is_the_only_one_under_which_an_action_begins() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    // Within the tier: nothing has to be asked.
    let item = item(&mut app, &group, 0).await;
    let approval = ask(&mut app, &group, item, LETTER).await.expect("a request");
    let under = Some(approval);
    let answer = begin_under(&mut app, &group, item, Some(LETTER), under).await.expect("an answer");
    assert_denied(&answer, "approval_pending");
    // What a human was asked about waits for them, named or not; other arguments do not.
    assert_denied(&begin(&mut app, &group, item, Some(LETTER)).await.expect("an answer"), "approval_pending");
    assert_eq!(begin(&mut app, &group, item, Some(OTHER)).await.expect("an answer")["allowed"], json!(true));
    let answer = begin_under(&mut app, &group, item, Some(OTHER), under).await.expect("an answer");
    assert_denied(&answer, "arguments_mismatch");
    decide(&mut app, &group, "SELECT awgp.reject($1, 'too much')", approval).await.expect("rejected");
    let answer = begin_under(&mut app, &group, item, Some(LETTER), under).await.expect("an answer");
    assert_denied(&answer, "approval_rejected");
    let unknown = begin_under(&mut app, &group, item, Some(LETTER), Some(Uuid::from_u128(7))).await;
    assert_refused(unknown, "P0002", "unknown_approval");
}

#[tokio::test]
async fn an_approver_may_change_the_arguments_and_both_are_on_the_record() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 4).await;
    let approval = ask(&mut app, &group, item, OTHER).await.expect("a request");
    let edit = format!("SELECT awgp.approve($1, 'less', '{LETTER}')");
    decide(&mut app, &group, &edit, approval).await.expect("approved with other arguments");
    assert_denied(
        &begin(&mut app, &group, item, Some(OTHER)).await.expect("an answer"),
        "arguments_mismatch",
    );
    let both = "SELECT concat(arguments ->> 'amount', ' for ', requested_arguments ->> 'amount') FROM awgp.approvals";
    assert_eq!(text(&database, both).await.as_deref(), Some("10.50 for 99"));
    let recorded = "SELECT count(*) FROM awgp.audit_logs WHERE entity_type = 'approvals'
                    AND after_state ->> 'arguments_digest' <> after_state ->> 'requested_arguments_digest'";
    assert!(count(&database, recorded).await > 0, "the trail has both digests");
    let begun = begin(&mut app, &group, item, Some(LETTER)).await.expect("an answer");
    assert_eq!(begun["allowed"], json!(true), "{begun}");
    // An application cannot change what is approved.
    let transaction = within_as(&mut app, group.north.id, Some(group.north.user("admin"))).await;
    let sql = format!("UPDATE awgp.approvals SET arguments = '{OTHER}', action = 'pay'");
    transaction.execute(&sql, &[]).await.expect("the columns are kept");
    let sql = "SELECT concat(action, ' ', arguments ->> 'amount') FROM awgp.approvals";
    let kept: String = transaction.query_one(sql, &[]).await.expect("a row").get(0);
    assert_eq!(kept, "look 10.50");
}

#[tokio::test]
async fn what_an_approver_has_replaced_does_not_begin_where_no_approval_was_needed() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 2).await;
    let approval = ask(&mut app, &group, item, OTHER).await.expect("a request");
    let edit = format!("SELECT awgp.approve($1, 'less', '{LETTER}')");
    decide(&mut app, &group, &edit, approval).await.expect("approved with other arguments");
    // Before the approved arguments have begun, and after.
    for _ in 0..2 {
        let denied = begin(&mut app, &group, item, Some(OTHER)).await.expect("an answer");
        assert_denied(&denied, "arguments_mismatch");
        let begun = begin(&mut app, &group, item, Some(LETTER)).await.expect("an answer");
        assert_eq!(begun["allowed"], json!(true), "{begun}");
    }
}

#[tokio::test]
async fn nobody_changes_arguments_that_somebody_has_voted_for_or_that_are_not_there() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let superuser = database.superuser().await;
    let quorum =
        "UPDATE awgp.tenants SET settings = '{\"approval_policy\": {\"quorum\": {\"2\": 2}}}' WHERE id = $1";
    superuser.execute(quorum, &[&group.north.id]).await.expect("a superuser may");
    let item = item(&mut app, &group, 2).await;
    let approval = ask(&mut app, &group, item, LETTER).await.expect("a request");
    let transaction = within_as(&mut app, group.north.id, Some(group.north.user("manager"))).await;
    transaction.execute("SELECT awgp.approve($1)", &[&approval]).await.expect("the first vote");
    transaction.commit().await.expect("commits");
    let edit = format!("SELECT awgp.approve($1, NULL, '{OTHER}')");
    assert_refused(decide(&mut app, &group, &edit, approval).await, "55000", "votes_cast");
    let same = format!("SELECT awgp.approve($1, NULL, '{SAME}')");
    decide(&mut app, &group, &same, approval).await.expect("the same arguments change nothing");
    let transaction = within_as(&mut app, group.north.id, Some(group.north.user("operator"))).await;
    let sql = "SELECT id FROM awgp.request_approval($1)";
    let whole: Uuid = transaction.query_one(sql, &[&item]).await.expect("a request").get(0);
    transaction.commit().await.expect("commits");
    assert_refused(decide(&mut app, &group, &edit, whole).await, "22023", "out_of_range");
}

#[tokio::test]
async fn the_policy_names_actions_that_always_need_an_approval() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let superuser = database.superuser().await;
    let policy = "UPDATE awgp.tenants SET settings = '{\"action_policy\": {\"approval_for\": [\"look\"]}}' WHERE id = $1";
    superuser.execute(policy, &[&group.north.id]).await.expect("a superuser may");
    let item = item(&mut app, &group, 0).await;
    assert_denied(
        &begin(&mut app, &group, item, Some(LETTER)).await.expect("an answer"),
        "approval_required",
    );
    assert_denied(&begin(&mut app, &group, item, None).await.expect("an answer"), "approval_required");
    let approval = ask(&mut app, &group, item, LETTER).await.expect("a request");
    approve(&mut app, &group, approval).await;
    let begun = begin(&mut app, &group, item, Some(LETTER)).await.expect("an answer");
    assert_eq!(begun["allowed"], json!(true), "{begun}");
}

#[tokio::test]
async fn a_change_of_the_work_or_its_end_takes_the_approval_away() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let (changed, ended) = (item(&mut app, &group, 4).await, item(&mut app, &group, 4).await);
    let approval = ask(&mut app, &group, changed, LETTER).await.expect("a request");
    approve(&mut app, &group, approval).await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.work_items SET description = 'something else' WHERE id = $1";
    transaction.execute(sql, &[&changed]).await.expect("an item changes");
    transaction.commit().await.expect("commits");
    assert_denied(
        &begin(&mut app, &group, changed, Some(LETTER)).await.expect("an answer"),
        "digest_mismatch",
    );
    let open = ask(&mut app, &group, ended, LETTER).await.expect("a request");
    let transaction = within(&mut app, group.north.id).await;
    transaction.execute("SELECT awgp.cancel_work_item($1, 'no')", &[&ended]).await.expect("cancelled");
    transaction.commit().await.expect("commits");
    let sql = format!("SELECT status FROM awgp.approvals WHERE id = '{open}' AND withdrawn_at IS NOT NULL");
    assert_eq!(text(&database, &sql).await.as_deref(), Some("expired"));
    assert_refused(ask(&mut app, &group, ended, LETTER).await, "55000", "illegal_transition");
}

#[tokio::test]
async fn an_approval_for_less_risk_than_is_asked_for_now_lets_nothing_begin() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 3).await;
    let approval = ask(&mut app, &group, item, LETTER).await.expect("a request at risk 3");
    approve(&mut app, &group, approval).await;
    // Somebody asks for the work as for risk 5: from now on it is as risky as that.
    let transaction = within_as(&mut app, group.north.id, Some(group.north.user("operator"))).await;
    let sql = "SELECT awgp.request_approval($1, risk_level => 5)";
    transaction.execute(sql, &[&item]).await.expect("a request");
    transaction.commit().await.expect("commits");
    assert_denied(&begin(&mut app, &group, item, Some(LETTER)).await.expect("an answer"), "digest_mismatch");
}

#[tokio::test]
async fn nobody_is_asked_about_what_the_assistant_cannot_do() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let transaction = within_as(&mut app, group.north.id, Some(group.north.user("operator"))).await;
    let sql = "SELECT awgp.request_action_approval($1, 'pay', '{}')";
    assert_refused(transaction.execute(sql, &[&item]).await, "42501", "capability_missing");
    drop(transaction);
    for sql in [
        "SELECT awgp.request_action_approval($1, NULL, '{}')",
        "SELECT awgp.request_action_approval($1, 'look', NULL)",
    ] {
        let transaction = within_as(&mut app, group.north.id, Some(group.north.user("operator"))).await;
        assert_refused(transaction.execute(sql, &[&item]).await, "22023", "out_of_range");
    }
}
