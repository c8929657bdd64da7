//! Asking as a tenant: the two ways to put one in context, and what is then seen.

use crate::Database;
use crate::catalog::tenant_tables;
use crate::everything::everywhere;
use crate::fixture::Group;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

/// The way we recommend to put a tenant in context; $1 is its id as text.
pub const SET_CONTEXT: &str = "SELECT awgp.set_context($1::text::uuid)";

/// The seed's way; $1 is the tenant's id as text.
pub const SET_CONFIG: &str = "SELECT set_config('app.current_tenant', $1, true)";

/// Both ways.
pub const WAYS: [&str; 2] = [SET_CONTEXT, SET_CONFIG];

/// A transaction with the tenant in context, in one of the [`WAYS`].
pub async fn enter<'a>(client: &'a mut Client, way: &str, tenant: Uuid) -> Transaction<'a> {
    let transaction = client.transaction().await.expect("a transaction begins");
    transaction.execute(way, &[&tenant.to_string()]).await.expect("the context is set");
    transaction
}

/// Ids of the tenants whose rows the client sees in a table.
pub async fn seen(client: &Client, table: &str) -> Vec<Uuid> {
    let sql = format!("SELECT DISTINCT tenant_id FROM awgp.{table} ORDER BY 1");
    let rows = client.query(&sql, &[]).await.unwrap_or_else(|error| panic!("{table}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

/// Runs a statement in a savepoint, so that a refusal leaves the transaction usable.
pub async fn attempt(transaction: &mut Transaction<'_>, sql: &str) -> Result<u64, tokio_postgres::Error> {
    let savepoint = transaction.transaction().await.expect("a savepoint");
    let result = savepoint.execute(sql, &[]).await;
    savepoint.rollback().await.expect("back to the savepoint");
    result
}

/// A database with rows of five tenants in every table, and the names of the tables of tenants.
pub async fn scene() -> (Database, Group, Vec<String>) {
    let database = Database::new().await;
    let group = everywhere(&database).await;
    let tables = tenant_tables(&database.superuser().await).await;
    assert!(tables.len() >= 10, "the seed has ten tables of tenants: {tables:?}");
    (database, group, tables)
}
