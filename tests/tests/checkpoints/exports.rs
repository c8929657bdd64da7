//! Exported files and signed notes together, without a database: by the command and by plain Python.

use super::stage::{Auditor, checked_by, events, scene};
use awgp_tests::cli::{awgp, json};
use awgp_tests::past::{month_ago, old_months};
use awgp_tests::{Database, Login};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Exports what a login reads.
fn export(database: &Database, file: &str, further: &[&str]) {
    json(database, Login::Auditor, &[&["audit", "export", "--out", file], further].concat()).expect(0);
}

/// Verifies files against the auditor's notes, by the command and by Python: the findings, and what is summed
/// up.
fn verify(auditor: &Auditor, files: &[&str], further: &[&str], code: i32) -> (Vec<Value>, Value) {
    let notes = auditor.notes();
    let mut arguments = vec!["audit", "verify", "--checkpoint", &notes, "--public-key", &auditor.public_key];
    arguments.extend(files.iter().flat_map(|file| ["--file", *file]));
    let arguments = [arguments.as_slice(), further, &["--output", "json"]].concat();
    let outcome = awgp(&arguments, &[]).expect(code);
    if files.iter().all(|file| Path::new(file).extension().is_some_and(|end| end == "jsonl")) {
        let options =
            [&["--checkpoint", &notes, "--public-key", &auditor.public_key, "--json"], further].concat();
        let (exit, told) = checked_by("verify_audit.py", &[&["log"], files, &options].concat());
        assert_eq!(exit, i32::from(code == 12), "{told}");
        let told: Value = serde_json::from_str(&told).expect("JSON");
        let (_, summary) = awgp(&arguments, &[]).verified();
        assert_eq!((&told["proved"], &told["own_word"]), (&summary["notes"], &summary["own_word"]));
    }
    outcome.verified()
}

fn kinds(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|finding| finding["kind"].as_str().expect("a kind")).collect()
}

#[tokio::test]
async fn an_export_and_notes_of_any_size_prove_the_rows_that_were_signed() {
    let (database, group, auditor) = scene().await;
    auditor.sign(&database, &["--all-tenants"]);
    events(&database, group.north.id, 7).await;
    auditor.sign(&database, &["--tenant", "north"]);
    events(&database, group.north.id, 3).await;
    let file = auditor.file("trail.jsonl");
    export(&database, &file, &[]);
    let (findings, summary) = verify(&auditor, &[&file], &[], 0);
    assert_eq!(findings, [Value::Null; 0]);
    let notes = summary["notes"].as_array().expect("notes");
    assert!(notes.len() > 2, "{summary}");
    for note in notes {
        assert_eq!((&note["rows"], &note["root"]), (&note["tree_size"], &"yielded".into()), "{note}");
    }
    // What was written after the last note is the file's own word.
    let said = summary["own_word"].as_array().expect("a list");
    let last = said.iter().find(|said| said["tenant_id"] == group.north.id.to_string()).expect("it is said");
    assert_eq!(
        (&last["what"], last["last_seq"].as_i64().unwrap() - last["first_seq"].as_i64().unwrap()),
        (&"end".into(), 2)
    );
    // An export for one tenant is a part, and proves what it has.
    let one = auditor.file("one.jsonl");
    export(&database, &one, &["--tenant", "north"]);
    assert!(kinds(&verify(&auditor, &[&one], &[], 12).0).contains(&"cut_tail"));
    assert_eq!(verify(&auditor, &[&one], &["--part"], 0).0, [Value::Null; 0]);
}

#[tokio::test]
async fn what_a_superuser_cuts_before_the_export_is_found_without_the_database() {
    let (database, group, auditor) = scene().await;
    events(&database, group.north.id, 9).await;
    auditor.sign(&database, &["--all-tenants"]);
    let cut = format!("tenant_id = '{}' AND chain_lane = 0 AND chain_seq > 4", group.north.id);
    let sql = format!(
        "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit; DELETE FROM awgp.audit_logs WHERE {cut};
         ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit"
    );
    database.superuser().await.batch_execute(&sql).await.expect("a superuser may");
    let file = auditor.file("trail.jsonl");
    export(&database, &file, &[]);
    let (findings, _) = verify(&auditor, &[&file], &[], 12);
    // A busy server may have given the tenant a second lane, so there may be more to miss.
    let is_the_cut = |finding: &Value| finding["kind"] == "cut_tail" && finding["chain_seq"] == 5;
    assert!(findings.iter().any(is_the_cut), "{findings:?}");
}

#[tokio::test]
async fn a_retired_month_carries_its_notes_and_makes_the_trail_whole_again() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    old_months(&database).await;
    let auditor = Auditor::new(&database);
    auditor.sign(&database, &["--all-tenants"]);
    json(&database, Login::Maintainer, &["maintenance", "run"]).expect(0);
    let (name, out, notes) = (month_ago(15).partition_name(), auditor.file("months"), auditor.notes());
    let arguments = [
        "partition",
        "export",
        &name,
        "--out",
        &out,
        "--checkpoint",
        &notes,
        "--public-key",
        &auditor.public_key,
    ];
    let exported = json(&database, Login::Auditor, &arguments).expect(0).json();
    let (month, manifest) =
        (exported["file"].as_str().expect("a file"), exported["manifest"].as_str().expect("one"));
    let verified = awgp(&["audit", "verify", "--file", month, "--output", "json"], &[]).expect(0).json();
    let proved = verified["proved"].as_array().expect("sentences");
    assert_eq!(proved.len(), 3, "one of each tenant: {verified}");
    // By itself the month is a part of what the notes sign, and its rows are proved.
    let (findings, summary) = verify(&auditor, &[month], &["--part"], 0);
    assert_eq!(findings, [Value::Null; 0]);
    let rows: i64 =
        summary["notes"].as_array().expect("notes").iter().map(|note| note["rows"].as_i64().unwrap()).sum();
    assert_eq!(rows, 300, "{summary}");

    json(&database, Login::Maintainer, &["partition", "retire", &name, "--yes"]).expect(0);
    superuser.batch_execute(&format!("DROP TABLE awgp.{name}")).await.expect("its owner may");
    let trail = auditor.file("trail.jsonl");
    export(&database, &trail, &[]);
    assert!(kinds(&verify(&auditor, &[&trail], &[], 12).0).iter().all(|kind| *kind == "missing_row"));
    assert_eq!(verify(&auditor, &[&trail], &["--part"], 0).0, [Value::Null; 0]);
    assert_eq!(verify(&auditor, &[&trail, &out], &[], 0).0, [Value::Null; 0]);

    // A note that signs something else, or is of another key, is found, and the month never comes back.
    let whole = fs::read_to_string(manifest).expect("a manifest");
    for forged in
        [whole.replacen("\\n— ", "x\\n— ", 1), whole.replacen("\"signed_by\": \"", "\"signed_by\": \"x", 1)]
    {
        assert_ne!(forged, whole);
        fs::write(manifest, &forged).expect("it can be written");
        awgp(&["audit", "verify", "--file", month], &[]).expect(12);
        json(&database, Login::Maintainer, &["partition", "restore", month]).expect(12);
    }
    fs::write(manifest, &whole).expect("it can be written");
    let other = Auditor::new(&Database::new().await);
    awgp(&["audit", "verify", "--file", month, "--public-key", &other.public_key], &[]).expect(12);
    json(&database, Login::Maintainer, &["partition", "restore", month]).expect(0);
}
