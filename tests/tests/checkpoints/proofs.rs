//! One event, proved to whoever has the public key.

use super::stage::{Auditor, events, python, scene};
use awgp_tests::cli::{awgp, json};
use awgp_tests::tampering::tamper;
use awgp_tests::{Database, Login, assert_refused};
use serde_json::{Value, json};
use uuid::Uuid;

async fn some_event(database: &Database, tenant: Uuid) -> i64 {
    let sql = "SELECT id FROM awgp.audit_logs WHERE tenant_id = $1 AND chain_lane = 0 AND chain_seq = 4";
    database.superuser().await.query_one(sql, &[&tenant]).await.expect("a row").get(0)
}

/// Proves an event into a file of the auditor's.
fn prove(database: &Database, auditor: &Auditor, id: i64, note: &str, name: &str) -> String {
    let (id, out) = (id.to_string(), auditor.file(name));
    let arguments = ["audit", "prove", &id, "--checkpoint", note, "--out", &out];
    json(database, Login::Auditor, &arguments).expect(0);
    out
}

#[tokio::test]
async fn a_proof_is_checked_with_no_server_and_by_an_implementation_that_is_not_ours() {
    let (database, group, auditor) = scene().await;
    events(&database, group.north.id, 700).await;
    let signed = auditor.sign(&database, &["--tenant", "holding"]);
    let id = some_event(&database, group.north.id).await;
    for row in &signed {
        let of_north = row["tenant_id"] == group.north.id.to_string();
        if !of_north && row["kind"] != "group" {
            continue;
        }
        let note = row["note"].as_str().expect("a path");
        let name = format!("proof-{}.json", row["kind"].as_str().expect("a kind"));
        let proof = prove(&database, &auditor, id, note, &name);
        // No variable of the environment but these arguments: there is no server to be asked.
        let arguments =
            ["audit", "check-proof", &proof, "--public-key", &auditor.public_key, "--output", "json"];
        let checked = awgp(&arguments, &[]).expect(0).json();
        assert_eq!((&checked["proven"], &checked["row"]["id"]), (&true.into(), &id.into()));
        assert_eq!(checked["row"]["tenant_id"], group.north.id.to_string());
        let text = awgp(&arguments[..5], &[]).expect(0).stdout;
        assert!(text.starts_with(&format!("proven: event {id} ")), "{text}");
        let (code, told) = python(&["proof", &proof, &auditor.public_key]);
        assert_eq!(code, 0, "{told}");
        let (code, told) = python(&["note", note, &auditor.public_key]);
        assert_eq!(code, 0, "{told}");
    }
}

#[tokio::test]
async fn the_published_vectors_agree_with_an_implementation_that_is_not_ours() {
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/checkpoint_v1.json");
    assert_eq!(python(&["vectors", vectors]), (0, "every vector agrees\n".to_owned()));
    let values = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/erasable_v1.json");
    assert_eq!(python(&["vectors", values]), (0, "every vector agrees\n".to_owned()));
    let text = std::fs::read_to_string(vectors).expect("the vectors");
    let mut wrong: Value = serde_json::from_str(&text).expect("JSON");
    wrong["proofs"][0]["holds"] = false.into();
    wrong["tree"]["roots"][3] = wrong["tree"]["roots"][4].clone();
    let file = std::env::temp_dir().join(format!("awgp-vectors-{}.json", std::process::id()));
    std::fs::write(&file, wrong.to_string()).expect("written");
    let (code, told) = python(&["vectors", &file.display().to_string()]);
    std::fs::remove_file(&file).expect("removed");
    assert_eq!(code, 1, "{told}");
}

