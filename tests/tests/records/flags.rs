//! Hallucination flags: what is flagged, who reviews, and how often an assistant is wrong.

use super::{attempt, log, row, said};
use awgp_tests::fixture::{Tenant, group, one, within, within_as};
use awgp_tests::{Database, assert_refused, assert_sqlstate};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

const FLAG: &str =
    "SELECT to_jsonb(f) FROM awgp.flag_hallucination($1, 'pattern', 0.87, 'It rained', NULL, $2) AS f";
const REVIEW: &str = "SELECT to_jsonb(f) FROM awgp.review_hallucination($1, $2, $3) AS f";

/// A pending flag of the tenant's assistant.
async fn flagged(app: &mut Client, north: &Tenant) -> Uuid {
    let transaction = within(app, north.id).await;
    let (id, _) = row(&transaction, FLAG, &[&north.assistant, &None::<Uuid>]).await;
    transaction.commit().await.expect("committed");
    id
}

/// Reviews as a user, and commits where it is allowed.
async fn review(
    app: &mut Client,
    north: &Tenant,
    role: &str,
    id: Uuid,
    status: &str,
) -> Result<Value, tokio_postgres::Error> {
    let transaction = within_as(app, north.id, Some(north.user(role))).await;
    let row = transaction.query_one(REVIEW, &[&id, &status, &None::<String>]).await?;
    transaction.commit().await?;
    Ok(row.get(0))
}

async fn set_policy(database: &Database, north: &Tenant, policy: &Value) {
    let sql = "UPDATE awgp.tenants SET settings = jsonb_build_object('hallucination_policy', $2::jsonb) WHERE id = $1";
    database.admin().await.execute(sql, &[&north.id, policy]).await.expect("an administrator sets a policy");
}

#[tokio::test]
async fn a_flag_is_pending_and_takes_over_what_its_conversation_says() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let sql = "SELECT to_jsonb(c) FROM awgp.log_conversation($1, 'x', '[]', $2) AS c";
    let (conversation, _) = row(&transaction, sql, &[&north.assistant, &north.work_item]).await;
    let (_, flag) = row(&transaction, FLAG, &[&north.assistant, &Some(conversation)]).await;
    for (column, value) in [
        ("status", json!("pending")),
        ("confidence_score", json!(0.87)),
        ("flagged_content", json!("It rained")),
        ("work_item_id", json!(north.work_item)),
        ("conversation_log_id", json!(conversation)),
        ("model", json!("gpt-4")),
        ("reviewed_by", Value::Null),
        ("reviewed_at", Value::Null),
    ] {
        assert_eq!(flag[column], value, "{column}");
    }
    let sql = "INSERT INTO awgp.hallucination_flags AS f (assistant_id, detection_method, reviewed_by, reviewed_at, suspended_at)
               VALUES ($1, 'fact_check', $2, now(), now()) RETURNING to_jsonb(f)";
    let (_, plain) = row(&transaction, sql, &[&north.assistant, &north.user("admin")]).await;
    for column in ["reviewed_by", "reviewed_at", "suspended_at"] {
        assert_eq!(plain[column], Value::Null, "{column}");
    }
}

#[tokio::test]
async fn what_is_flagged_badly_is_refused() {
    let database = Database::new().await;
    let group = group(&database).await;
    let (north, south) = (&group.north, &group.south);
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let other =
        one(&transaction, "SELECT id FROM awgp.create_assistant('Other', 'other', 'custom')", &[]).await;
    let (conversation, _) = log(&transaction, north, &json!([said("x")])).await;
    transaction.commit().await.expect("committed");
    let call = "SELECT awgp.flag_hallucination($1, 'pattern', 0.5, 'x', $2, $3)";
    for (assistant, work_item, conversation, code) in [
        (south.assistant, None, None, "23503"),
        (north.assistant, Some(south.work_item), None, "23503"),
        (other, None, Some(conversation), "23503"),
        (north.assistant, None, Some(Uuid::from_u128(7)), "23503"),
        (other, Some(north.work_item), None, "23514"),
    ] {
        let transaction = within(&mut app, north.id).await;
        assert_sqlstate(transaction.execute(call, &[&assistant, &work_item, &conversation]).await, code);
    }
    for (sql, code) in [
        ("SELECT awgp.flag_hallucination($1, 'pattern', 1.01)", "23514"),
        ("SELECT awgp.flag_hallucination($1, 'pattern', -0.01)", "23514"),
        ("SELECT awgp.flag_hallucination($1, 'pattern', 'NaN')", "23514"),
        ("SELECT awgp.flag_hallucination($1, NULL)", "22023"),
        ("SELECT awgp.flag_hallucination($1, 'judge')", "22023"),
        ("SELECT awgp.flag_hallucination($1, 'pattern', flagged_content => repeat('x', 131073))", "22023"),
        (
            "INSERT INTO awgp.hallucination_flags (assistant_id, detection_method, status) VALUES ($1, 'pattern', 'confirmed')",
            "55000",
        ),
    ] {
        let transaction = within(&mut app, north.id).await;
        assert_sqlstate(transaction.execute(sql, &[&north.assistant]).await, code);
    }
    set_policy(&database, north, &json!({"custom_methods": ["judge"]})).await;
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT awgp.flag_hallucination($1, 'judge')";
    transaction.execute(sql, &[&north.assistant]).await.expect("the tenant lists it");
}

