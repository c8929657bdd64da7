//! Stops: from the commit of one nothing begins in its scope, and the trail proves it.

mod answers;
mod exports;
mod holding;
mod people;
mod proof;
mod races;
mod refused;
mod uncommitted;

use awgp_tests::fixture::{self, Group, one, within};
use awgp_tests::{Database, Login};
use serde_json::Value;
use tokio_postgres::{Client, Error, GenericClient, Transaction};
use uuid::Uuid;

/// A database in which north's and south's assistants may look, with pools and a policy for messages.
async fn scene() -> (Database, Group) {
    let (database, group) = fixture::scene().await;
    let mut app = database.app().await;
    for tenant in [&group.north, &group.south] {
        let transaction = within(&mut app, tenant.id).await;
        let sql = "UPDATE awgp.assistants SET capabilities = '{look}', max_cost_per_day = 100 WHERE id = $1";
        transaction.execute(sql, &[&tenant.assistant]).await.expect("capabilities can be set");
        let sql = "UPDATE awgp.work_items SET risk_level = 1 WHERE id = $1";
        transaction.execute(sql, &[&tenant.work_item]).await.expect("a risk can be set");
        transaction.execute("SELECT awgp.create_credit_pool('openai', 100)", &[]).await.expect("a pool");
        let sql = "INSERT INTO awgp.communication_policies (name, rate_limit_per_hour) VALUES ('All', 1000)";
        transaction.execute(sql, &[]).await.expect("a policy can be made");
        transaction.commit().await.expect("commits");
    }
    (database, group)
}

/// A further active assistant of north that may look, with an item.
async fn another(database: &Database, group: &Group) -> (Uuid, Uuid) {
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT id FROM awgp.create_assistant('Other', 'other', 'custom', capabilities => '{look}')";
    let assistant = one(&transaction, sql, &[]).await;
    let sql = "UPDATE awgp.assistants SET status = 'active' WHERE id = $1";
    transaction.execute(sql, &[&assistant]).await.expect("activated");
    let item = one(
        &transaction,
        "SELECT id FROM awgp.create_work_item($1, 'Theirs', risk_level => 1)",
        &[&assistant],
    )
    .await;
    transaction.commit().await.expect("commits");
    (assistant, item)
}

/// What begins something for an assistant, as an application calls it: $1 is the assistant, $2 its item.
const WAYS: [(&str, &str); 4] = [
    ("begin_action", "SELECT awgp.begin_action($2, 'look', 'openai', 0.01), $1::uuid"),
    ("reserve_credit", "SELECT to_jsonb(r.*) FROM awgp.reserve_credit($1, 'openai', 0.01, $2) AS r"),
    ("start_work_item", "SELECT to_jsonb(w.*), $1::uuid FROM awgp.start_work_item($2) AS w"),
    ("authorize_message", "SELECT awgp.authorize_message($1, $1, 'internal', 'Hi'), $2::uuid"),
];

/// Begins something in a way; the answer.
async fn begin(client: &impl GenericClient, sql: &str, assistant: Uuid, item: Uuid) -> Result<Value, Error> {
    Ok(client.query_one(sql, &[&assistant, &item]).await?.get(0))
}

/// Stops, in the context of a transaction or of nobody.
async fn stop(client: &impl GenericClient, scope: &str, id: Option<Uuid>) -> Result<Value, Error> {
    let sql = "SELECT awgp.stop($1, 'Something is wrong', $2)";
    Ok(client.query_one(sql, &[&scope, &id]).await?.get(0))
}

async fn resume(client: &impl GenericClient, stop: &Value) -> Result<Value, Error> {
    let sql = "SELECT awgp.resume($1, 'It is right again')";
    Ok(client.query_one(sql, &[&id_of(stop)]).await?.get(0))
}

fn id_of(stop: &Value) -> Uuid {
    stop["stop_id"].as_str().expect("an id").parse().expect("a uuid")
}

/// What an auditor is told of a stop.
async fn verified(database: &Database, stop: &Value) -> Value {
    let auditor = database.connect(Login::Auditor).await;
    let sql = "SELECT awgp.verify_stop($1)";
    auditor.query_one(sql, &[&id_of(stop)]).await.expect("a verdict").get(0)
}

/// Asserts that an auditor finds that nothing began.
async fn assert_holds(database: &Database, stop: &Value) {
    let verdict = verified(database, stop).await;
    assert_eq!(verdict["holds"], true, "{verdict:#}");
}

/// A transaction of north with this isolation level.
async fn isolated<'a>(client: &'a mut Client, group: &Group, level: &str) -> Transaction<'a> {
    let sql = format!("SET default_transaction_isolation = '{level}'");
    client.batch_execute(&sql).await.expect("a level");
    within(client, group.north.id).await
}
