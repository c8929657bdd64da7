//! Confirmed flags suspend their assistant where the tenant's policy says so, once.

use super::row;
use awgp_tests::fixture::{Tenant, group, within, within_as};
use awgp_tests::{Database, assert_refused, trail};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

async fn set_policy(database: &Database, north: &Tenant, suspend: &Value) {
    let sql = "UPDATE awgp.tenants SET settings = $2 WHERE id = $1";
    let settings = json!({"hallucination_policy": {"suspend": suspend}});
    database.admin().await.execute(sql, &[&north.id, &settings]).await.expect("a policy is set");
}

/// Pending flags of the tenant's assistant.
async fn flags(app: &mut Client, north: &Tenant, count: usize) -> Vec<Uuid> {
    let transaction = within(app, north.id).await;
    let sql = "SELECT to_jsonb(f) FROM awgp.flag_hallucination($1, 'pattern') AS f";
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(row(&transaction, sql, &[&north.assistant]).await.0);
    }
    transaction.commit().await.expect("committed");
    ids
}

async fn confirm(app: &mut Client, north: &Tenant, id: Uuid) {
    let transaction = within_as(app, north.id, Some(north.user("manager"))).await;
    let sql = "SELECT awgp.review_hallucination($1, 'confirmed')";
    transaction.execute(sql, &[&id]).await.expect("confirmed");
    transaction.commit().await.expect("committed");
}

async fn status(app: &mut Client, north: &Tenant) -> (String, Option<String>) {
    let transaction = within(app, north.id).await;
    let sql = "SELECT status, status_reason FROM awgp.assistants WHERE id = $1";
    let row = transaction.query_one(sql, &[&north.assistant]).await.expect("the assistant");
    (row.get(0), row.get(1))
}

async fn suspensions(database: &Database, north: &Tenant) -> usize {
    let rows = trail::history(database, north.assistant).await;
    let is_suspension =
        |state: &Option<String>| state.as_deref().is_some_and(|s| s.contains("\"status\": \"suspended\""));
    rows.iter().filter(|row| is_suspension(&row.after_state) && !is_suspension(&row.before_state)).count()
}

#[tokio::test]
async fn an_assistant_is_suspended_at_the_threshold_and_not_again_for_the_same_flags() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    set_policy(&database, &north, &json!({"confirmed": 3, "window_hours": 24})).await;
    let ids = flags(&mut app, &north, 6).await;
    // What was confirmed before the window does not count.
    confirm(&mut app, &north, ids[0]).await;
    let superuser = database.superuser().await;
    let back = format!(
        "SET session_replication_role = replica;
         UPDATE awgp.hallucination_flags SET reviewed_at = now() - interval '25 hours' WHERE id = '{}';
         RESET session_replication_role",
        ids[0]
    );
    superuser.batch_execute(&back).await.expect("a flag of yesterday");
    for id in &ids[1..3] {
        confirm(&mut app, &north, *id).await;
    }
    assert_eq!(status(&mut app, &north).await.0, "active");
    confirm(&mut app, &north, ids[3]).await;
    let (now, reason) = status(&mut app, &north).await;
    assert_eq!(now, "suspended");
    assert_eq!(reason.as_deref(), Some("3 confirmed hallucinations within 24 hours"));
    let transaction = within_as(&mut app, north.id, Some(north.user("manager"))).await;
    let sql = "SELECT awgp.set_assistant_status($1, 'active', 'looked into')";
    transaction.execute(sql, &[&north.assistant]).await.expect("a manager lets it go on");
    transaction.commit().await.expect("committed");
    for id in &ids[4..] {
        confirm(&mut app, &north, *id).await;
    }
    assert_eq!(status(&mut app, &north).await.0, "active", "two new flags are no three");
    let more = flags(&mut app, &north, 1).await;
    confirm(&mut app, &north, more[0]).await;
    assert_eq!(status(&mut app, &north).await.0, "suspended", "three new ones are");
    assert_eq!(suspensions(&database, &north).await, 2);
}

#[tokio::test]
async fn of_many_who_confirm_at_once_the_threshold_is_met_exactly_and_once() {
    for _ in 0..3 {
        let database = Database::new().await;
        let north = group(&database).await.north;
        let mut app = database.app().await;
        set_policy(&database, &north, &json!({"confirmed": 8})).await;
        let ids = flags(&mut app, &north, 8).await;
        let mut reviewers = Vec::new();
        for id in ids {
            let (mut client, north) = (database.app().await, north.clone());
            reviewers.push(tokio::spawn(async move { confirm(&mut client, &north, id).await }));
        }
        for reviewer in reviewers {
            reviewer.await.expect("a reviewer ends well");
        }
        assert_eq!(status(&mut app, &north).await.0, "suspended", "the eighth sees the seven others");
        assert_eq!(suspensions(&database, &north).await, 1);
    }
}

#[tokio::test]
async fn a_rate_counts_against_the_conversations_of_the_window() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    set_policy(&database, &north, &json!({"rate_percent": 20, "least_conversations": 10})).await;
    let ids = flags(&mut app, &north, 3).await;
    confirm(&mut app, &north, ids[0]).await;
    assert_eq!(status(&mut app, &north).await.0, "active", "too few conversations to tell");
    let transaction = within(&mut app, north.id).await;
    let sql = "INSERT INTO awgp.conversation_logs (assistant_id, channel) SELECT $1, 'x' FROM generate_series(1, 10)";
    transaction.execute(sql, &[&north.assistant]).await.expect("conversations");
    transaction.commit().await.expect("committed");
    confirm(&mut app, &north, ids[1]).await;
    assert_eq!(status(&mut app, &north).await.0, "suspended", "two of ten");
    confirm(&mut app, &north, ids[2]).await;
    assert_eq!(suspensions(&database, &north).await, 1, "who is suspended is not suspended again");
}

#[tokio::test]
async fn a_policy_that_cannot_be_used_is_refused_with_the_key() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let admin = database.admin().await;
    let sql = "UPDATE awgp.tenants SET settings = $2 WHERE id = $1";
    for settings in [
        json!({"hallucination_policy": {"suspend": {"confirmed": 0}}}),
        json!({"hallucination_policy": {"reviewer_role": "viewer"}}),
        json!({"conversation_policy": {"retention_days": "30"}}),
    ] {
        assert_refused(admin.execute(sql, &[&north.id, &settings]).await, "22023", "invalid_setting");
    }
}
