//! A conversation that is logged again under its external id.

use super::{attempt, row, said, stored};
use awgp_tests::fixture::{Tenant, group, within};
use awgp_tests::{Database, assert_refused, assert_sqlstate, refused};
use serde_json::{Value, json};
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

const LOG: &str = "SELECT to_jsonb(c) FROM awgp.log_conversation($1, $2, $3, external_id => $4) AS c";

async fn log(
    transaction: &Transaction<'_>,
    tenant: &Tenant,
    channel: &str,
    text: &str,
    external_id: Option<&str>,
) -> (Uuid, Value) {
    row(transaction, LOG, &[&tenant.assistant, &channel, &json!([said(text)]), &external_id]).await
}

async fn end(transaction: &Transaction<'_>, id: Uuid) {
    row(transaction, "SELECT to_jsonb(c) FROM awgp.end_conversation($1) AS c", &[&id]).await;
}

async fn count(client: &mut Client, tenant: &Tenant) -> i64 {
    let transaction = within(client, tenant.id).await;
    transaction.query_one("SELECT count(*) FROM awgp.conversation_logs", &[]).await.expect("counted").get(0)
}

#[tokio::test]
async fn the_same_call_again_records_nothing_and_returns_the_row() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let (first, made) = log(&transaction, &group.north, "telegram", "hi", Some("chat-7")).await;
    assert_eq!(made["external_number"], json!(1));
    let (again, same) = log(&transaction, &group.north, "telegram", "hi", Some("chat-7")).await;
    assert_eq!((again, &same), (first, &made));
    // It has gone on meanwhile, and ended.
    let append = "SELECT to_jsonb(c) FROM awgp.append_conversation($1, $2) AS c";
    row(&transaction, append, &[&first, &json!([said("more")])]).await;
    assert_eq!(log(&transaction, &group.north, "telegram", "hi", Some("chat-7")).await.0, first);
    let (whole, _) = log(&transaction, &group.north, "slack", "hi", Some("chat-7")).await;
    end(&transaction, whole).await;
    let (late, ended) = log(&transaction, &group.north, "slack", "hi", Some("chat-7")).await;
    assert_eq!(late, whole);
    assert!(ended["ended_at"].is_string());
    transaction.commit().await.expect("committed");
    assert_eq!(count(&mut app, &group.north).await, 2);
    // Each channel and each tenant has names of its own, and what has no name is free.
    let transaction = within(&mut app, group.south.id).await;
    let (south, made) = log(&transaction, &group.south, "telegram", "hi", Some("chat-7")).await;
    assert_eq!((south == first, &made["external_number"]), (false, &json!(1)));
    for _ in 0..2 {
        let (_, free) = log(&transaction, &group.south, "telegram", "hi", None).await;
        assert_eq!(free["external_number"], Value::Null);
    }
    transaction.commit().await.expect("committed");
    assert_eq!(count(&mut app, &group.south).await, 3);
}

#[tokio::test]
async fn another_conversation_waits_for_the_end_of_the_one_that_is_open() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let (first, _) = log(&transaction, &north, "telegram", "hi", Some("chat-7")).await;
    let sql = "SELECT id FROM awgp.create_assistant('Other', 'other', 'custom')";
    let other = awgp_tests::fixture::one(&transaction, sql, &[]).await;
    transaction.commit().await.expect("committed");
    for (assistant, messages) in [
        (north.assistant, json!([said("ho")])),
        (north.assistant, json!([said("hi"), said("ho")])),
        (other, json!([said("hi")])),
    ] {
        let transaction = within(&mut app, north.id).await;
        let error = refused(transaction.execute(LOG, &[&assistant, &"telegram", &messages, &"chat-7"]).await);
        assert_eq!((error.code.as_str(), error.reason.as_deref()), ("22023", Some("idempotency_conflict")));
        assert!(!format!("{error:?}").contains("chat-7"), "an external id is content: {error:?}");
        assert!(error.detail.contains(&first.to_string()), "{error:?}");
    }
    let sql = "INSERT INTO awgp.conversation_logs (assistant_id, channel, messages, external_id)
               VALUES ($1, 'telegram', '[]', 'chat-7')";
    assert_sqlstate(attempt(&mut app, north.id, None, sql, &[&north.assistant]).await, "23505");
    let transaction = within(&mut app, north.id).await;
    end(&transaction, first).await;
    let (second, made) = log(&transaction, &north, "telegram", "ho", Some("chat-7")).await;
    assert_eq!((second == first, &made["external_number"]), (false, &json!(2)));
    // The first is still the same call's.
    assert_eq!(log(&transaction, &north, "telegram", "hi", Some("chat-7")).await.0, first);
    end(&transaction, second).await;
    // One that has no message yet is the next, never one that is over.
    let empty = json!([]);
    let (third, _) = row(&transaction, LOG, &[&north.assistant, &"telegram", &empty, &Some("chat-7")]).await;
    assert!(third != first && third != second);
    let (again, _) = row(&transaction, LOG, &[&north.assistant, &"telegram", &empty, &Some("chat-7")]).await;
    assert_eq!(again, third);
    // The number is the machine's.
    transaction
        .execute("UPDATE awgp.conversation_logs SET external_number = 9 WHERE id = $1", &[&third])
        .await
        .expect("the machine's column keeps what it has");
    assert_eq!(stored(&transaction, third).await["external_number"], json!(3));
}

