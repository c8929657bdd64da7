//! Packs that hold, what is in them, and who makes them.

use super::stage::{Evidence, document, now, place, read, recomputed, says, text, verify, write};
use crate::checkpoints::stage::{Auditor, events};
use awgp_tests::cli::json as json_of;
use awgp_tests::command::output_of;
use awgp_tests::past::{month_ago, old_months};
use awgp_tests::{Database, Login};
use serde_json::{Value, json};
use std::process::Command;
use uuid::Uuid;

fn sentence<'a>(index: &'a Value, id: &str) -> &'a Value {
    let sentences = index["sentences"].as_array().expect("sentences");
    sentences.iter().find(|sentence| sentence["id"] == id).unwrap_or_else(|| panic!("no {id}"))
}

fn count(index: &Value, id: &str) -> Option<i64> {
    sentence(index, id)["proof"]["count"].as_i64()
}

#[tokio::test]
async fn an_auditors_pack_has_what_happened_and_holds_by_the_command_and_by_python() {
    let evidence = Evidence::set().await;
    let files = evidence.pack("north.zip");
    let (found, ours, theirs) = evidence.verify("north.zip", &[]);
    assert!(found.is_empty(), "{ours:#}");
    let index = document(&files, "index.json");
    // What an application has logged about votes is none.
    for (id, expected) in [
        ("requests", 2),
        ("votes", 3),
        ("rejected", 1),
        ("actions", 2),
        ("receipts", 2),
        ("denied_actions", 1),
        ("costs", 1),
        ("ledger", 0),
        ("stops", 0),
        ("chained", 1),
    ] {
        assert_eq!(count(&index, id), Some(expected), "{id}: {:#}", sentence(&index, id));
    }
    assert!(count(&index, "in_force") > Some(2), "the tenant, an assistant, a pool");
    // Every sentence has its proof, or is a gap; every digest is that of the file.
    for told in index["sentences"].as_array().expect("sentences") {
        let Some(file) = told["proof"]["file"].as_str().filter(|file| !file.ends_with('/')) else { continue };
        let digest = awgp_core::audit::chain::Digest::of(&files[place(&files, file)].1);
        assert_eq!(told["proof"]["sha256"], json!(digest), "{told:#}");
    }
    assert_eq!(sentence(&index, "understanding")["proof"], Value::Null);
    // The auditor may not read budgets: a gap, and no error.
    assert_eq!(sentence(&index, "budgets")["proof"], Value::Null);
    assert!(
        sentence(&index, "budgets")["text"].as_str().is_some_and(|text| text.contains("permission denied"))
    );
    assert!(files.iter().any(|(name, _)| name == "answers/doctor.json"));
    // Every row is proved by the note, and the two programs say so alike.
    let proved = &ours["proved"][0];
    assert_eq!(proved["root"], "yielded", "{proved}");
    for verdict in [&ours, &theirs] {
        assert!(says(verdict, "what the server said about itself: answers/"), "{verdict:#}");
        assert!(!says(verdict, "trail/public_key.txt"), "{verdict:#}");
    }
    // Nothing of another tenant is in it.
    let south = evidence.stage.group.south.id.to_string();
    for (name, bytes) in files.iter().filter(|(name, _)| !name.starts_with("answers/")) {
        assert!(!String::from_utf8_lossy(bytes).contains(&south), "{name}");
    }
}

