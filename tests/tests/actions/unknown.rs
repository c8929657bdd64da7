//! An action of which nobody knows whether it happened holds its money and its key until somebody says so, or
//! until the policy's time is over.

use super::{age, begun, count, finish, finished, item, scene};
use awgp_tests::fixture::{Group, within, within_as};
use awgp_tests::{Database, Login, assert_refused};
use serde_json::{Value, json};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

const HELD: &str =
    "SELECT count(*) FROM awgp.credit_reservations WHERE state = 'held' AND expires_at > now()";

/// Maintenance's sweep: how many actions it moved.
async fn sweep(database: &Database) -> i64 {
    let maintainer = database.connect(Login::Maintainer).await;
    maintainer.query_one("SELECT awgp.abandon_actions()", &[]).await.expect("a sweep").get(0)
}

async fn status(database: &Database) -> String {
    let superuser = database.superuser().await;
    superuser.query_one("SELECT status FROM awgp.governed_actions", &[]).await.expect("one action").get(0)
}

/// A user of this role reconciles, in a transaction of their own.
async fn reconcile(
    app: &mut Client,
    group: &Group,
    role: &str,
    action: &Value,
    rest: &str,
) -> Result<Value, Error> {
    let id: Uuid = action["action_id"].as_str().expect("an id").parse().expect("a uuid");
    let transaction = within_as(app, group.north.id, Some(group.north.user(role))).await;
    let sql = format!("SELECT awgp.reconcile_action($1, {rest})");
    let answer = transaction.query_one(&sql, &[&id]).await?.get(0);
    transaction.commit().await?;
    Ok(answer)
}

#[tokio::test]
async fn what_nobody_finished_is_unknown_then_abandoned_and_a_late_report_still_pays() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let answer = begun(&mut app, &group, item, Some("1")).await;
    let superuser = database.superuser().await;
    assert_eq!(sweep(&database).await, 0);
    age(&superuser, "1 hour").await;
    assert_eq!(sweep(&database).await, 1);
    assert_eq!(
        (status(&database).await.as_str(), count(&database, HELD).await),
        ("unknown", 1),
        "its money is held"
    );
    assert_eq!(sweep(&database).await, 0);
    age(&superuser, "1 day").await;
    assert_eq!(sweep(&database).await, 1);
    assert_eq!(status(&database).await, "abandoned");
    let end = finished(&mut app, &group, &answer, "succeeded", Some("1")).await.expect("a late end");
    assert_eq!(
        (&end["late"], &end["status"], &end["cost_amount"]),
        (&json!(true), &json!("succeeded"), &json!("1.000000"))
    );
    assert_eq!(count(&database, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
}

#[tokio::test]
async fn the_policy_says_how_long_an_action_is_unknown() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let superuser = database.superuser().await;
    let policy = "UPDATE awgp.tenants SET settings = '{\"action_policy\": {\"unknown_for_seconds\": 0}}' WHERE id = $1";
    superuser.execute(policy, &[&group.north.id]).await.expect("a superuser may");
    let item = item(&mut app, &group, 0).await;
    begun(&mut app, &group, item, Some("1")).await;
    age(&superuser, "1 hour").await;
    assert_eq!(sweep(&database).await, 1);
    assert_eq!(status(&database).await, "abandoned");
}

#[tokio::test]
async fn a_program_that_cannot_tell_says_so_and_a_person_finds_out() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let answer = begun(&mut app, &group, item, Some("2")).await;
    let early = reconcile(&mut app, &group, "operator", &answer, "'succeeded', 'I saw it'").await;
    assert_refused(early, "55000", "action_not_unknown");
    let with_cost = finished(&mut app, &group, &answer, "unknown", Some("1")).await;
    assert_refused(with_cost, "22023", "out_of_range");
    let end = finished(&mut app, &group, &answer, "unknown", None).await.expect("an end");
    assert_eq!((&end["status"], &end["repeated"]), (&json!("unknown"), &json!(false)));
    let again = finished(&mut app, &group, &answer, "unknown", None).await.expect("the same");
    assert_eq!(again["repeated"], json!(true));
    assert_eq!(count(&database, HELD).await, 1, "its money is held");
    for (role, rest, code, reason) in [
        ("viewer", "'succeeded', 'I saw it'", "42501", "role_not_sufficient"),
        ("operator", "'succeeded', ' '", "22023", "reason_required"),
        ("operator", "'unknown', 'I saw it'", "22023", "out_of_range"),
    ] {
        assert_refused(reconcile(&mut app, &group, role, &answer, rest).await, code, reason);
    }
    let transaction = within(&mut app, group.north.id).await;
    let nobody = transaction.query_one("SELECT awgp.reconcile_action($1, 'failed', 'x')", &[&item]).await;
    assert_refused(nobody, "42501", "no_user_context");
    drop(transaction);
    let paid = "'succeeded', 'the provider''s invoice names it', 'gpt-4', 10, 20, 1.5";
    let end = reconcile(&mut app, &group, "operator", &answer, paid).await.expect("an end");
    assert_eq!((&end["status"], &end["cost_amount"]), (&json!("succeeded"), &json!("1.500000")), "{end}");
    assert_eq!(count(&database, HELD).await, 0);
    let trail = "SELECT count(*) FROM awgp.audit_logs WHERE action = 'action.reconciled'
                 AND after_state ->> 'reason' LIKE 'the provider%' AND actor_type = 'user'";
    assert_eq!(count(&database, trail).await, 1);
    let again = reconcile(&mut app, &group, "operator", &answer, paid).await;
    assert_refused(again, "55000", "action_not_unknown");
    assert_eq!(count(&database, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
}

#[tokio::test]
async fn the_program_itself_may_still_report_what_was_unknown() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let answer = begun(&mut app, &group, item, Some("2")).await;
    finished(&mut app, &group, &answer, "unknown", None).await.expect("an end");
    let transaction = within(&mut app, group.north.id).await;
    let end = finish(&transaction, &answer, "failed", None).await.expect("an end");
    assert_eq!((&end["status"], &end["late"]), (&json!("failed"), &json!(false)));
    transaction.commit().await.expect("commits");
    assert_eq!(count(&database, HELD).await, 0, "its money is given back");
}
