//! Signed mode: only a verified token puts anybody in context, and nothing SQL can write does.

mod claimed;
mod forging;
mod humans;
mod last_login;
mod lifetime;
mod providers;
mod refusals;
mod settings;
mod workers;

use awgp_tests::tokens::token_of;
use tokio_postgres::{Client, Error, GenericClient, Transaction};
use uuid::Uuid;

/// `awgp.authenticate()` for the transaction.
async fn authenticate(client: &impl GenericClient, token: &str) -> Result<Uuid, Error> {
    Ok(client.query_one("SELECT awgp.authenticate($1)", &[&token]).await?.get(0))
}

/// `awgp.authenticate()` for the session.
async fn authenticate_session(client: &impl GenericClient, token: &str) -> Result<Uuid, Error> {
    Ok(client.query_one("SELECT awgp.authenticate($1, true)", &[&token]).await?.get(0))
}

/// A transaction in which this user has authenticated.
async fn as_user(client: &mut Client, user: Uuid) -> Transaction<'_> {
    let transaction = client.transaction().await.expect("a transaction begins");
    authenticate(&transaction, &token_of(user)).await.expect("the token is good");
    transaction
}

/// The tenant and the user in context.
async fn context(client: &impl GenericClient) -> (Option<Uuid>, Option<Uuid>) {
    let sql = "SELECT awgp.current_tenant(), awgp.current_user_id()";
    let row = client.query_one(sql, &[]).await.expect("the context can be asked");
    (row.get(0), row.get(1))
}

const NOBODY: (Option<Uuid>, Option<Uuid>) = (None, None);

/// How many users, work items and tenants are seen.
async fn rows_seen(client: &impl GenericClient) -> i64 {
    let sql = "SELECT (SELECT count(*) FROM awgp.users) + (SELECT count(*) FROM awgp.work_items)
                    + (SELECT count(*) FROM awgp.tenants)";
    client.query_one(sql, &[]).await.expect("reads never fail").get(0)
}
