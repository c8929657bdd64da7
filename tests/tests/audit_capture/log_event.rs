//! Events that are not a change of a table, and reading one's own before the commit.

use super::json_of;
use awgp_tests::fixture::{self, within, within_as};
use awgp_tests::trail::{self, assert_intact};
use awgp_tests::{Database, assert_refused, assert_sqlstate};
use serde_json::json;

#[tokio::test]
async fn log_event_records_what_it_is_given_and_who_gave_it() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let user = group.north.user("operator");
    let mut app = database.app().await;
    let transaction = within_as(&mut app, group.north.id, Some(user)).await;
    let sql = "SELECT awgp.log_event('message.denied', 'message', $1, '{\"password\": \"p\", \"n\": 1.10}', '[1e400]',
                   '{\"role\": \"postgres\", \"on_behalf_of\": \"nobody\", \"token\": \"t\", \"channel\": \"slack\"}')";
    let id: i64 = transaction.query_one(sql, &[&user]).await.expect("an event is recorded").get(0);
    transaction.batch_execute("SAVEPOINT s").await.expect("a savepoint");
    let undone = "SELECT awgp.log_event('undone', 'message')";
    transaction.execute(undone, &[]).await.expect("an event is recorded");
    transaction.batch_execute("ROLLBACK TO s").await.expect("and undone");
    transaction.commit().await.expect("commits");
    let rows = trail::history(&database, user).await;
    let row = rows.last().expect("the event");
    assert_eq!((row.id, row.action.as_str(), row.entity_type.as_str()), (id, "message.denied", "message"));
    assert_eq!((row.actor_type.as_str(), row.actor_id, row.tenant_id), ("user", Some(user), group.north.id));
    assert_eq!(row.before_state.as_deref(), Some("{\"n\": 1.10, \"password\": \"[masked]\"}"));
    assert_eq!(
        row.after_state.as_ref().map(String::len),
        Some(403),
        "a one and four hundred zeros in brackets"
    );
    let metadata =
        json!({"role": "awgp_test_app", "origin": "log_event", "token": "[masked]", "channel": "slack"});
    assert_eq!(json_of(row.metadata.as_ref()), Some(metadata));
    let rows = trail::rows(&database).await;
    assert!(rows.iter().all(|row| row.action != "undone"));
    assert_intact(trail::install_id(&database).await, &rows);
}

#[tokio::test]
async fn what_log_event_writes_says_so_and_what_is_captured_does_not() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let item = group.north.work_item;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    for metadata in ["NULL", "'{}'", "'{\"origin\": \"capture\"}'", "'{\"origin\": null, \"left_out\": []}'"]
    {
        let sql = format!(
            "SELECT awgp.log_event('update', 'work_items', $1, '{{\"status\": \"backlog\"}}',
                '{{\"status\": \"completed\"}}', {metadata})"
        );
        transaction.execute(&sql, &[&item]).await.expect("an event is recorded");
    }
    transaction
        .execute("UPDATE awgp.work_items SET priority = 1 WHERE id = $1", &[&item])
        .await
        .expect("a change");
    transaction.commit().await.expect("commits");
    let rows = trail::history(&database, item).await;
    let metadata = |row: &awgp_core::audit::row::AuditRow| json_of(row.metadata.as_ref()).expect("metadata");
    let captured = json!({"role": "awgp_test_app"});
    let logged = json!({"role": "awgp_test_app", "origin": "log_event"});
    let expected = [&captured, &logged, &logged, &logged, &logged, &captured];
    assert_eq!(rows.iter().map(metadata).collect::<Vec<_>>().iter().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn log_event_refuses_what_it_cannot_record() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let mut app = database.app().await;
    let without = app.execute("SELECT awgp.log_event('a', 'b')", &[]).await;
    assert_refused(without, "42501", "no_tenant_context");
    for arguments in [
        "NULL, 'b'",
        "'a', NULL",
        "'', 'b'",
        "'a', ' '",
        "repeat('x', 201), 'b'",
        "'a', repeat('é', 101)",
        "'a', 'b', NULL, NULL, NULL, '[]'",
        "'a', 'b', NULL, NULL, NULL, '1'",
    ] {
        let transaction = within(&mut app, group.north.id).await;
        let result = transaction.execute(&format!("SELECT awgp.log_event({arguments})"), &[]).await;
        assert_refused(result, "22023", "out_of_range");
    }
    let transaction = within(&mut app, group.north.id).await;
    transaction.batch_execute("SET TRANSACTION READ ONLY").await.expect("any session may");
    assert_sqlstate(transaction.execute("SELECT awgp.log_event('a', 'b')", &[]).await, "25006");
}

#[tokio::test]
async fn flush_audit_lets_a_transaction_read_its_own_events() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT id FROM awgp.create_work_item($1, 'Now')";
    let id = fixture::one(&transaction, sql, &[&group.north.assistant]).await;
    let count = "SELECT count(*) FROM awgp.audit_logs WHERE entity_id = $1";
    let seen = async || transaction.query_one(count, &[&id]).await.expect("counts").get::<_, i64>(0);
    assert_eq!(seen().await, 0);
    let flushed: i64 = transaction.query_one("SELECT awgp.flush_audit()", &[]).await.expect("flushes").get(0);
    assert_eq!((flushed, seen().await), (1, 1));
    let again: i64 = transaction.query_one("SELECT awgp.flush_audit()", &[]).await.expect("flushes").get(0);
    assert_eq!(again, 0);
    transaction.rollback().await.expect("rolls back");
    assert!(trail::history(&database, id).await.is_empty());
}
