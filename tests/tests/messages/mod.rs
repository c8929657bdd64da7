//! What assistants may say to each other: policies, limits, both sides of a holding, and the record of it.

mod limits;
mod policies;
mod record;
mod rules;
mod sides;

use awgp_tests::Database;
use awgp_tests::fixture::{self, Group, Tenant, one, within};
use serde_json::{Value, json};
use tokio_postgres::{Client, Error, GenericClient};
use uuid::Uuid;

/// A database with the fixture's group.
async fn scene() -> (Database, Group) {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    (database, group)
}

/// A second active assistant of the tenant, of this type.
async fn assistant(app: &mut Client, tenant: &Tenant, slug: &str, kind: &str) -> Uuid {
    let transaction = within(app, tenant.id).await;
    let sql = "SELECT id FROM awgp.create_assistant($1, $1, $2)";
    let id = one(&transaction, sql, &[&slug, &kind]).await;
    let sql = "UPDATE awgp.assistants SET status = 'active' WHERE id = $1";
    transaction.execute(sql, &[&id]).await.expect("an assistant can be activated");
    transaction.commit().await.expect("commits");
    id
}

/// Writes a policy of the tenant from columns and their values, and returns its id.
async fn policy(app: &mut Client, tenant: &Tenant, columns: &str, values: &str) -> Uuid {
    let transaction = within(app, tenant.id).await;
    let sql = format!("INSERT INTO awgp.communication_policies ({columns}) VALUES ({values}) RETURNING id");
    let id = one(&transaction, &sql, &[]).await;
    transaction.commit().await.expect("commits");
    id
}

/// Sets the tenant's settings, as an administrator.
async fn set_messaging(database: &Database, tenant: &Tenant, messaging: Value) {
    let sql = "UPDATE awgp.tenants SET settings = $2 WHERE id = $1";
    let settings = json!({"messaging": messaging});
    database.admin().await.execute(sql, &[&tenant.id, &settings]).await.expect("settings can be set");
}

/// A message that is asked about.
#[derive(Clone)]
struct Message {
    from: Uuid,
    to: Uuid,
    channel: &'static str,
    text: String,
    metadata: Value,
}

impl Message {
    fn new(from: Uuid, to: Uuid) -> Self {
        Self { from, to, channel: "internal", text: "Hello".to_owned(), metadata: json!({}) }
    }

    fn on(self, channel: &'static str) -> Self {
        Self { channel, ..self }
    }

    fn saying(self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self }
    }

    async fn ask(&self, client: &impl GenericClient) -> Result<Value, Error> {
        let sql = "SELECT awgp.authorize_message($1, $2, $3, $4, $5)";
        let row =
            client.query_one(sql, &[&self.from, &self.to, &self.channel, &self.text, &self.metadata]).await?;
        Ok(row.get(0))
    }

    /// Asks in a transaction of its own that is committed.
    async fn send(&self, client: &mut Client, tenant: &Tenant) -> Value {
        let transaction = within(client, tenant.id).await;
        let answer = self.ask(&transaction).await.expect("a decision is returned");
        transaction.commit().await.expect("commits");
        answer
    }

    /// What the answer would be at a moment, counted from now.
    async fn test_in(&self, client: &mut Client, tenant: &Tenant, microseconds: i64) -> Value {
        let transaction = within(client, tenant.id).await;
        let sql =
            "SELECT awgp.test_message($1, $2, $3, $4, $5, now() + $6::bigint * interval '1 microsecond')";
        let row = transaction
            .query_one(sql, &[&self.from, &self.to, &self.channel, &self.text, &self.metadata, &microseconds])
            .await;
        row.expect("a decision is returned").get(0)
    }
}

#[track_caller]
fn assert_denied(answer: &Value, reason: &str) {
    assert_eq!((&answer["allowed"], &answer["reason"]), (&json!(false), &json!(reason)), "{answer}");
    assert!(answer["hint"].is_string(), "a denial has a hint: {answer}");
}

#[track_caller]
fn assert_allowed(answer: &Value, reason: &str) {
    assert_eq!((&answer["allowed"], &answer["reason"]), (&json!(true), &json!(reason)), "{answer}");
}
