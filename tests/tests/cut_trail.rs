//! Events that the database itself says it has had are missed, with no note at hand.

use awgp_tests::catalog::findings;
use awgp_tests::fixture::scene;
use awgp_tests::{Database, Login, cli};
use serde_json::Value;

/// A superuser removes these events.
async fn remove(database: &Database, which: &str) {
    let sql = format!(
        "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit; DELETE FROM awgp.audit_logs WHERE {which};
         ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit"
    );
    database.superuser().await.batch_execute(&sql).await.expect("a superuser may");
}

/// The kinds that the server's function finds, as an auditor.
async fn by_server(database: &Database) -> Vec<String> {
    let auditor = database.connect(Login::Auditor).await;
    let sql = "SELECT DISTINCT kind FROM awgp.verify_audit() ORDER BY 1";
    auditor.query(sql, &[]).await.expect("verified").iter().map(|row| row.get(0)).collect()
}

/// The kinds that the command finds.
fn by_command(database: &Database) -> Vec<String> {
    let outcome = cli::json(database, Login::Auditor, &["audit", "verify"]);
    assert!([0, 12].contains(&outcome.code), "{outcome:#?}");
    let kind = |finding: &Value| finding["kind"].as_str().expect("a text").to_owned();
    let mut kinds: Vec<String> = outcome.verified().0.iter().map(kind).collect();
    kinds.dedup();
    kinds
}

async fn by_doctor(database: &Database) -> usize {
    let found = findings(&database.connect(Login::Maintainer).await).await;
    found.iter().filter(|finding| finding.0 == "trail_cut").count()
}

#[tokio::test]
async fn what_a_checkpoint_has_recorded_is_missed_by_all_who_verify() {
    let (database, group) = scene().await;
    let auditor = database.connect(Login::Auditor).await;
    let north = group.north.id;
    auditor.execute("SELECT awgp.audit_checkpoint($1)", &[&north]).await.expect("an auditor may");
    assert_eq!((by_server(&database).await, by_command(&database)), (Vec::new(), Vec::new()));
    assert_eq!(by_doctor(&database).await, 0);

    // The last event of one lane, which no later event follows.
    remove(&database, &format!(
        "tenant_id = '{north}' AND (chain_lane, chain_seq) = (SELECT chain_lane, max(chain_seq) FROM awgp.audit_logs
         WHERE tenant_id = '{north}' GROUP BY 1 ORDER BY 2 DESC LIMIT 1)")).await;
    assert_eq!(by_server(&database).await, ["cut_tail"]);
    assert_eq!(by_command(&database), ["cut_tail"]);
    assert_eq!(by_doctor(&database).await, 1);
}

#[tokio::test]
async fn a_tenant_without_any_event_is_missed_without_a_checkpoint_too() {
    let (database, group) = scene().await;
    remove(&database, &format!("tenant_id = '{}'", group.north.id)).await;
    assert_eq!(by_server(&database).await, ["cut_tail"]);
    let sql = "SELECT tenant_id FROM awgp.verify_audit()";
    let rows = database.connect(Login::Auditor).await.query(sql, &[]).await.expect("verified");
    assert_eq!(rows.iter().map(|row| row.get::<_, uuid::Uuid>(0)).collect::<Vec<_>>(), [group.north.id]);
}

#[tokio::test]
async fn an_emptied_trail_is_missed_by_the_server_and_the_doctor() {
    let (database, group) = scene().await;
    let auditor = database.connect(Login::Auditor).await;
    auditor.execute("SELECT awgp.audit_checkpoint($1)", &[&group.north.id]).await.expect("an auditor may");
    remove(&database, "true").await;
    assert_eq!(by_server(&database).await, ["cut_tail"]);
    assert_eq!(by_command(&database), ["cut_tail"]);
    // One for the trail, one at least for the lanes of the checkpoint.
    assert!(by_doctor(&database).await >= 2);
}

#[tokio::test]
async fn a_transaction_that_makes_a_tenant_misses_no_event_of_it() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "BEGIN; SAVEPOINT s; SELECT awgp.create_tenant('North', 'north', 'holding'); RELEASE s";
    superuser.batch_execute(sql).await.expect("a tenant");
    let sql = "SELECT (SELECT count(*) FROM awgp.verify_audit())
                    + (SELECT count(*) FROM awgp.doctor() WHERE severity = 'error')";
    let found: i64 = superuser.query_one(sql, &[]).await.expect("verified").get(0);
    assert_eq!(found, 0);
}

#[tokio::test]
async fn an_empty_trail_is_missed_by_its_numbers_and_by_its_checkpoints_without_tenants_too() {
    for trace in [
        "SELECT nextval('awgp.audit_logs_id_seq')",
        "INSERT INTO awgp.audit_checkpoints (tenant_id, tree_size, root_hash, body)
         VALUES (gen_random_uuid(), 1, repeat('0', 64), 'a checkpoint')",
    ] {
        let database = Database::new().await;
        assert_eq!(by_doctor(&database).await, 0, "a trail that has not begun");
        database.superuser().await.batch_execute(trace).await.expect("a superuser may");
        assert_eq!(by_doctor(&database).await, 1, "{trace}");
    }
}

#[tokio::test]
async fn a_copy_that_has_received_nothing_yet_misses_nothing() {
    let database = Database::new().await;
    let damage = "SELECT nextval('awgp.audit_logs_id_seq');
                  UPDATE awgp.installation SET is_copy = true, subscription = 'fed'";
    database.superuser().await.batch_execute(damage).await.expect("a superuser may");
    assert_eq!(by_doctor(&database).await, 0);
}
