//! `awgp partition` and `awgp maintenance`: a month's life from the command
//! line, and its file without any server.

use awgp_tests::cli::{awgp, json, table};
use awgp_tests::command::Folder;
use awgp_tests::past::{month_ago, old_months};
use awgp_tests::{Database, Login, trail};
use serde_json::{Value, json};
use std::fs;
use tokio_postgres::Client;

struct Stage {
    database: Database,
    superuser: Client,
    folder: Folder,
    name: String,
}

impl Stage {
    /// A sealed month that is old enough, checkpointed as far as the database
    /// is told, and one that follows it.
    async fn new() -> Self {
        let database = Database::new().await;
        let superuser = database.superuser().await;
        old_months(&database).await;
        let folder = Folder::new(&database);
        let name = month_ago(15).partition_name();
        Self { database, superuser, folder, name }
    }

    fn run(&self, login: Login, arguments: &[&str]) -> Value {
        json(&self.database, login, arguments).expect(0).json()
    }

    async fn checkpoint(&self) {
        self.superuser
            .batch_execute(
                "INSERT INTO awgp.audit_checkpoints (tenant_id, tree_size, root_hash, body, signed_at, signed_by)
                     SELECT tenant_id, count(*), repeat('0', 64), 'made for this test', now(), 'test'
                     FROM awgp.audit_logs GROUP BY tenant_id;
                 INSERT INTO awgp.audit_tree_lanes
                         (tenant_id, chain_lane, first_seq, last_seq, last_hash, first_leaf, tree_size)
                     SELECT tenant_id, chain_lane, 1, max(chain_seq),
                            (array_agg(integrity_hash ORDER BY chain_seq DESC))[1], chain_lane,
                            sum(count(*)) OVER (PARTITION BY tenant_id)
                     FROM awgp.audit_logs GROUP BY tenant_id, chain_lane",
            )
            .await
            .expect("a superuser may");
    }

    /// `awgp audit verify` of everything that is attached finds nothing.
    fn assert_verifies(&self) {
        let outcome = json(&self.database, Login::Auditor, &["audit", "verify"]).expect(0);
        assert_eq!(outcome.stdout.lines().count(), 1, "{outcome:#?}");
    }

    /// The whole trail as an export, and what the verifier in plain Python says of it.
    fn python(&self) -> String {
        let file = self.folder.file("log.jsonl");
        json(&self.database, Login::Auditor, &["audit", "export", "--out", &file]).expect(0);
        trail::verify_in_python(file).1
    }
}

#[tokio::test]
async fn a_month_is_sealed_exported_retired_and_brought_back_from_its_file() {
    let stage = Stage::new().await;
    let name = stage.name.as_str();
    let out = stage.folder.file("months");
    let unsealed = json(&stage.database, Login::Auditor, &["partition", "export", name, "--out", &out]);
    assert_eq!(unsealed.expect(4).error()["reason"], "partition_not_sealed");
    let ran = stage.run(Login::Maintainer, &["maintenance", "run"]);
    assert!(ran["steps"].as_array().expect("steps").iter().all(|step| step["ok"] == true), "{ran}");
    let refused = json(&stage.database, Login::Maintainer, &["partition", "retire", name, "--yes"]).expect(4);
    assert_eq!(refused.error()["reason"], "partition_not_checkpointed");
    stage.checkpoint().await;

    let before = trail::rows(&stage.database).await;
    let exported = stage.run(Login::Auditor, &["partition", "export", name, "--out", &out]);
    assert_eq!(exported["rows"], 300, "{exported}");
    let file = exported["file"].as_str().expect("a file");
    assert!(!fs::exists(format!("{file}.partial")).expect("a folder"));
    // Without a server: no variable names one.
    let verified = awgp(&["audit", "verify", "--file", file, "--output", "json"], &[]).expect(0).json();
    assert_eq!((&verified["verified_rows"], &verified["findings"]), (&json!(300), &json!(0)));

    stage.run(Login::Maintainer, &["partition", "retire", name, "--yes"]);
    stage.assert_verifies();
    assert_eq!(stage.python(), "0 found", "across the gap in the middle");
    awgp(&["audit", "verify", "--file", file], &[]).expect(0);
    let listed = stage.run(Login::Maintainer, &["partition", "list"]);
    let listed = listed.as_array().expect("months").iter().find(|month| month["partition_name"] == name);
    assert_eq!(listed.expect("it is told")["state"], "retired");
    let present = json(&stage.database, Login::Maintainer, &["partition", "restore", file]).expect(4);
    assert_eq!(present.error()["reason"], "partition_present");

    stage.superuser.batch_execute(&format!("DROP TABLE awgp.{name}")).await.expect("its owner may");
    stage.assert_verifies();
    assert_eq!(trail::verify(&stage.database).await, []);
    let gone = json(&stage.database, Login::Maintainer, &["partition", "restore", name]).expect(4);
    assert_eq!(gone.error()["reason"], "partition_gone");
    let restored = stage.run(Login::Maintainer, &["partition", "restore", file]);
    assert_eq!(restored["rows"], 300, "{restored}");
    let after = trail::rows(&stage.database).await;
    assert!(before.iter().all(|row| after.contains(row)), "every row is back, byte by byte");
    stage.assert_verifies();
    assert_eq!(trail::verify(&stage.database).await, []);
    assert_eq!(stage.python(), "0 found");
}

