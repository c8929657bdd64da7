//! A database with a trail, and an auditor with a key and a folder outside of it.

use awgp_tests::cli::{Outcome, awgp, json};
use awgp_tests::command::Folder;
use awgp_tests::fixture::{self, Group, within_as};
use awgp_tests::{Database, Login};
use serde_json::Value;
use std::process::Command;
use uuid::Uuid;

/// The auditor's things.
pub struct Auditor {
    folder: Folder,
    /// The public key.
    pub public_key: String,
}

impl Auditor {
    /// Makes a key.
    pub fn new(database: &Database) -> Self {
        let folder = Folder::new(database);
        let made = awgp(&["audit", "keygen", "--plain", "--out", &folder.file("key")], &[]).expect(0);
        Self { folder, public_key: made.stdout.trim().to_owned() }
    }

    /// The private key's file.
    pub fn key(&self) -> String {
        self.folder.file("key")
    }

    /// The path of a file or folder of theirs.
    pub fn file(&self, name: &str) -> String {
        self.folder.file(name)
    }

    /// The folder of their notes.
    pub fn notes(&self) -> String {
        self.folder.file("notes")
    }

    /// Signs, and lists what `awgp` says of each note.
    pub fn sign(&self, database: &Database, which: &[&str]) -> Vec<Value> {
        let outcome = self.try_sign(database, which, &self.notes()).expect(0);
        outcome.json().as_array().expect("notes").clone()
    }

    /// Tries to sign into a folder.
    pub fn try_sign(&self, database: &Database, which: &[&str], folder: &str) -> Outcome {
        let key = self.key();
        let arguments = [&["audit", "checkpoint", "--key", &key, "--out", folder], which].concat();
        json(database, Login::Auditor, &arguments)
    }

    /// Verifies against notes: the findings, and the line that sums up.
    pub fn verify(&self, database: &Database, notes: &str, code: i32) -> (Vec<Value>, Value) {
        let arguments = ["audit", "verify", "--checkpoint", notes, "--public-key", &self.public_key];
        json(database, Login::Auditor, &arguments).expect(code).verified()
    }

    /// Asserts that nothing is found, and that each tenant of the notes was proved.
    #[track_caller]
    pub fn assert_holds(&self, database: &Database, notes: &str, tenants: usize) {
        let (findings, summary) = self.verify(database, notes, 0);
        assert_eq!(findings, [Value::Null; 0]);
        assert_eq!(summary["proved"].as_array().map(Vec::len), Some(tenants), "{summary}");
    }

    /// Kind, lane and number of each finding.
    pub fn findings(&self, database: &Database, notes: &str) -> Vec<(String, Option<i64>, Option<i64>)> {
        let (findings, _) = self.verify(database, notes, 12);
        let named = |f: &Value| {
            (
                f["kind"].as_str().expect("a kind").to_owned(),
                f["chain_lane"].as_i64(),
                f["chain_seq"].as_i64(),
            )
        };
        findings.iter().map(named).collect()
    }
}

/// A database with the group of the fixture.
pub async fn scene() -> (Database, Group, Auditor) {
    let (database, group) = fixture::scene().await;
    let auditor = Auditor::new(&database);
    (database, group, auditor)
}

/// Events of a tenant, one after the other and so in lane 0, in one transaction.
pub async fn events(database: &Database, tenant: Uuid, count: i64) {
    let mut app = database.app().await;
    let transaction = within_as(&mut app, tenant, None).await;
    let sql = "SELECT count(awgp.log_event('tick', 'test', NULL, NULL, jsonb_build_object('n', n)))
               FROM generate_series(1, $1::bigint) AS n";
    transaction.execute(sql, &[&count]).await.expect("events");
    transaction.commit().await.expect("committed");
}

/// The last number of lane 0.
pub async fn last_seq(database: &Database, tenant: Uuid) -> i64 {
    let sql = "SELECT max(chain_seq) FROM awgp.audit_logs WHERE tenant_id = $1 AND chain_lane = 0";
    database.superuser().await.query_one(sql, &[&tenant]).await.expect("a row").get(0)
}

/// Kind and tenant of each finding of severity error.
pub fn errors(findings: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = findings.iter().filter(|finding| finding["severity"] == "error");
    errors.map(|finding| (text(&finding["kind"]), text(&finding["tenant_id"]))).collect()
}

/// What the chain alone says: findings of severity error.
pub async fn chain_alone(database: &Database) -> i64 {
    let auditor = database.connect(Login::Auditor).await;
    let sql = "SELECT count(*) FROM awgp.verify_audit() WHERE severity = 'error'";
    auditor.query_one(sql, &[]).await.expect("a count").get(0)
}

/// A copy by dump and restore.
pub async fn restored(database: &Database, folder: &Auditor) -> Database {
    let file = folder.file("backup.sql");
    awgp_tests::command::run("pg_dump", database, &["--file", &file]);
    let copy = Database::empty().await;
    let arguments = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", &file];
    awgp_tests::command::run("psql", &copy, &arguments);
    copy
}

/// Runs tests/check_proof.py, which shares no code with AWGP: its exit code and what it prints.
pub fn python(arguments: &[&str]) -> (i32, String) {
    checked_by("check_proof.py", arguments)
}

/// Runs a checker of tests/ that shares no code with AWGP.
pub fn checked_by(script: &str, arguments: &[&str]) -> (i32, String) {
    let script = format!("{}/{script}", env!("CARGO_MANIFEST_DIR"));
    let toolchain = std::env::var("AWGP_TOOLCHAIN").unwrap_or_else(|_| "/opt/awgp-toolchain".to_owned());
    let mut python = Command::new("python3");
    python.arg("-B").arg(script).args(arguments);
    let output =
        python.env("PYTHONPATH", format!("{toolchain}/cryptography-48.0.0")).output().expect("python3 runs");
    let told = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&told).into_owned())
}