#[tokio::test]
async fn what_was_erased_is_found_by_no_call_again() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let (first, _) = log(&transaction, &north, "telegram", "hi", Some("chat-7")).await;
    row(&transaction, "SELECT to_jsonb(c) FROM awgp.erase_conversation($1, 'request 17') AS c", &[&first])
        .await;
    let (second, _) = log(&transaction, &north, "telegram", "hi", Some("chat-7")).await;
    assert_ne!(second, first);
    assert_eq!(stored(&transaction, first).await["messages"], json!([]));
}

#[tokio::test]
async fn of_clients_that_log_the_same_at_once_all_are_told_the_same_row() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut tasks = Vec::new();
    for client in 0..6 {
        let app = database.app().await;
        let (tenant, assistant) = (north.id, north.assistant);
        tasks.push(tokio::spawn(async move {
            let mut ids = Vec::new();
            for chat in 0..5 {
                app.batch_execute("BEGIN").await.expect("begins");
                app.execute("SELECT awgp.set_context($1)", &[&tenant]).await.expect("a context");
                let external_id = format!("chat-{chat}");
                let sql = "SELECT id FROM awgp.log_conversation($1, 'telegram', $2, external_id => $3)";
                let logged = app.query_one(sql, &[&assistant, &json!([said("hi")]), &external_id]).await;
                let id: Uuid = logged.unwrap_or_else(|error| panic!("client {client}: {error:?}")).get(0);
                // Some end it in the same transaction: the one that comes then is the same call all the same.
                if client % 2 == 0 {
                    let end = "UPDATE awgp.conversation_logs SET ended_at = clock_timestamp() WHERE id = $1 AND ended_at IS NULL";
                    app.execute(end, &[&id]).await.expect("it ends");
                }
                app.batch_execute("COMMIT").await.expect("commits");
                ids.push(id);
            }
            ids
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.expect("it ends"));
    }
    assert!(all.iter().all(|ids| *ids == all[0]), "{all:?}");
    assert_eq!(count(&mut database.app().await, &north).await, 5);
}

#[tokio::test]
async fn a_conversation_without_a_number_stays_as_it_is_beside_the_ones_that_have_one() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let superuser = database.superuser().await;
    // As a superuser may bring them, from elsewhere.
    let sql = "INSERT INTO awgp.conversation_logs (tenant_id, assistant_id, channel, messages, external_id, content_salt)
               VALUES ($1, $2, 'telegram', '[{\"role\": \"user\", \"content\": \"hi\"}]', 'chat-7', '\\x00')";
    superuser.batch_execute("BEGIN").await.expect("begins");
    superuser.execute("SELECT awgp.set_context($1)", &[&north.id]).await.expect("a context");
    for _ in 0..2 {
        superuser.execute(sql, &[&north.id, &north.assistant]).await.expect("a row of before");
    }
    superuser.batch_execute("COMMIT").await.expect("commits");
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let (first, made) = log(&transaction, &north, "telegram", "hi", Some("chat-7")).await;
    assert_eq!(made["external_number"], json!(1));
    assert_eq!(log(&transaction, &north, "telegram", "hi", Some("chat-7")).await.0, first);
    transaction.commit().await.expect("committed");
    assert_eq!(count(&mut app, &north).await, 3);
    assert_refused(
        attempt(
            &mut app,
            north.id,
            None,
            LOG,
            &[&north.assistant, &"telegram", &json!([said("ho")]), &"chat-7"],
        )
        .await,
        "22023",
        "idempotency_conflict",
    );
}
