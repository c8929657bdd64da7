//! Asking for approvals and deciding them, as the users of the fixture.

use crate::Database;
use crate::fixture::{Tenant, one, within, within_as};
use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_postgres::{Client, Error, Transaction};
use uuid::Uuid;

/// An item and the approval it waits for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The item.
    pub item: Uuid,
    /// The approval.
    pub approval: Uuid,
}

/// A new item of this risk, for the fixture's assistant, whose tier is 2.
pub async fn item(transaction: &Transaction<'_>, tenant: &Tenant, risk: i64) -> Uuid {
    let sql =
        "SELECT id FROM awgp.create_work_item($1, 'Pay', 'All of it', $2, context => '{\"invoice\": 7}')";
    one(transaction, sql, &[&tenant.assistant, &risk]).await
}

/// Asks for an approval of an item.
pub async fn request(transaction: &Transaction<'_>, item: Uuid) -> Result<Uuid, Error> {
    let row = transaction.query_one("SELECT id FROM awgp.request_approval($1)", &[&item]).await?;
    Ok(row.get(0))
}

/// The operator makes an item of this risk and asks; committed.
pub async fn asked(client: &mut Client, tenant: &Tenant, risk: i64) -> Asked {
    asked_by(client, tenant, "operator", risk).await
}

/// A user of this role makes an item of this risk and asks; committed.
pub async fn asked_by(client: &mut Client, tenant: &Tenant, role: &str, risk: i64) -> Asked {
    let transaction = within_as(client, tenant.id, Some(tenant.user(role))).await;
    let item = item(&transaction, tenant, risk).await;
    let approval = request(&transaction, item).await.expect("it can be asked for");
    transaction.commit().await.expect("committed");
    Asked { item, approval }
}

/// One statement with one id, as a user; committed where it is not refused. Answers the first column as text.
pub async fn run(
    client: &mut Client,
    tenant: &Tenant,
    user: Option<Uuid>,
    sql: &str,
    id: Uuid,
) -> Result<String, Error> {
    let transaction = within_as(client, tenant.id, user).await;
    let row = transaction.query_one(sql, &[&id]).await?;
    transaction.commit().await?;
    Ok(row.try_get(0).unwrap_or_default())
}

/// `approve()`.
pub const APPROVE: &str = "SELECT status FROM awgp.approve($1, 'fine')";
/// The same by plain UPDATE.
pub const APPROVE_BY_UPDATE: &str =
    "UPDATE awgp.approvals SET status = 'approved' WHERE id = $1 RETURNING status";
/// `reject()`.
pub const REJECT: &str = "SELECT status FROM awgp.reject($1, 'too dear')";
/// `escalate_approval()`.
pub const ESCALATE: &str = "SELECT status FROM awgp.escalate_approval($1, 'urgent')";
/// `start_work_item()`.
pub const START: &str = "SELECT status FROM awgp.start_work_item($1)";

/// A user votes for an approval.
pub async fn approve(
    client: &mut Client,
    tenant: &Tenant,
    user: Uuid,
    approval: Uuid,
) -> Result<String, Error> {
    run(client, tenant, Some(user), APPROVE, approval).await
}

/// A user of this role starts an item.
pub async fn start(client: &mut Client, tenant: &Tenant, item: Uuid) -> Result<String, Error> {
    run(client, tenant, Some(tenant.user("operator")), START, item).await
}

/// A user delegates to another, from an hour ago to in an hour, all risks; committed.
pub async fn delegate(client: &mut Client, tenant: &Tenant, from: Uuid, to: Uuid) -> Uuid {
    let transaction = within_as(client, tenant.id, Some(from)).await;
    let sql =
        "SELECT id FROM awgp.delegate_approvals($1, now() - interval '1 hour', now() + interval '1 hour')";
    let id = one(&transaction, sql, &[&to]).await;
    transaction.commit().await.expect("committed");
    id
}

/// Another user of a role that the fixture has one of; committed.
pub async fn another(client: &mut Client, tenant: &Tenant, role: &str) -> Uuid {
    static NEXT: AtomicU32 = AtomicU32::new(2);
    let transaction = within(client, tenant.id).await;
    let email = format!("{role}{}@{}.example", NEXT.fetch_add(1, Ordering::Relaxed), tenant.slug);
    let id = one(&transaction, "SELECT id FROM awgp.create_user($1, $2)", &[&email, &role]).await;
    transaction.commit().await.expect("committed");
    id
}

/// Sets a tenant's approval policy.
pub async fn policy(database: &Database, tenant: &Tenant, policy: &Value) {
    let admin = database.admin().await;
    let settings = serde_json::json!({ "approval_policy": policy });
    let sql = "UPDATE awgp.tenants SET settings = $2 WHERE id = $1";
    admin.execute(sql, &[&tenant.id, &settings]).await.expect("the policy can be used");
}

/// One value of an approval as JSON.
pub async fn row(client: &mut Client, tenant: &Tenant, approval: Uuid) -> Value {
    let transaction = within(client, tenant.id).await;
    let sql = "SELECT to_jsonb(a) FROM awgp.approvals AS a WHERE id = $1";
    transaction.query_one(sql, &[&approval]).await.expect("it is there").get(0)
}

/// Lets an approval's time be over, as only a superuser past the triggers can.
pub async fn let_it_expire(database: &Database, approval: Uuid) {
    let superuser = database.superuser().await;
    let sql = format!(
        "SET session_replication_role = replica;
         UPDATE awgp.approvals SET expires_at = clock_timestamp() WHERE id = '{approval}'"
    );
    superuser.batch_execute(&sql).await.expect("a superuser may");
}
