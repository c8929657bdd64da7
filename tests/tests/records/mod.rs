//! Conversations and hallucination flags, as applications write them: by the functions and by plain SQL.

#![allow(clippy::missing_panics_doc, reason = "helpers panic where the test fails")]

mod appending;
mod erasing;
mod flags;
mod forms;
mod logging;
mod retention;
mod searching;
mod suspension;
mod twice;

use awgp_tests::fixture::{Tenant, within_as};
use serde_json::{Value, json};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Transaction};
use uuid::Uuid;

/// A message of a user's.
pub fn said(content: &str) -> Value {
    json!({"role": "user", "content": content})
}

/// Logs a conversation of the tenant's assistant; returns the row.
pub async fn log(transaction: &Transaction<'_>, tenant: &Tenant, messages: &Value) -> (Uuid, Value) {
    let sql = "SELECT to_jsonb(c) FROM awgp.log_conversation($1, 'internal', $2) AS c";
    row(transaction, sql, &[&tenant.assistant, messages]).await
}

/// The row that a statement returns as jsonb, and its id.
pub async fn row(
    transaction: &Transaction<'_>,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> (Uuid, Value) {
    let row = transaction.query_one(sql, parameters).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let row: Value = row.get(0);
    (row["id"].as_str().expect("an id").parse().expect("a uuid"), row)
}

/// The stored conversation.
pub async fn stored(transaction: &Transaction<'_>, id: Uuid) -> Value {
    row(transaction, "SELECT to_jsonb(c) FROM awgp.conversation_logs AS c WHERE id = $1", &[&id]).await.1
}

/// Tries a statement in a transaction of its own, which is rolled back.
pub async fn attempt(
    app: &mut Client,
    tenant: Uuid,
    user: Option<Uuid>,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<u64, Error> {
    within_as(app, tenant, user).await.execute(sql, parameters).await
}
