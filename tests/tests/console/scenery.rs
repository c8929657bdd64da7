//! What the tests of pages share: readers with a role, and things to show.

use awgp_tests::console::{Console, Reader};
use awgp_tests::fixture::{Group, Tenant, within_as};
use awgp_tests::tokens::{token_of, trusting_database};
use awgp_tests::{Database, Login};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// An id of the right shape that nothing has.
pub const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// A database, its group, and a console whose readers bring tokens.
pub async fn console() -> (Database, Group, Console) {
    let (database, group) = trusting_database().await;
    let console = Console::bearer(&database);
    (database, group, console)
}

/// A user of a tenant, by their role.
pub fn reader(console: &Console, tenant: &Tenant, role: &str) -> Reader {
    console.reader_with(&token_of(tenant.user(role)))
}

/// Calls a function as an application does for a user, and commits; returns the first column as text.
pub async fn done(
    database: &Database,
    tenant: &Tenant,
    role: &str,
    sql: &str,
    given: &[&(dyn ToSql + Sync)],
) -> String {
    let mut app = database.app().await;
    let work = within_as(&mut app, tenant.id, Some(tenant.user(role))).await;
    let row = work.query_one(sql, given).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let text: String = row.get(0);
    work.commit().await.expect("it commits");
    text
}

/// What the superuser counts, whom no policy hides anything from.
pub async fn seen(database: &Database, sql: &str) -> String {
    let superuser: Client = database.connect(Login::Superuser).await;
    superuser.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0)
}

/// A flag of a tenant's assistant.
pub async fn flag(database: &Database, tenant: &Tenant, content: &str) -> Uuid {
    let sql = "SELECT id::text FROM awgp.flag_hallucination($1, 'fact_check', 0.9, $2)";
    done(database, tenant, "operator", sql, &[&tenant.assistant, &content]).await.parse().expect("an id")
}

/// A pool of a tenant.
pub async fn pool(database: &Database, tenant: &Tenant, budget: &str) -> Uuid {
    let sql = "SELECT id::text FROM awgp.create_credit_pool('openai', $1::text::numeric)";
    done(database, tenant, "admin", sql, &[&budget]).await.parse().expect("an id")
}
