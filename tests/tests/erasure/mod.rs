//! Personal data is erased wherever it was declared, the trail stays whole, and the answer says what remains.

mod command;
mod held;
mod kept;
mod meanwhile;
mod people;
mod receipts;
mod subjects;
mod tampered;
mod who;

use awgp_tests::command::Folder;
use awgp_tests::fixture::{Tenant, within, within_as};
use awgp_tests::{Database, trail};
use serde_json::Value;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

/// What must be gone, in every spelling.
pub const SECRET: &str = "zyzzyva7741";

/// Everything that people write, as docs/erasure.md recommends it.
pub const DECLARE: &str = "
    SELECT awgp.set_erasable('awgp.users', '{email,first_name,last_name,keycloak_id}');
    SELECT awgp.set_erasable('awgp.work_items', '{title,description,closed_reason,context,result}');
    SELECT awgp.set_erasable('awgp.approvals', '{title,description,context,rejected_reason,escalation_reason}');
    SELECT awgp.set_erasable('awgp.approval_decisions', '{comment}');
    SELECT awgp.set_erasable('awgp.approval_delegations', '{reason}')";

pub async fn declare(database: &Database) {
    database.admin().await.batch_execute(DECLARE).await.expect("an administrator declares");
}

/// A line of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub place: String,
    pub what: String,
    pub found: Option<i64>,
    pub erased: i64,
    pub remains: Option<i64>,
    pub why: Option<String>,
}

pub const ERASE: &str = "SELECT * FROM awgp.erase_user($1, 'request 17', $2)";

pub async fn erase_in(transaction: &Transaction<'_>, user: Uuid, is_dry: bool) -> Vec<Line> {
    let rows = transaction.query(ERASE, &[&user, &is_dry]).await.expect("the user is erased");
    lines(&rows)
}

/// The lines of an answer.
pub fn lines(rows: &[tokio_postgres::Row]) -> Vec<Line> {
    let line = |row: &tokio_postgres::Row| Line {
        place: row.get(0),
        what: row.get(1),
        found: row.get(2),
        erased: row.get(3),
        remains: row.get(4),
        why: row.get(5),
    };
    rows.iter().map(line).collect()
}

/// An admin of the tenant erases the user.
pub async fn erase(database: &Database, tenant: &Tenant, user: Uuid, is_dry: bool) -> Vec<Line> {
    let mut app = database.app().await;
    let transaction = within_as(&mut app, tenant.id, Some(tenant.user("admin"))).await;
    let lines = erase_in(&transaction, user, is_dry).await;
    transaction.commit().await.expect("committed");
    lines
}

/// Found, erased and remaining of a place and what is there.
pub fn counts(lines: &[Line], place: &str, what: &str) -> (Option<i64>, i64, Option<i64>) {
    let line = lines.iter().find(|line| line.place == place && line.what == what);
    let line = line.unwrap_or_else(|| panic!("no line of {place}, {what}: {lines:#?}"));
    (line.found, line.erased, line.remains)
}

/// A user with the secret in their name, address and subject.
pub async fn person(database: &Database, tenant: &Tenant) -> Uuid {
    let mut app = database.app().await;
    let transaction = within(&mut app, tenant.id).await;
    let sql = "SELECT id FROM awgp.create_user('zyzzyva7741@north.example', 'operator', 'Zyzzyva7741',
                                               'of zyzzyva7741', 'sub-zyzzyva7741')";
    let user = transaction.query_one(sql, &[]).await.expect("a user").get(0);
    transaction.commit().await.expect("committed");
    user
}

/// A work item that the user creates, with the secret in it; it ends in `status`.
pub async fn work(database: &Database, tenant: &Tenant, user: Uuid, ends: bool) -> Uuid {
    let mut app = database.app().await;
    let transaction = within_as(&mut app, tenant.id, Some(user)).await;
    let sql = "SELECT id FROM awgp.create_work_item($1, 'call Zyzzyva7741', description => 'at zyzzyva7741',
                                                    risk_level => 1, context => '{\"who\": [\"zyzzyva7741\"]}')";
    let item: Uuid = transaction.query_one(sql, &[&tenant.assistant]).await.expect("a work item").get(0);
    if ends {
        let sql = "SELECT awgp.cancel_work_item($1, 'zyzzyva7741 does not want it')";
        transaction.execute(sql, &[&item]).await.expect("cancelled");
    }
    transaction.commit().await.expect("committed");
    item
}

/// Every table of the database, catalogs included, that has the secret in a row.
pub async fn tables_with_the_secret(superuser: &Client) -> Vec<String> {
    superuser.batch_execute("ANALYZE").await.expect("statistics are made");
    let sql =
        "SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
               WHERE relkind IN ('r', 'm') ORDER BY 1";
    let mut found = Vec::new();
    for table in superuser.query(sql, &[]).await.expect("the catalog is readable") {
        let table: String = table.get(0);
        let sql = format!("SELECT count(*) FROM {table} AS t WHERE t::text ILIKE '%' || $1 || '%'");
        let rows = superuser.query_one(&sql, &[&SECRET]).await;
        if rows.unwrap_or_else(|error| panic!("{table}: {error:?}")).get::<_, i64>(0) > 0 {
            found.push(table);
        }
    }
    found
}

/// The server, the chain's own rules and the verifier in Python find the trail whole.
pub async fn assert_whole(database: &Database) {
    assert_eq!(trail::verify(database).await, []);
    let (install_id, rows) = (trail::install_id(database).await, trail::rows(database).await);
    trail::assert_intact(install_id, &rows);
    let folder = Folder::new(database);
    let file = folder.file("trail.jsonl");
    std::fs::write(&file, trail::export(install_id, &rows)).expect("the export is written");
    let (code, told) = trail::verify_in_python(file);
    assert_eq!(code, 0, "{told}");
}

/// The states of a row, oldest first, as a reader of the tenant sees them.
pub async fn history(
    database: &Database,
    tenant: &Tenant,
    entity: &str,
    id: Uuid,
) -> Vec<(String, Value, Value)> {
    let mut app = database.app().await;
    let transaction = within(&mut app, tenant.id).await;
    let sql = "SELECT action, coalesce(before_state, 'null'), coalesce(after_state, 'null') FROM awgp.row_history($1, $2)";
    let rows = transaction.query(sql, &[&entity, &id.to_string()]).await.expect("a history");
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}