#[tokio::test]
async fn a_proof_a_note_or_a_key_that_was_changed_is_refused_with_its_reason() {
    let (database, group, auditor) = scene().await;
    let signed = auditor.sign(&database, &["--all-tenants"]);
    let note_of = |tenant: Uuid| {
        let row = signed.iter().find(|row| row["kind"] == "tenant" && row["tenant_id"] == tenant.to_string());
        row.expect("a note")["note"].as_str().expect("a path").to_owned()
    };
    let id = some_event(&database, group.north.id).await;
    let proof = prove(&database, &auditor, id, &note_of(group.north.id), "proof.json");
    let proof: Value = serde_json::from_str(&std::fs::read_to_string(proof).expect("a proof")).expect("JSON");
    let other_note = std::fs::read_to_string(note_of(group.other.id)).expect("a note");
    let digest = "0".repeat(64);
    let note = proof["note"].as_str().expect("a note");
    let edits: [(&str, &str, Value); 9] = [
        ("/row/action", "proof_mismatch", json!("nothing")),
        ("/row/actor_id", "proof_mismatch", json!(Uuid::from_u128(1))),
        ("/row/id", "proof_mismatch", json!(1)),
        ("/row/integrity_hash", "proof_mismatch", json!(digest)),
        ("/leaf_index", "proof_mismatch", json!(0)),
        ("/path/0", "proof_mismatch", json!(digest)),
        ("/note", "proof_other_log", json!(other_note)),
        ("/note", "note_bad_signature", json!(note.replacen("lane 0", "lane 4", 1))),
        ("/format", "proof_malformed", json!(2)),
    ];
    let file = auditor.file("edited.json");
    let check = |key: &str| {
        let outcome = awgp(&["audit", "check-proof", &file, "--public-key", key, "--output", "json"], &[]);
        assert_ne!(outcome.code, 0);
        outcome.error()["reason"].as_str().expect("a reason").to_owned()
    };
    for (place, reason, value) in edits {
        let mut edited = proof.clone();
        *edited.pointer_mut(place).expect("a place") = value;
        std::fs::write(&file, edited.to_string()).expect("written");
        assert_eq!(check(&auditor.public_key), reason, "{place}");
        if reason != "proof_malformed" {
            assert_eq!(python(&["proof", &file, &auditor.public_key]).0, 1, "{place}");
        }
    }
    std::fs::write(&file, proof.to_string()).expect("written");
    let other = Auditor::new(&Database::empty().await);
    assert_eq!(check(&other.public_key), "note_wrong_key");
    assert_eq!(check("x"), "checkpoint_key");
    assert_eq!(check(&auditor.key()), "private_key");
    std::fs::write(&file, "{").expect("written");
    assert_eq!(check(&auditor.public_key), "proof_malformed");
}

#[tokio::test]
async fn a_row_that_is_not_what_was_signed_gets_no_proof() {
    let (database, group, auditor) = scene().await;
    let signed = auditor.sign(&database, &["--tenant", "north"]);
    let note = signed[0]["note"].as_str().expect("a path");
    let id = some_event(&database, group.north.id).await;
    tamper(&database, &format!("UPDATE {{partition}} SET action = 'nothing' WHERE id = {id}")).await;
    let (id, out) = (id.to_string(), auditor.file("proof.json"));
    let arguments = ["audit", "prove", &id, "--checkpoint", note, "--out", &out];
    let refused = json(&database, Login::Auditor, &arguments).expect(7);
    assert_eq!(refused.error()["reason"], "proof_mismatch");
    assert!(!std::path::Path::new(&out).exists());
}

#[tokio::test]
async fn what_is_not_signed_yet_and_what_is_not_there_has_no_proof() {
    let (database, group, auditor) = scene().await;
    let login = database.connect(Login::Auditor).await;
    let id = some_event(&database, group.north.id).await;
    let prove = "SELECT awgp.prove_audit($1)";
    assert_refused(login.query_one(prove, &[&id]).await, "55000", "row_not_checkpointed");
    assert_refused(login.query_one(prove, &[&i64::MAX]).await, "P0002", "unknown_audit_row");
    auditor.sign(&database, &["--tenant", "north"]);
    assert!(login.query_one(prove, &[&id]).await.is_ok());
    let sized = "SELECT awgp.prove_audit($1, 1)";
    assert_refused(login.query_one(sized, &[&id]).await, "P0002", "unknown_checkpoint");
    events(&database, group.north.id, 1).await;
    let newest = "SELECT max(id) FROM awgp.audit_logs WHERE tenant_id = $1";
    let newest: i64 = login.query_one(newest, &[&group.north.id]).await.expect("an id").get(0);
    assert_refused(login.query_one(prove, &[&newest]).await, "55000", "row_not_checkpointed");
}

#[tokio::test]
async fn a_tenant_proves_its_own_events_and_no_other() {
    let (database, group, auditor) = scene().await;
    auditor.sign(&database, &["--all-tenants"]);
    let mut app = database.app().await;
    let transaction = awgp_tests::fixture::within(&mut app, group.north.id).await;
    let own = some_event(&database, group.north.id).await;
    let foreign = some_event(&database, group.other.id).await;
    let prove = "SELECT awgp.prove_audit($1) ->> 'leaf_index'";
    assert!(transaction.query_one(prove, &[&own]).await.is_ok());
    assert_refused(transaction.query_one(prove, &[&foreign]).await, "P0002", "unknown_audit_row");
}