#[tokio::test]
async fn the_script_in_an_unpacked_pack_needs_python_alone_and_leaves_nothing_behind() {
    let evidence = Evidence::set().await;
    evidence.pack("north.zip");
    let folder = evidence.file("unpacked");
    output_of(Command::new("python3").args(["-m", "zipfile", "-e", &evidence.file("north.zip"), &folder]));
    let script = format!("{folder}/verify/verify.py");
    // No library of this machine, and no variable.
    for _ in 0..2 {
        let mut python = Command::new("python3");
        python.env_clear().args([
            "-E",
            "-S",
            &script,
            &folder,
            "--public-key",
            &evidence.stage.auditor.public_key,
        ]);
        let told = output_of(&mut python);
        assert!(told.ends_with("nothing found\n"), "{told}");
        assert!(told.contains("proved    ") && told.contains("own word  "), "{told}");
    }
    // Without the auditor's key the signatures show no more than that the pack fits itself.
    let mut python = Command::new("python3");
    let told = output_of(python.env_clear().args([&script, &folder]));
    assert!(told.contains("own word  trail/public_key.txt"), "{told}");
    // Whoever puts a file beside the others is found.
    std::fs::write(format!("{folder}/records/more.jsonl"), "{}\n").expect("written");
    let output = Command::new("python3").env_clear().args([&script, &folder]).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("found     added records/more.jsonl"), "{told}");
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn a_tenants_own_login_makes_a_pack_of_what_it_may_read_and_of_no_other_tenant() {
    let evidence = Evidence::set().await;
    let admin = evidence.stage.group.north.user("admin").to_string();
    let said = evidence.make(Login::App, "app.zip", &["--user", &admin]).expect(0).json();
    assert_eq!(said["tenant_id"], evidence.stage.group.north.id.to_string());
    let (found, ..) = evidence.verify("app.zip", &[]);
    assert!(found.is_empty(), "{found:?}");
    let files = read(&evidence.file("app.zip"));
    let index = document(&files, "index.json");
    let absent: Vec<&str> = index["absent"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|absent| absent["file"].as_str())
        .collect();
    assert_eq!(absent, ["answers/doctor.json", "answers/months.json"]);
    assert!(count(&index, "budgets") == Some(1) && count(&index, "receipts") == Some(2), "{index:#}");
    // What an auditor and the tenant read of the trail is the same.
    let auditors = evidence.pack("auditor.zip");
    for file in ["trail/trail.jsonl", "records/approvals.jsonl"] {
        assert_eq!(text(&files, file), text(&auditors, file), "{file}");
    }
    // A holding sees its subsidiaries. Its pack is of itself.
    let (group, notes) = (&evidence.stage.group, evidence.stage.auditor.notes());
    let out = evidence.file("holding.zip");
    let of_holding = [
        "audit",
        "evidence",
        "--tenant",
        "holding",
        "--from",
        "yesterday",
        "--to",
        "tomorrow",
        "--out",
        &out,
        "--checkpoint",
        &notes,
        "--public-key",
        &evidence.stage.auditor.public_key,
    ];
    let said = json_of(&evidence.stage.database, Login::App, &of_holding).expect(0).json();
    assert_eq!(said["tenant_id"], group.holding.id.to_string());
    assert!(evidence.verify("holding.zip", &[]).0.is_empty());
    let trail = text(&read(&out), "trail/trail.jsonl");
    let is_of = |line: &str| line.contains(&format!("\"tenant_id\":\"{}\"", group.holding.id));
    assert!(
        trail.lines().filter(|line| line.contains("\"tenant_id\":")).all(is_of),
        "only the holding's rows"
    );
    // A login that reads no trail makes none, and none is left.
    for login in [Login::Maintainer, Login::Admin, Login::Nobody] {
        let refused = evidence.make(login, "none.zip", &[]);
        assert_ne!(refused.code, 0, "{refused:?}");
        let folder = evidence.file("");
        let left = std::fs::read_dir(folder).expect("a folder").flatten().map(|file| file.file_name());
        assert!(!left.into_iter().any(|name| name.to_string_lossy().starts_with("none.zip")));
    }
    // A pack is of one tenant, is never overwritten, and has a time.
    let out = evidence.file("none.zip");
    let of_all = ["audit", "evidence", "--from", "today", "--to", "today", "--out", &out];
    let refused = json_of(&evidence.stage.database, Login::Auditor, &of_all).expect(2).error();
    assert_eq!(refused["reason"], "no_tenant_context", "{refused}");
    evidence.make(Login::Auditor, "app.zip", &[]).expect(6);
    let backwards =
        [&of_all[..2], &["--tenant", "north", "--from", "today", "--to", "yesterday", "--out", &out]]
            .concat();
    json_of(&evidence.stage.database, Login::Auditor, &backwards).expect(6);
}

#[tokio::test]
async fn a_pack_without_a_note_says_that_nothing_proves_its_trail() {
    let evidence = Evidence::set().await;
    evidence.try_to_make(Login::Auditor, "plain.zip", &[]).expect(0);
    let (found, ours, theirs) = verify(&evidence.file("plain.zip"), &[]);
    assert!(found.is_empty(), "{found:?}");
    for verdict in [&ours, &theirs] {
        assert!(says(verdict, "no note says anything about it"), "{verdict:#}");
        assert!(says(verdict, "receipts/ could not be had"), "{verdict:#}");
    }
    let index = document(&read(&evidence.file("plain.zip")), "index.json");
    for id in ["chained", "receipts", "in_force"] {
        assert_eq!(sentence(&index, id)["proof"], Value::Null, "{id}");
    }
    // Somebody who has kept notes of their own proves it all the same.
    let (found, ours, _) = evidence.verify("plain.zip", &["--checkpoint", &evidence.stage.auditor.notes()]);
    assert!(found.is_empty() && ours["proved"][0]["root"] == "yielded", "{ours:#}");
}

