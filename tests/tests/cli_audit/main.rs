//! `awgp audit`: the trail listed, followed, compared, exported and verified by the real binary.

use awgp_tests::cli::{Outcome, json};
use awgp_tests::fixture::{self, Group, within_as};
use awgp_tests::{Database, Login};
use serde_json::Value;
use std::path::PathBuf;
use uuid::Uuid;

mod large;
mod reading;
mod verifying;

/// Changes of one work item, each in a transaction of its own.
async fn work(database: &Database, tenant: &fixture::Tenant, changes: u32) {
    let mut app = database.app().await;
    for number in 0..changes {
        let transaction = within_as(&mut app, tenant.id, Some(tenant.user("operator"))).await;
        let sql = "UPDATE awgp.work_items SET description = $1 WHERE id = $2";
        let text = format!("version {number} of {}", "ż".repeat(40));
        transaction.execute(sql, &[&text, &tenant.work_item]).await.expect("a change");
        transaction.commit().await.expect("committed");
    }
}

async fn scene() -> (Database, Group) {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    (database, group)
}

/// The findings of a verification, and the line that sums up.
fn verified(outcome: &Outcome) -> (Vec<Value>, Value) {
    let mut lines: Vec<Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON Lines")).collect();
    let summary = lines.pop().expect("a line that sums up");
    (lines, summary)
}

fn verify(database: &Database, arguments: &[&str], code: i32) -> Vec<Value> {
    let outcome = json(database, Login::Auditor, &[&["audit", "verify"], arguments].concat()).expect(code);
    let (findings, summary) = verified(&outcome);
    assert_eq!(summary["findings"], findings.len(), "{outcome:#?}");
    findings
}

/// Kind and row of each finding.
fn named(findings: &[Value]) -> Vec<(&str, Option<i64>)> {
    findings.iter().map(|f| (f["kind"].as_str().expect("a kind"), f["audit_id"].as_i64())).collect()
}

fn ids(rows: &Value) -> Vec<i64> {
    rows.as_array().expect("an array").iter().map(|row| row["id"].as_i64().expect("an id")).collect()
}

/// The superuser does this to the trail, with the guards off meanwhile.
async fn tamper(database: &Database, sql: &str) {
    let dba = database.superuser().await;
    let partition = current_partition(database).await;
    let statements = sql.replace("{partition}", &format!("awgp.{partition}"));
    dba.batch_execute(&format!(
        "BEGIN;
         ALTER TABLE awgp.{partition} DISABLE TRIGGER USER;
         {statements};
         ALTER TABLE awgp.{partition} ENABLE ALWAYS TRIGGER guard_audit;
         ALTER TABLE awgp.{partition} ENABLE ALWAYS TRIGGER guard_truncate;
         COMMIT"
    ))
    .await
    .expect("a superuser may");
}

async fn current_partition(database: &Database) -> String {
    let sql = "SELECT c.relname FROM awgp.audit_logs a JOIN pg_class c ON c.oid = a.tableoid ORDER BY a.id DESC LIMIT 1";
    database.superuser().await.query_one(sql, &[]).await.expect("a row").get::<_, String>(0)
}

/// Number, lane and place of an event of the tenant in the middle of its lane.
async fn some_row(database: &Database, tenant: Uuid) -> i64 {
    let sql = "SELECT id FROM awgp.audit_logs a WHERE tenant_id = $1 AND chain_lane = 0 AND chain_seq = 5";
    database.superuser().await.query_one(sql, &[&tenant]).await.expect("a row").get(0)
}

fn file(database: &Database, name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{}-{name}.jsonl", database.name))
}
