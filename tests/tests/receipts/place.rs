//! The place in the trail that `finish_action()` answers with.

use super::stage::Stage;
use awgp_tests::Login;
use awgp_tests::cli::json as json_of;
use awgp_tests::fixture::{within, within_as};
use serde_json::{Value, json};
use tokio_postgres::GenericClient;
use uuid::Uuid;

async fn asked(client: &impl GenericClient, action: Uuid, rest: &str) -> Value {
    let sql = format!("SELECT awgp.finish_action($1, {rest}, receipt => true)");
    client.query_one(&sql, &[&action]).await.expect("an answer").get(0)
}

/// The places of the action's row as the trail has them after the commit.
async fn places_of(stage: &Stage, action: Uuid) -> Vec<Value> {
    let auditor = stage.database.connect(Login::Auditor).await;
    let sql = "SELECT jsonb_build_object('tenant_id', tenant_id, 'audit_id', id, 'chain_lane', chain_lane, 'chain_seq', chain_seq,
                                         'integrity_hash', integrity_hash)
               FROM awgp.audit_logs WHERE entity_id = $1 AND entity_type = 'governed_actions' AND action IN ('insert', 'update') ORDER BY id";
    auditor.query(sql, &[&action]).await.expect("rows").iter().map(|row| row.get(0)).collect()
}

async fn assert_intact(stage: &Stage) {
    let auditor = stage.database.connect(Login::Auditor).await;
    let sql = "SELECT count(*) FROM awgp.verify_audit()";
    let found: i64 = auditor.query_one(sql, &[]).await.expect("a count").get(0);
    assert_eq!(found, 0);
}

#[tokio::test]
async fn finish_action_answers_with_the_place_of_its_event_where_it_is_asked_for() {
    let mut stage = Stage::set().await;
    let north = stage.group.north.id;
    let item = stage.item(0).await;
    let action = stage.begin(item, ", 'openai', 1").await;
    let transaction = within(&mut stage.app, north).await;
    let answer = asked(&transaction, action, "'succeeded', 'gpt-4', 1, 2, 0.5").await;
    transaction.commit().await.expect("commits");
    let places = places_of(&stage, action).await;
    assert_eq!((places.len(), &answer["receipt"]), (2, &places[1]), "{answer}");
    // The same report again has the same place.
    let transaction = within(&mut stage.app, north).await;
    let again = asked(&transaction, action, "'succeeded', 'gpt-4', 1, 2, 0.5").await;
    assert_eq!((&again["repeated"], &again["receipt"]), (&json!(true), &answer["receipt"]));
    let sql = "SELECT awgp.finish_action($1, 'succeeded', 'gpt-4', 1, 2, 0.5)";
    let silent: Value = transaction.query_one(sql, &[&action]).await.expect("an answer").get(0);
    assert!(silent.get("receipt").is_none(), "{silent}");
    transaction.commit().await.expect("commits");
    assert_intact(&stage).await;
}

#[tokio::test]
async fn an_unknown_outcome_and_its_reconciliation_have_places_of_their_own() {
    let mut stage = Stage::set().await;
    let north = stage.group.north.clone();
    let item = stage.item(0).await;
    let action = stage.begin(item, "").await;
    let transaction = within(&mut stage.app, north.id).await;
    let unknown = asked(&transaction, action, "'unknown'").await;
    transaction.commit().await.expect("commits");
    let transaction = within_as(&mut stage.app, north.id, Some(north.user("operator"))).await;
    let sql = "SELECT awgp.reconcile_action($1, 'failed', 'it was not sent', receipt => true)";
    let known: Value = transaction.query_one(sql, &[&action]).await.expect("an answer").get(0);
    transaction.commit().await.expect("commits");
    let places = places_of(&stage, action).await;
    assert_eq!((places.len(), &unknown["receipt"], &known["receipt"]), (3, &places[1], &places[2]));
    // The command line asks for it too.
    let action = stage.begin(item, "").await;
    let arguments = ["action", "finish", &action.to_string(), "failed", "--receipt", "--tenant", "north"];
    let answer = json_of(&stage.database, Login::App, &arguments).expect(0).json();
    assert_eq!(answer["receipt"], places_of(&stage, action).await[1], "{answer}");
    assert_intact(&stage).await;
}

#[tokio::test]
async fn a_place_holds_after_savepoints_and_beside_other_events_of_the_transaction() {
    let mut stage = Stage::set().await;
    let north = stage.group.north.id;
    let item = stage.item(0).await;
    let (first, second) = (stage.begin(item, "").await, stage.begin(item, "").await);
    let mut transaction = within(&mut stage.app, north).await;
    transaction.execute("SELECT awgp.log_event('before', 'test')", &[]).await.expect("an event");
    let savepoint = transaction.savepoint("taken_back").await.expect("a savepoint");
    asked(&savepoint, first, "'failed'").await;
    savepoint.rollback().await.expect("rolls back");
    let savepoint = transaction.savepoint("kept").await.expect("a savepoint");
    let of_first = asked(&savepoint, first, "'succeeded'").await;
    savepoint.commit().await.expect("released");
    let of_second = asked(&transaction, second, "'succeeded'").await;
    transaction.execute("SELECT awgp.log_event('after', 'test')", &[]).await.expect("an event");
    transaction.commit().await.expect("commits");
    for (action, answer) in [(first, of_first), (second, of_second)] {
        let places = places_of(&stage, action).await;
        assert_eq!((places.len(), &answer["receipt"]), (2, &places[1]), "{answer}");
    }
    assert_intact(&stage).await;
}
