//! The audit trail as a test reads it: row by row, judged by `awgp_core` and not by the server.

use crate::{Database, Login, connect_to, once_nobody_is_in};
use awgp_core::audit::chain::{Lane, Link, PlainVerifier, genesis};
use awgp_core::audit::export::{FORMAT, Mark};
use awgp_core::audit::finding::Finding;
use awgp_core::audit::row::AuditRow;
use awgp_core::audit::verify::LogVerifier;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

/// The columns of a row as [`read_row`] takes them.
const COLUMNS: &str = "id, (extract(epoch FROM \"timestamp\") * 1000000)::bigint, tenant_id, actor_type, actor_id, \
                       action, entity_type, entity_id, before_state::text, after_state::text, metadata::text, \
                       chain_lane, chain_seq, integrity_hash";

/// The install id, read as an auditor.
pub async fn install_id(database: &Database) -> Uuid {
    let auditor = database.connect(Login::Auditor).await;
    auditor.query_one("SELECT id FROM awgp.installation", &[]).await.expect("an auditor reads it").get(0)
}

/// Every row of the trail in the order of its chains, read as an auditor.
pub async fn rows(database: &Database) -> Vec<AuditRow> {
    let auditor = database.connect(Login::Auditor).await;
    rows_where(&auditor, "true").await
}

/// The rows that fulfil an SQL condition of the test's own, in the order of their chains.
pub async fn rows_where(client: &Client, condition: &str) -> Vec<AuditRow> {
    let sql = format!(
        "SELECT {COLUMNS} FROM awgp.audit_logs WHERE {condition} ORDER BY tenant_id, chain_lane, chain_seq, id"
    );
    let rows = client.query(&sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.iter().map(read_row).collect()
}

/// The rows about one thing, oldest first, read as an auditor.
pub async fn history(database: &Database, entity_id: Uuid) -> Vec<AuditRow> {
    let auditor = database.connect(Login::Auditor).await;
    let mut rows = rows_where(&auditor, &format!("entity_id = '{entity_id}'")).await;
    rows.sort_by_key(|row| row.id);
    rows
}

fn read_row(row: &Row) -> AuditRow {
    AuditRow {
        id: row.get(0),
        timestamp_us: row.get(1),
        tenant_id: row.get(2),
        actor_type: row.get(3),
        actor_id: row.get(4),
        action: row.get(5),
        entity_type: row.get(6),
        entity_id: row.get(7),
        before_state: row.get(8),
        after_state: row.get(9),
        metadata: row.get(10),
        chain_lane: row.get(11),
        chain_seq: row.get(12),
        integrity_hash: row.get(13),
    }
}

/// What `awgp_core` finds in rows that stand in the order of their chains.
pub fn findings(install_id: Uuid, rows: &[AuditRow]) -> Vec<Finding> {
    let mut verifier = LogVerifier::new(install_id);
    for row in rows {
        verifier.row(&row.borrowed());
    }
    verifier.finish()
}

/// Asserts that every lane holds from its genesis value to its end, without a gap, and that no id is
/// there twice. Returns how many lanes each tenant has.
#[track_caller]
pub fn assert_intact(install_id: Uuid, rows: &[AuditRow]) -> BTreeMap<Uuid, usize> {
    let found = findings(install_id, rows);
    assert!(found.is_empty(), "{} findings, the first: {:#?}", found.len(), found.first());
    let mut lanes: BTreeMap<Lane, Vec<&AuditRow>> = BTreeMap::new();
    for row in rows {
        let lane = Lane { tenant_id: row.tenant_id, chain_lane: row.chain_lane };
        lanes.entry(lane).or_default().push(row);
    }
    let mut count = BTreeMap::new();
    for (lane, rows) in lanes {
        let mut verifier = PlainVerifier::new(Link { seq: 0, hash: genesis(install_id, lane) });
        for row in rows {
            assert!(verifier.push(&row.borrowed()), "the chain does not hold at {row:#?}");
        }
        *count.entry(lane.tenant_id).or_default() += 1;
    }
    let mut ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "an id is there twice");
    count
}