#[tokio::test]
async fn a_review_moves_a_flag_as_the_diagram_says_and_says_who_and_when() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    for path in [["reviewed", "confirmed", "false_positive"], ["reviewed", "false_positive", "confirmed"]] {
        let id = flagged(&mut app, &north).await;
        for status in path {
            let reviewed = review(&mut app, &north, "admin", id, status).await.expect("an admin may");
            assert_eq!(
                (&reviewed["status"], &reviewed["reviewed_by"]),
                (&json!(status), &json!(north.user("admin")))
            );
            assert!(reviewed["reviewed_at"].is_string());
            let again = review(&mut app, &north, "super_admin", id, status).await;
            assert_refused(again, "55000", "review_transition");
            assert_refused(
                review(&mut app, &north, "admin", id, "pending").await,
                "55000",
                "review_transition",
            );
        }
        assert_refused(review(&mut app, &north, "admin", id, "reviewed").await, "55000", "review_transition");
        assert_sqlstate(review(&mut app, &north, "admin", id, "doubted").await, "23514");
    }
    let none = review(&mut app, &north, "admin", Uuid::from_u128(7), "confirmed").await;
    assert_refused(none, "P0002", "unknown_flag");
}

#[tokio::test]
async fn a_flag_is_reviewed_by_a_human_of_the_role_that_policy_asks_for() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let id = flagged(&mut app, &north).await;
    let plain = "UPDATE awgp.hallucination_flags SET status = 'confirmed' WHERE id = $1";
    for role in ["viewer", "operator"] {
        assert_refused(review(&mut app, &north, role, id, "confirmed").await, "42501", "role_not_sufficient");
        let transaction = within_as(&mut app, north.id, Some(north.user(role))).await;
        assert_refused(transaction.execute(plain, &[&id]).await, "42501", "role_not_sufficient");
    }
    for (user, assistant) in
        [(None, None), (None, Some(north.assistant)), (Some(north.user("admin")), Some(north.assistant))]
    {
        let transaction = app.transaction().await.expect("begins");
        let context = "SELECT awgp.set_context($1, $2, $3)";
        transaction.execute(context, &[&north.id, &user, &assistant]).await.expect("a context");
        assert_refused(transaction.execute(plain, &[&id]).await, "42501", "human_needed");
    }
    review(&mut app, &north, "manager", id, "confirmed").await.expect("a manager may");
    let overturned = review(&mut app, &north, "manager", id, "false_positive").await;
    assert_refused(overturned, "42501", "role_not_sufficient");
    set_policy(&database, &north, &json!({"reviewer_role": "operator", "overturn_role": "manager"})).await;
    review(&mut app, &north, "manager", id, "false_positive").await.expect("policy says so");
    let id = flagged(&mut app, &north).await;
    review(&mut app, &north, "operator", id, "reviewed").await.expect("policy says so");
}

#[tokio::test]
async fn the_assistants_creator_does_not_conclude_alone_where_policy_says_so() {
    let database = Database::new().await;
    let mut north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within_as(&mut app, north.id, Some(north.user("manager"))).await;
    north.assistant =
        one(&transaction, "SELECT id FROM awgp.create_assistant('Own', 'own', 'custom')", &[]).await;
    transaction.commit().await.expect("committed");
    let id = flagged(&mut app, &north).await;
    set_policy(&database, &north, &json!({"creator_may_conclude": false})).await;
    for status in ["confirmed", "false_positive"] {
        assert_refused(review(&mut app, &north, "manager", id, status).await, "42501", "creator_alone");
    }
    review(&mut app, &north, "manager", id, "reviewed").await.expect("they may look");
    review(&mut app, &north, "admin", id, "confirmed").await.expect("another concludes");
    set_policy(&database, &north, &json!({})).await;
    let id = flagged(&mut app, &north).await;
    review(&mut app, &north, "manager", id, "confirmed").await.expect("without the policy they may");
}

