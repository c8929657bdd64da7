//! What the trail proves, and what a change of it gives away.

use super::{WAYS, assert_holds, begin, id_of, resume, scene, stop, verified};
use awgp_tests::fixture::within;
use awgp_tests::{Login, assert_refused};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn a_tenant_proves_it_from_its_own_trail_and_a_stranger_does_not_read_it() {
    let (database, group) = scene().await;
    let stopped = stop(&database.admin().await, "holding", Some(group.holding.id)).await.expect("stopped");
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT awgp.verify_stop($1)";
    let row = transaction.query_one(sql, &[&id_of(&stopped)]).await.expect("a verdict");
    let verdict: serde_json::Value = row.get(0);
    assert_eq!(
        (&verdict["holds"], &verdict["tenants"]),
        (&json!(true), &json!([group.north.id])),
        "{verdict:#}"
    );
    drop(transaction);
    let transaction = within(&mut app, group.other.id).await;
    assert_refused(transaction.query_one(sql, &[&id_of(&stopped)]).await, "P0002", "unknown_stop");
}

#[tokio::test]
async fn what_a_client_logs_as_a_stop_is_none() {
    let (database, group) = scene().await;
    let forged = Uuid::from_u128(77);
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql =
        "SELECT awgp.log_event('stop.began', 'stop', $1, NULL, '{\"scope\": \"tenant\", \"heads\": []}')";
    transaction.execute(sql, &[&forged]).await.expect("logged");
    transaction.commit().await.expect("commits");
    let auditor = database.connect(Login::Auditor).await;
    let refused = auditor.query_one("SELECT awgp.verify_stop($1)", &[&forged]).await;
    assert_refused(refused, "P0002", "unknown_stop");
}

#[tokio::test]
async fn a_row_that_is_removed_or_moved_before_the_stop_is_found() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    begin(&transaction, WAYS[0].1, group.north.assistant, group.north.work_item).await.expect("begun");
    transaction.commit().await.expect("commits");
    let stopped = stop(&database.admin().await, "tenant", Some(group.north.id)).await.expect("stopped");
    assert_holds(&database, &stopped).await;
    let superuser = database.superuser().await;
    // The last row before the stop, with the chain after it left alone.
    let sql = "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit;
        DELETE FROM awgp.audit_logs WHERE id = (
            SELECT max(log.id) FROM awgp.audit_logs AS log
            JOIN awgp.audit_logs AS said ON said.entity_type = 'stop' AND said.tenant_id = log.tenant_id
            WHERE log.id < said.id AND log.entity_type = 'governed_actions');
        ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit";
    superuser.batch_execute(sql).await.expect("a superuser may");
    let verdict = verified(&database, &stopped).await;
    assert_eq!(verdict["holds"], false, "{verdict:#}");
}

#[tokio::test]
async fn after_the_end_of_a_stop_the_proof_stands_whatever_begins() {
    let (database, group) = scene().await;
    let stopped =
        stop(&database.admin().await, "assistant", Some(group.north.assistant)).await.expect("stopped");
    resume(&database.superuser().await, &stopped).await.expect("resumed");
    let mut app = database.app().await;
    for (name, sql) in WAYS {
        let transaction = within(&mut app, group.north.id).await;
        begin(&transaction, sql, group.north.assistant, group.north.work_item).await.expect(name);
        if name != "begin_action" {
            transaction.commit().await.expect("commits");
        }
    }
    let verdict = verified(&database, &stopped).await;
    assert_eq!((&verdict["holds"], &verdict["is_ended"]), (&json!(true), &json!(true)), "{verdict:#}");
    assert!(verdict["beginnings"].as_u64().is_some_and(|count| count >= 3), "{verdict:#}");
}