/// The rows as the exported file of docs/audit_format.md.
pub fn export(install_id: Uuid, rows: &[AuditRow]) -> String {
    let mut lines = vec![Mark::Header { format: FORMAT, install_id }.to_line()];
    lines.extend(rows.iter().map(AuditRow::to_line));
    lines.push(Mark::End { rows: rows.len() as u64 }.to_line());
    lines.join("\n") + "\n"
}

/// Exit code and output of tests/verify_audit.py, which shares no code with AWGP, on an exported file.
pub fn verify_in_python(file: impl AsRef<Path>) -> (i32, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/verify_audit.py");
    let output =
        Command::new("python3").args([script, "log"]).arg(file.as_ref()).output().expect("python3 runs");
    let told = String::from_utf8_lossy(&output.stdout);
    // What is the file's own word is told besides.
    let found: Vec<&str> = told.lines().filter(|line| !line.starts_with("the files' own word")).collect();
    (output.status.code().unwrap_or(-1), found.join("\n"))
}

/// What `awgp.verify_audit()` finds, as an auditor asks: kind, partition, tenant, lane, number, id.
pub async fn verify(database: &Database) -> Vec<ServerFinding> {
    let auditor = database.connect(Login::Auditor).await;
    verify_with(&auditor).await
}

/// The same on a connection that the test has prepared.
pub async fn verify_with(client: &Client) -> Vec<ServerFinding> {
    let sql = "SELECT kind, partition_name, tenant_id, chain_lane, chain_seq, audit_id, detail, severity
               FROM awgp.verify_audit()";
    let rows = client.query(sql, &[]).await.unwrap_or_else(|error| panic!("verify_audit: {error:?}"));
    rows.iter()
        .map(|row| ServerFinding {
            kind: row.get(0),
            partition_name: row.get(1),
            tenant_id: row.get(2),
            chain_lane: row.get(3),
            chain_seq: row.get(4),
            audit_id: row.get(5),
            detail: row.get(6),
            severity: row.get(7),
        })
        .collect()
}

/// A row of `awgp.verify_audit()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFinding {
    /// `kind`.
    pub kind: String,
    /// `partition_name`.
    pub partition_name: Option<String>,
    /// `tenant_id`.
    pub tenant_id: Option<Uuid>,
    /// `chain_lane`.
    pub chain_lane: Option<i16>,
    /// `chain_seq`.
    pub chain_seq: Option<i64>,
    /// `audit_id`.
    pub audit_id: Option<i64>,
    /// `detail`.
    pub detail: String,
    /// `severity`.
    pub severity: String,
}

/// A database with the extension in it whose encoding is not UTF-8.
pub async fn latin1_database() -> Database {
    // The login roles come with the template.
    let name = Database::new().await.name + "_latin1";
    let postgres = connect_to("postgres", Login::Superuser).await;
    let sql = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    postgres.execute(&sql, &[]).await.expect("a LATIN1 database can be made");
    let database = Database::made(name);
    database.superuser().await.batch_execute("CREATE EXTENSION awgp").await.expect("the extension installs");
    database
}

/// A copy of a database to which nobody is connected.
pub async fn copy_of(template: &str, suffix: &str) -> Database {
    let name = format!("{template}_{suffix}");
    let postgres = connect_to("postgres", Login::Superuser).await;
    let sql = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy");
    once_nobody_is_in(&postgres, &sql).await;
    Database::made(name)
}

/// Closes a database to everyone and waits until nobody is connected: then it can be copied.
pub async fn close(database: &Database) {
    let postgres = connect_to("postgres", Login::Superuser).await;
    let name = &database.name;
    let sql = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
    postgres.batch_execute(&sql).await.expect("a database can be closed");
    let gone = format!("SELECT 1 FROM pg_stat_activity WHERE datname = '{name}'");
    while postgres.query_opt(&gone, &[]).await.expect("pg_stat_activity is readable").is_some() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// Drops a database and whoever is still connected.
pub async fn drop_database(database: Database) {
    let postgres = connect_to("postgres", Login::Superuser).await;
    let sql = format!("DROP DATABASE {} WITH (FORCE)", database.name);
    once_nobody_is_in(&postgres, &sql).await;
}

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    /// Dice of a client's own.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}
