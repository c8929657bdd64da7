//! `awgp audit`: the trail listed, followed, compared, exported and verified by the real binary.

use awgp_tests::cli::json;
use awgp_tests::fixture::{self, within_as};
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

fn verify(database: &Database, arguments: &[&str], code: i32) -> Vec<Value> {
    let outcome = json(database, Login::Auditor, &[&["audit", "verify"], arguments].concat()).expect(code);
    let (findings, summary) = outcome.verified();
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

/// Number, lane and place of an event of the tenant in the middle of its lane.
async fn some_row(database: &Database, tenant: Uuid) -> i64 {
    let sql = "SELECT id FROM awgp.audit_logs a WHERE tenant_id = $1 AND chain_lane = 0 AND chain_seq = 5";
    database.superuser().await.query_one(sql, &[&tenant]).await.expect("a row").get(0)
}

fn file(database: &Database, name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{}-{name}.jsonl", database.name))
}