#[tokio::test]
async fn a_file_that_was_touched_is_found_and_never_comes_back() {
    let stage = Stage::new().await;
    let name = stage.name.as_str();
    let out = stage.folder.file("months");
    stage.run(Login::Maintainer, &["maintenance", "run"]);
    stage.checkpoint().await;
    let exported = stage.run(Login::Auditor, &["partition", "export", name, "--out", &out]);
    let file = exported["file"].as_str().expect("a file");
    stage.run(Login::Maintainer, &["partition", "retire", name, "--yes"]);
    stage.superuser.batch_execute(&format!("DROP TABLE awgp.{name}")).await.expect("its owner may");

    let manifest = exported["manifest"].as_str().expect("a manifest");
    let whole = fs::read_to_string(manifest).expect("a manifest");
    // Another month's seal, and a file that the manifest does not know.
    for (from, to) in [("\"rows\": 300", "\"rows\": 299"), ("\"file_sha256\": \"", "\"file_sha256\": \"0000")]
    {
        let mut forged = whole.replace(from, to);
        if to.ends_with("0000") {
            // Not the first 0000: another digest may have one.
            let at = forged.find(to).expect("it was put there") + to.len() - 4;
            forged.replace_range(at + 64..at + 68, "");
        }
        assert_ne!(forged, whole);
        fs::write(manifest, &forged).expect("it can be written");
        awgp(&["audit", "verify", "--file", file], &[]).expect(12);
        json(&stage.database, Login::Maintainer, &["partition", "restore", file]).expect(12);
    }
    fs::write(manifest, &whole).expect("it can be written");
    let bytes = fs::read(file).expect("a file");
    fs::write(file, &bytes[..bytes.len() - 9]).expect("it can be cut");
    let cut = awgp(&["audit", "verify", "--file", file], &[]);
    assert!([6, 12].contains(&cut.code), "{cut:#?}");
    json(&stage.database, Login::Maintainer, &["partition", "restore", file]).expect(cut.code);
    fs::write(file, &bytes).expect("it can be written");
    stage.run(Login::Maintainer, &["partition", "restore", file]);
    stage.assert_verifies();
}

#[tokio::test]
async fn holds_are_placed_listed_and_released() {
    let stage = Stage::new().await;
    let name = stage.name.as_str();
    stage.run(Login::Maintainer, &["maintenance", "run"]);
    stage.checkpoint().await;
    stage.run(Login::Maintainer, &["partition", "hold", name, "--reason", "matter 17"]);
    let held = json(&stage.database, Login::Maintainer, &["partition", "retire", name, "--yes"]).expect(4);
    assert_eq!(held.error()["reason"], "partition_held");
    let holds = stage.run(Login::Maintainer, &["partition", "holds"]);
    let id = holds[0]["id"].as_str().expect("an id");
    json(&stage.database, Login::Maintainer, &["partition", "release", id, "--reason", "settled"]).expect(3);
    stage.run(Login::Admin, &["partition", "release", &id[..8], "--reason", "settled"]);
    json(&stage.database, Login::Admin, &["partition", "release", id, "--reason", "settled"]).expect(8);
    stage.run(Login::Maintainer, &["partition", "retire", name, "--yes"]);
    let nothing = json(&stage.database, Login::Maintainer, &["partition", "hold", "--reason", "x"]).expect(2);
    assert!(nothing.error()["hint"].is_string());
}

#[tokio::test]
async fn months_are_made_and_sealed_by_name_and_maintenance_says_when_it_runs_already() {
    let stage = Stage::new().await;
    let made = stage
        .run(Login::Maintainer, &["partition", "ensure", "--ahead", "1", "--at", "2031-05-05T00:00:00Z"]);
    assert_eq!(
        made,
        json!([{"partition_name": "audit_logs_2031_05"}, {"partition_name": "audit_logs_2031_06"}])
    );
    let sealed = stage.run(Login::Maintainer, &["partition", "seal", &stage.name]);
    assert_eq!(sealed["partition_name"], stage.name);
    let open =
        json(&stage.database, Login::Maintainer, &["partition", "seal", "audit_logs_2031_05"]).expect(4);
    assert_eq!(open.error()["reason"], "partition_open");
    for command in [&["partition", "list"][..], &["partition", "holds"]] {
        table(&stage.database, Login::Maintainer, command).expect(0);
    }
    let other = stage.database.connect(Login::Maintainer).await;
    other.query("SELECT awgp.begin_maintenance()", &[]).await.expect("it is held");
    json(&stage.database, Login::Maintainer, &["maintenance", "run"]).expect(9);
    other.query("SELECT awgp.end_maintenance()", &[]).await.expect("it is let go");
    table(&stage.database, Login::Maintainer, &["maintenance", "run", "--only", "seal_partitions"]).expect(0);
}