#[tokio::test]
async fn a_pack_of_a_time_has_the_rows_around_it_and_what_was_signed_after_it_is_not_missed() {
    let evidence = Evidence::set().await;
    let north = evidence.stage.group.north.id;
    let until = now(&evidence.stage.database).await;
    events(&evidence.stage.database, north, 5).await;
    evidence.stage.sign();
    let (out, notes) = (evidence.file("part.zip"), evidence.stage.auditor.notes());
    let key = evidence.stage.auditor.public_key.clone();
    let made = [
        "audit",
        "evidence",
        "--tenant",
        "north",
        "--from",
        &evidence.from,
        "--to",
        &until,
        "--out",
        &out,
        "--checkpoint",
        &notes,
        "--public-key",
        &key,
    ];
    json_of(&evidence.stage.database, Login::Auditor, &made).expect(0);
    let (found, ours, _) = evidence.verify("part.zip", &[]);
    assert!(found.is_empty(), "{ours:#}");
    let files = read(&out);
    let index = document(&files, "index.json");
    let rows = text(&files, "trail/trail.jsonl").lines().filter(|line| line.starts_with("{\"id\"")).count();
    let counted = count(&index, "events").expect("a count");
    assert_eq!(i64::try_from(rows).expect("few"), counted + 2, "one row before, and one after");
    // Somebody else's notes say nothing of this trail.
    let stranger = Auditor::new(&Database::new().await);
    let (found, ..) = verify(&out, &["--public-key", &stranger.public_key]);
    assert!(found.iter().any(|(file, kind)| file.starts_with("trail/notes/") && kind == "note"), "{found:?}");
    assert!(found.iter().any(|(file, kind)| file.starts_with("receipts/") && kind == "receipt"), "{found:?}");
}

#[tokio::test]
async fn rows_of_a_retired_month_before_the_time_are_named_and_its_manifest_goes_with_the_pack() {
    let database = Database::new().await;
    old_months(&database).await;
    let auditor = Auditor::new(&database);
    auditor.sign(&database, &["--all-tenants"]);
    json_of(&database, Login::Maintainer, &["maintenance", "run"]).expect(0);
    let (name, months, notes) = (month_ago(15).partition_name(), auditor.file("months"), auditor.notes());
    let key = auditor.public_key.as_str();
    let with_notes = ["--checkpoint", &notes, "--public-key", key];
    let export = [&["partition", "export", &name, "--out", &months], &with_notes[..]].concat();
    json_of(&database, Login::Auditor, &export).expect(0);
    json_of(&database, Login::Maintainer, &["partition", "retire", &name, "--yes"]).expect(0);
    database
        .superuser()
        .await
        .batch_execute(&format!("DROP TABLE awgp.{name}"))
        .await
        .expect("its owner may");
    let tenant: Uuid = {
        let sql = "SELECT tenant_id FROM awgp.audit_chain_anchors WHERE partition_name = $1 LIMIT 1";
        database.superuser().await.query_one(sql, &[&name]).await.expect("an anchor").get(0)
    };
    let (tenant, out) = (tenant.to_string(), auditor.file("later.zip"));
    let from = awgp_core::civil::format_timestamp(month_ago(14).start_us());
    let make = [
        &[
            "audit", "evidence", "--tenant", &tenant, "--from", &from, "--to", "today", "--out", &out,
            "--months", &months,
        ],
        &with_notes[..],
    ];
    json_of(&database, Login::Auditor, &make.concat()).expect(0);
    let (found, ours, theirs) = verify(&out, &["--public-key", key]);
    assert!(found.is_empty(), "{ours:#}");
    for verdict in [&ours, &theirs] {
        assert!(says(verdict, "are in months that were exported and retired"), "{verdict:#}");
    }
    let files = read(&out);
    let index = document(&files, "index.json");
    assert_eq!(count(&index, "exported"), Some(1));
    // A manifest with another hash of the lane, and one whose note is of somebody else.
    let manifest = place(&files, "months/");
    let text = text(&files, "months/");
    let mut edited: Value = serde_json::from_str(&text).expect("JSON");
    for anchor in edited["anchors"].as_array_mut().expect("anchors") {
        anchor["last_hash"] = json!("0".repeat(64));
    }
    for (what, edited) in [
        ("anchors", edited.to_string()),
        ("a note", text.replacen("\"signed_by\": \"", "\"signed_by\": \"x", 1)),
    ] {
        let mut files = files.clone();
        files[manifest].1 = edited.into_bytes();
        write(&out, &recomputed(files));
        let (found, ..) = verify(&out, &["--public-key", key]);
        assert!(
            found.iter().any(|(file, kind)| file.starts_with("months/") && kind == "month"),
            "{what}: {found:?}"
        );
    }
    // Without the server's word about the month nothing shows that its rows are of another time.
    let mut files = files.clone();
    let anchors = place(&files, "answers/anchors.json");
    files[anchors].1 = br#"{"query": "", "rows": []}"#.to_vec();
    write(&out, &recomputed(files));
    let (found, ..) = verify(&out, &["--public-key", key]);
    assert!(found.contains(&("trail/trail.jsonl".to_owned(), "window".to_owned())), "{found:?}");
}
