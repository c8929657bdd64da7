//! An original, and a database that subscribes to its trail as docs/operations/replicas.md describes it.

use awgp_tests::own_server::{is_inside, until};
use awgp_tests::{Database, Login, PASSWORD, server, trail};
use tokio_postgres::Client;

/// The publications of an original.
pub const PUBLICATIONS: &str = "
    CREATE PUBLICATION awgp_trail FOR TABLE awgp.audit_logs
        WITH (publish = 'insert', publish_via_partition_root = true);
    CREATE PUBLICATION awgp_trail_proofs FOR TABLE awgp.audit_checkpoints, awgp.audit_tree_lanes,
        awgp.audit_tree_tiles, awgp.audit_log_integrity, awgp.audit_chain_anchors,
        awgp.audit_retired_partitions, awgp.audit_adoptions, awgp.audit_adopted_lanes
        WITH (publish = 'insert, update');";

/// True where the test has a server whose log can be decoded.
pub fn is_logical(test: &str) -> bool {
    let options = ["--conf", "wal_level=logical", "--conf", "max_replication_slots=20"];
    is_inside(&format!("copies::{test}"), &options)
}

/// Subscribes `copy` to `original` under this name; returns when all tables have their first rows. The login
/// that reads is an auditor's, with REPLICATION.
pub async fn subscribe(original: &Database, copy: &Database, name: &str, publications: &str) {
    let superuser = copy.superuser().await;
    create_subscription(original, &superuser, name, publications).await;
    wait_until_ready(copy).await;
}

/// The same, not waiting.
pub async fn create_subscription(original: &Database, copy: &Client, name: &str, publications: &str) {
    let there = original.superuser().await;
    let role = "DO $$ BEGIN CREATE ROLE copier LOGIN REPLICATION IN ROLE awgp_auditor;
                EXCEPTION WHEN duplicate_object THEN NULL; END $$";
    there.batch_execute(role).await.expect("a login that reads the trail");
    let password = format!("ALTER ROLE copier PASSWORD '{PASSWORD}'");
    there.batch_execute(&password).await.expect("its password");
    connect_as(original, copy, name, publications, "copier", PASSWORD).await;
}

/// The same with another login that reads.
pub async fn connect_as(
    original: &Database,
    copy: &Client,
    name: &str,
    publications: &str,
    user: &str,
    password: &str,
) {
    let there = original.superuser().await;
    // On one server the slot cannot be made within the statement that waits for it.
    let slot = format!("SELECT pg_create_logical_replication_slot('{name}', 'pgoutput')");
    there.execute(&slot, &[]).await.expect("a slot");
    let port = server().get_ports().first().copied().expect("a port");
    let sql = format!(
        "CREATE SUBSCRIPTION {name}
         CONNECTION 'host=127.0.0.1 port={port} user={user} password={password} dbname={}'
         PUBLICATION {publications} WITH (create_slot = false, slot_name = '{name}')",
        original.name
    );
    copy.batch_execute(&sql).await.expect("a subscription");
}

/// Returns when every table of the database's subscriptions has its first rows.
pub async fn wait_until_ready(copy: &Database) {
    let superuser = copy.superuser().await;
    let sql = "SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate <> 'r'";
    until("the first rows arrive", async || superuser.query_one(sql, &[]).await.expect("a state").get(0))
        .await;
}

/// An original with publications, and an empty database that is its copy.
pub async fn original_and_copy(original: &Database, subscription: &str) -> Database {
    original.superuser().await.batch_execute(PUBLICATIONS).await.expect("publications");
    let copy = Database::new().await;
    let id = trail::install_id(original).await;
    let become_copy = format!("SELECT awgp.become_copy('{id}', '{subscription}')");
    copy.superuser().await.batch_execute(&become_copy).await.expect("it becomes a copy");
    copy
}

/// Waits until the copy has as many rows as the original, and asserts that they are the same.
pub async fn assert_arrived(original: &Database, copy: &Database) {
    let auditor = copy.connect(Login::Auditor).await;
    let there = trail::rows(original).await;
    let count = i64::try_from(there.len()).expect("a count");
    let sql = "SELECT count(*) >= $1 FROM awgp.audit_logs";
    until("the trail arrives", async || auditor.query_one(sql, &[&count]).await.expect("a count").get(0))
        .await;
    assert!(trail::rows(copy).await == there, "the same rows, each once");
}
