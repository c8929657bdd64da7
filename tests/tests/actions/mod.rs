//! Governed actions: allowed, begun, paid and ended once, or denied as data
//! and without a trace but the record.

mod arguments;
mod gate;
mod pinned;
mod record;
mod repeated;
mod session;
mod unknown;

use awgp_tests::fixture::{self, Group, one, within};
use awgp_tests::{Database, Login, assert_refused};
use serde_json::{Value, json};
use tokio_postgres::{Client, Error, GenericClient};
use uuid::Uuid;

/// A database in which north's assistant may look, with a pool of this budget.
async fn scene(budget: &str) -> (Database, Group) {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.assistants SET capabilities = '{look}', max_cost_per_day = 100 WHERE id = $1";
    transaction.execute(sql, &[&group.north.assistant]).await.expect("capabilities can be set");
    let sql = "SELECT awgp.create_credit_pool('openai', $1::text::numeric)";
    transaction.execute(sql, &[&budget]).await.expect("a pool can be made");
    transaction.commit().await.expect("commits");
    (database, group)
}

/// A work item of north's assistant with this risk.
async fn item(app: &mut Client, group: &Group, risk: i64) -> Uuid {
    let transaction = within(app, group.north.id).await;
    let sql = "SELECT id FROM awgp.create_work_item($1, 'To look', risk_level => $2)";
    let id = one(&transaction, sql, &[&group.north.assistant, &risk]).await;
    transaction.commit().await.expect("commits");
    id
}

async fn begin(
    client: &impl GenericClient,
    item: Uuid,
    action: &str,
    cost: Option<&str>,
) -> Result<Value, Error> {
    let sql = "SELECT awgp.begin_action($1, $2, 'openai', $3::text::numeric)";
    Ok(client.query_one(sql, &[&item, &action, &cost]).await?.get(0))
}

async fn finish(
    client: &impl GenericClient,
    action: &Value,
    outcome: &str,
    cost: Option<&str>,
) -> Result<Value, Error> {
    let id: Uuid = action["action_id"].as_str().expect("an id").parse().expect("a uuid");
    let model = cost.map(|_| "gpt-4");
    let sql = "SELECT awgp.finish_action($1, $2, $3, 10, 20, $4::text::numeric, '{\"seen\": 1.10}')";
    let none = "SELECT awgp.finish_action($1, $2, $3, NULL, NULL, $4::text::numeric)";
    let sql = if cost.is_some() { sql } else { none };
    Ok(client.query_one(sql, &[&id, &outcome, &model, &cost]).await?.get(0))
}

/// Begins in a transaction of its own.
async fn begun(app: &mut Client, group: &Group, item: Uuid, cost: Option<&str>) -> Value {
    let transaction = within(app, group.north.id).await;
    let answer = begin(&transaction, item, "look", cost).await.expect("an answer");
    transaction.commit().await.expect("commits");
    answer
}

/// Finishes in a transaction of its own.
async fn finished(
    app: &mut Client,
    group: &Group,
    action: &Value,
    outcome: &str,
    cost: Option<&str>,
) -> Result<Value, Error> {
    let transaction = within(app, group.north.id).await;
    let answer = finish(&transaction, action, outcome, cost).await?;
    transaction.commit().await?;
    Ok(answer)
}

async fn count(database: &Database, sql: &str) -> i64 {
    database
        .superuser()
        .await
        .query_one(sql, &[])
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
        .get(0)
}

/// Lets the actions and their reservations have begun so much earlier.
async fn age(superuser: &Client, time: &str) {
    let sql = format!(
        "UPDATE awgp.governed_actions SET begun_at = begun_at - interval '{time}',
             expires_at = expires_at - interval '{time}', unknown_until = unknown_until - interval '{time}'"
    );
    superuser.execute(&sql, &[]).await.expect("a superuser may");
}