#[tokio::test]
async fn what_a_flag_says_does_not_change() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let id = flagged(&mut app, &north).await;
    for set in [
        "flagged_content = 'It snowed'",
        "detection_method = 'confidence'",
        "confidence_score = 0.1",
        "model = 'other'",
        "created_at = now() - interval '1 day'",
        "content_erased_at = now()",
        "notes = 'without a review'",
    ] {
        let transaction = within_as(&mut app, north.id, Some(north.user("admin"))).await;
        let sql = format!("UPDATE awgp.hallucination_flags SET {set} WHERE id = $1");
        assert_refused(transaction.execute(&sql, &[&id]).await, "55000", "append_only");
    }
    let sql = "DELETE FROM awgp.hallucination_flags WHERE id = $1";
    let deleted = attempt(&mut app, north.id, Some(north.user("admin")), sql, &[&id]).await;
    assert_sqlstate(deleted, "42501");
    let transaction = within_as(&mut app, north.id, Some(north.user("admin"))).await;
    let sql = "UPDATE awgp.hallucination_flags AS f SET status = 'confirmed', reviewed_by = $2, notes = 'seen',
                   content_digest = repeat('0', 64), suspended_at = now() WHERE id = $1 RETURNING to_jsonb(f)";
    let (_, flag) = row(&transaction, sql, &[&id, &north.user("viewer")]).await;
    assert_eq!((&flag["reviewed_by"], &flag["notes"]), (&json!(north.user("admin")), &json!("seen")));
    assert_eq!(flag["suspended_at"], Value::Null);
    assert_ne!(flag["content_digest"], json!("0".repeat(64)));
}

#[tokio::test]
async fn of_two_who_review_at_once_one_is_told_that_they_were_late() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    for _ in 0..10 {
        let id = flagged(&mut app, &north).await;
        let mut reviews = Vec::new();
        for role in ["manager", "admin"] {
            let (mut client, north) = (database.app().await, north.clone());
            reviews
                .push(tokio::spawn(async move { review(&mut client, &north, role, id, "confirmed").await }));
        }
        let mut done = 0;
        for reviewed in reviews {
            match reviewed.await.expect("it ends") {
                Ok(_) => done += 1,
                late => assert_refused(late, "55000", "review_transition"),
            }
        }
        assert_eq!(done, 1);
    }
}

#[tokio::test]
async fn assistant_quality_counts_by_assistant_and_model_what_the_caller_sees() {
    let database = Database::new().await;
    let group = group(&database).await;
    let north = &group.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let spend = "INSERT INTO awgp.cost_transactions
                     (assistant_id, work_item_id, provider, model, input_tokens, output_tokens, cost_amount)
                 VALUES ($1, $2, 'local', 'llama', 10, 5, 0.1), ($1, $2, 'local', 'llama', 10, 5, 0.1)";
    transaction.execute(spend, &[&north.assistant, &north.work_item]).await.expect("costs");
    let work = "SELECT to_jsonb(c) FROM awgp.log_conversation($1, 'x', '[]', $2) AS c";
    let (conversation, _) = row(&transaction, work, &[&north.assistant, &north.work_item]).await;
    for _ in 0..3 {
        row(&transaction, work, &[&north.assistant, &north.work_item]).await;
    }
    log(&transaction, north, &json!([])).await;
    let mut flags = Vec::new();
    for _ in 0..4 {
        flags.push(row(&transaction, FLAG, &[&north.assistant, &Some(conversation)]).await.0);
    }
    transaction.commit().await.expect("committed");
    for (flag, status) in flags.iter().zip(["confirmed", "confirmed", "false_positive"]) {
        review(&mut app, north, "admin", *flag, status).await.expect("reviewed");
    }
    let sql =
        "SELECT to_jsonb(q) - 'tenant_id' - 'assistant_id' FROM awgp.assistant_quality AS q ORDER BY model";
    let expected = [
        json!({"assistant_slug": "helper", "model": "gpt-4", "conversations": 1, "work_items": 0, "flags": 0, "pending": 0,
               "reviewed": 0, "false_positives": 0, "confirmed": 0, "confirmed_per_conversation": 0.0,
               "confirmed_per_work_item": null, "precision": null}),
        json!({"assistant_slug": "helper", "model": "llama", "conversations": 4, "work_items": 1, "flags": 4, "pending": 1,
               "reviewed": 0, "false_positives": 1, "confirmed": 2, "confirmed_per_conversation": 0.5,
               "confirmed_per_work_item": 2.0, "precision": 0.6667}),
    ];
    for (tenant, expected) in [(north, &expected[..]), (&group.holding, &expected[..]), (&group.south, &[])] {
        let transaction = within(&mut app, tenant.id).await;
        let rows = transaction.query(sql, &[]).await.expect("the view is readable");
        let rows: Vec<Value> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(rows, expected, "{}", tenant.slug);
    }
}