#[track_caller]
fn assert_denied(answer: &Value, reason: &str) {
    assert_eq!((&answer["allowed"], &answer["reason"]), (&json!(false), &json!(reason)), "{answer}");
    assert!(answer["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "what to do next: {answer}");
    assert_eq!(answer["action_id"], json!(null));
}

#[tokio::test]
async fn an_allowed_action_starts_the_item_holds_the_money_and_settles_it() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let answer = begun(&mut app, &group, item, Some("2.5")).await;
    assert_eq!(answer["allowed"], json!(true), "{answer}");
    assert_eq!(
        count(&database, "SELECT count(*) FROM awgp.work_items WHERE status = 'in_progress'").await,
        1
    );
    let held = "SELECT count(*) FROM awgp.credit_reservations WHERE state = 'held' AND amount = 2.5";
    assert_eq!(count(&database, held).await, 1);
    // A second one of an item in progress.
    let second = begun(&mut app, &group, item, None).await;
    assert_eq!((&second["allowed"], &second["reservation_id"]), (&json!(true), &json!(null)), "{second}");
    let end = finished(&mut app, &group, &answer, "succeeded", Some("2.25")).await.expect("an end");
    assert_eq!(
        (&end["status"], &end["cost_amount"], &end["repeated"]),
        (&json!("succeeded"), &json!("2.250000"), &json!(false))
    );
    let again = finished(&mut app, &group, &answer, "succeeded", Some("2.25")).await.expect("the same end");
    assert_eq!(
        (&again["repeated"], &again["cost_transaction_id"]),
        (&json!(true), &end["cost_transaction_id"])
    );
    assert_eq!(count(&database, "SELECT count(*) FROM awgp.cost_transactions").await, 1);
    assert_eq!(count(&database, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
    let other = finished(&mut app, &group, &answer, "succeeded", Some("3")).await;
    assert_refused(other, "55000", "action_finished");
    let other = finished(&mut app, &group, &answer, "failed", Some("2.25")).await;
    assert_refused(other, "55000", "illegal_transition");
    let kept = "SELECT count(*) FROM awgp.governed_actions WHERE result::text = '{\"seen\": 1.10}' AND status = 'succeeded'";
    assert_eq!(count(&database, kept).await, 1);
    let trail = "SELECT count(*) FROM awgp.audit_logs WHERE entity_type = 'governed_actions'";
    assert_eq!(count(&database, trail).await, 3, "two begun, one ended");
}

#[tokio::test]
async fn what_its_runtime_gave_up_may_still_have_cost_something() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let answer = begun(&mut app, &group, item, Some("2.5")).await;
    let given_up = finished(&mut app, &group, &answer, "abandoned", None).await.expect("an end");
    assert_eq!((&given_up["late"], &given_up["cost_amount"]), (&json!(false), &json!(null)), "{given_up}");
    let end =
        finished(&mut app, &group, &answer, "succeeded", Some("2.25")).await.expect("it was carried out");
    assert_eq!((&end["late"], &end["cost_amount"]), (&json!(true), &json!("2.250000")), "{end}");
    let spent = "SELECT count(*) FROM awgp.provider_credit_pools WHERE current_balance = 7.75";
    assert_eq!(count(&database, spent).await, 1);
    assert_eq!(count(&database, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
}

#[tokio::test]
async fn what_cost_nothing_gives_the_money_back() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let answer = begun(&mut app, &group, item, Some("10")).await;
    let end = finished(&mut app, &group, &answer, "failed", None).await.expect("an end");
    assert_eq!((&end["status"], &end["cost_amount"]), (&json!("failed"), &json!(null)));
    assert_eq!(
        count(&database, "SELECT count(*) FROM awgp.credit_reservations WHERE state = 'released'").await,
        1
    );
    let next = begun(&mut app, &group, item, Some("10")).await;
    assert_eq!(next["allowed"], json!(true), "{next}");
}

#[tokio::test]
async fn a_denial_says_why_and_leaves_nothing_but_its_record() {
    let (database, group) = scene("1").await;
    let mut app = database.app().await;
    let (easy, risky) = (item(&mut app, &group, 0).await, item(&mut app, &group, 4).await);
    let transaction = within(&mut app, group.north.id).await;
    assert_denied(&begin(&transaction, easy, "pay", None).await.expect("an answer"), "capability_missing");
    assert_denied(
        &begin(&transaction, risky, "look", Some("0.5")).await.expect("an answer"),
        "approval_required",
    );
    let poor = begin(&transaction, easy, "look", Some("1.000001")).await.expect("an answer");
    assert_denied(&poor, "budget_exceeded");
    transaction
        .execute("UPDATE awgp.assistants SET status = 'suspended' WHERE id = $1", &[&group.north.assistant])
        .await
        .expect("suspended");
    assert_denied(&begin(&transaction, easy, "look", None).await.expect("an answer"), "assistant_suspended");
    transaction.commit().await.expect("commits");
    for sql in [
        "SELECT count(*) FROM awgp.governed_actions",
        "SELECT count(*) FROM awgp.credit_reservations",
        "SELECT count(*) FROM awgp.work_items WHERE status <> 'backlog'",
    ] {
        assert_eq!(count(&database, sql).await, 0, "{sql}");
    }
    assert_eq!(
        count(&database, "SELECT count(*) FROM awgp.audit_logs WHERE action = 'action.denied'").await,
        4
    );
}

#[tokio::test]
async fn misuse_is_raised() {
    let (database, group) = scene("1").await;
    let mut app = database.app().await;
    let own = item(&mut app, &group, 0).await;
    assert_refused(begin(&app, own, "look", None).await, "42501", "no_tenant_context");
    for (id, action, cost, code, reason) in [
        (group.south.work_item, "look", None, "P0002", "unknown_work_item"),
        (Uuid::from_u128(9), "look", None, "P0002", "unknown_work_item"),
        (own, "", None, "22023", "out_of_range"),
        (own, "look", Some("-1"), "22023", "out_of_range"),
        (own, "look", Some("NaN"), "22023", "out_of_range"),
    ] {
        let transaction = within(&mut app, group.north.id).await;
        assert_refused(begin(&transaction, id, action, cost).await, code, reason);
    }
    for expires_in in ["NULL", "'0 seconds'", "'-1 hour'", "'31 days 1 microsecond'"] {
        let transaction = within(&mut app, group.north.id).await;
        let sql = format!("SELECT awgp.begin_action($1, 'look', expires_in => {expires_in}::interval)");
        assert_refused(transaction.execute(&sql, &[&own]).await, "22023", "out_of_range");
    }
    let transaction = fixture::within_as(&mut app, group.north.id, Some(group.north.user("viewer"))).await;
    assert_refused(begin(&transaction, own, "look", None).await, "42501", "role_not_sufficient");
    transaction.rollback().await.expect("rolled back");
    let unknown = json!({"action_id": Uuid::from_u128(9).to_string()});
    assert_refused(finished(&mut app, &group, &unknown, "failed", None).await, "P0002", "unknown_action");
    let answer = begun(&mut app, &group, own, None).await;
    assert_refused(finished(&mut app, &group, &answer, "done", None).await, "22023", "out_of_range");
    let transaction = within(&mut app, group.south.id).await;
    assert_refused(finish(&transaction, &answer, "failed", None).await, "P0002", "unknown_action");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_16_that_begin_for_the_last_cent_one_does_and_of_16_that_finish_one_pays() {
    let (database, group) = scene("0.01").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let (mut client, group) = (database.connect(Login::App).await, group.clone());
        tasks.push(tokio::spawn(async move { begun(&mut client, &group, item, Some("0.01")).await }));
    }
    let mut allowed = Vec::new();
    for task in tasks {
        let answer = task.await.expect("a sender ends");
        if answer["allowed"] == json!(true) {
            allowed.push(answer);
        } else {
            assert_denied(&answer, "budget_exceeded");
        }
    }
    assert_eq!(allowed.len(), 1);
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let (mut client, group, action) =
            (database.connect(Login::App).await, group.clone(), allowed[0].clone());
        tasks.push(tokio::spawn(async move {
            finished(&mut client, &group, &action, "succeeded", Some("0.01")).await
        }));
    }
    let mut first = 0;
    for task in tasks {
        let answer = task.await.expect("a sender ends").expect("an end");
        first += i32::from(answer["repeated"] == json!(false));
    }
    assert_eq!(first, 1);
    assert_eq!(count(&database, "SELECT count(*) FROM awgp.cost_transactions").await, 1);
    assert_eq!(count(&database, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
}

#[tokio::test]
async fn an_assistant_suspended_between_still_says_what_it_cost() {
    let (database, group) = scene("10").await;
    let mut app = database.app().await;
    let item = item(&mut app, &group, 0).await;
    let answer = begun(&mut app, &group, item, Some("1")).await;
    let transaction = within(&mut app, group.north.id).await;
    transaction
        .execute("UPDATE awgp.assistants SET status = 'suspended' WHERE id = $1", &[&group.north.assistant])
        .await
        .expect("suspended");
    transaction.commit().await.expect("commits");
    let end = finished(&mut app, &group, &answer, "succeeded", Some("1")).await.expect("an end");
    assert_eq!(end["cost_amount"], json!("1.000000"));
}
