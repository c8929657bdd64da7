//! What was done to a trail that was signed is found, and called by its name.

use super::stage::{chain_alone, errors, events, last_seq, restored, scene};
use awgp_core::audit::chain::{Digest, Linker};
use awgp_tests::fixture;
use awgp_tests::tampering::tamper;
use awgp_tests::trail::rows_where;
use awgp_tests::{Database, Login};
use serde_json::Value;
use uuid::Uuid;

/// Edits a row of lane 0 and hashes it and the rest of the lane again: a chain that verifies.
async fn rewrite(database: &Database, tenant: Uuid, from: i64) {
    let dba = database.superuser().await;
    let rows =
        rows_where(&dba, &format!("tenant_id = '{tenant}' AND chain_lane = 0 AND chain_seq >= {}", from - 1))
            .await;
    let mut previous = Digest::from_hex(rows[0].integrity_hash.as_bytes()).expect("a hash");
    let mut statements = Vec::new();
    for mut row in rows.into_iter().skip(1) {
        if row.chain_seq == from {
            row.action = "nothing".to_owned();
        }
        previous = Linker::default().link(previous, &row.borrowed());
        statements.push(format!(
            "UPDATE {{partition}} SET action = '{}', integrity_hash = '{previous}' WHERE id = {}",
            row.action, row.id
        ));
    }
    tamper(database, &statements.join(";")).await;
}

/// Removes what checkpoints have recorded in the database, as a superuser can too.
async fn forget(database: &Database, tenant: Uuid) {
    let sql = format!(
        "SET session_replication_role = replica; DELETE FROM awgp.audit_tree_lanes WHERE tenant_id = '{tenant}'"
    );
    database.superuser().await.batch_execute(&sql).await.expect("a superuser may");
}

/// Cuts the last rows of lane 0.
async fn cut(database: &Database, tenant: Uuid, from: i64) {
    let sql = format!(
        "DELETE FROM {{partition}} WHERE tenant_id = '{tenant}' AND chain_lane = 0 AND chain_seq >= {from}"
    );
    tamper(database, &sql).await;
}

#[tokio::test]
async fn a_chain_that_was_recomputed_to_its_end_is_found_beside_what_is_stored_and_against_a_note() {
    let (database, group, auditor) = scene().await;
    auditor.sign(&database, &["--all-tenants"]);
    rewrite(&database, group.north.id, 3).await;
    assert_eq!(chain_alone(&database).await, 1);
    let (findings, _) = auditor.verify(&database, &auditor.notes(), 12);
    assert_eq!(errors(&findings), [("rewritten_chain".to_owned(), group.north.id.to_string())]);
    events(&database, group.north.id, 3).await;
    let refused = auditor.try_sign(&database, &["--tenant", "north"], &auditor.notes());
    assert_ne!(refused.code, 0, "{refused:#?}");
    forget(&database, group.north.id).await;
    assert_eq!(chain_alone(&database).await, 0);
    auditor.verify(&database, &auditor.notes(), 12);
}

#[tokio::test]
async fn a_tail_that_was_cut_is_found_beside_what_is_stored_and_against_a_note() {
    let (database, group, auditor) = scene().await;
    events(&database, group.north.id, 20).await;
    auditor.sign(&database, &["--all-tenants"]);
    let last = last_seq(&database, group.north.id).await;
    cut(&database, group.north.id, last - 4).await;
    assert_eq!(chain_alone(&database).await, 1);
    assert_eq!(
        auditor.findings(&database, &auditor.notes()),
        [("cut_tail".to_owned(), Some(0), Some(last - 4))]
    );
    // What is written then stands where the rows were.
    events(&database, group.north.id, 9).await;
    assert_eq!(chain_alone(&database).await, 1);
    let (findings, _) = auditor.verify(&database, &auditor.notes(), 12);
    assert_eq!(errors(&findings), [("rewritten_chain".to_owned(), group.north.id.to_string())]);
    forget(&database, group.north.id).await;
    assert_eq!(chain_alone(&database).await, 0);
    auditor.verify(&database, &auditor.notes(), 12);
}

#[tokio::test]
async fn a_tail_that_was_written_after_the_note_may_be_cut_unseen_and_the_next_note_ends_that() {
    let (database, group, auditor) = scene().await;
    auditor.sign(&database, &["--tenant", "north"]);
    events(&database, group.north.id, 5).await;
    let last = last_seq(&database, group.north.id).await;
    cut(&database, group.north.id, last - 1).await;
    auditor.assert_holds(&database, &auditor.notes(), 1);
    auditor.sign(&database, &["--tenant", "north"]);
    cut(&database, group.north.id, last - 2).await;
    assert_eq!(
        auditor.findings(&database, &auditor.notes()),
        [("cut_tail".to_owned(), Some(0), Some(last - 2))]
    );
}

#[tokio::test]
async fn an_older_backup_is_known_as_that_and_is_not_signed_over() {
    let (database, group, auditor) = scene().await;
    auditor.sign(&database, &["--tenant", "north"]);
    let older = restored(&database, &auditor).await;
    auditor.assert_holds(&older, &auditor.notes(), 1);
    events(&database, group.north.id, 10).await;
    auditor.sign(&database, &["--tenant", "north"]);
    assert_eq!(chain_alone(&older).await, 0);
    let (findings, _) = auditor.verify(&older, &auditor.notes(), 12);
    assert_eq!(errors(&findings), [("rolled_back".to_owned(), group.north.id.to_string())]);
    let refused = auditor.try_sign(&older, &["--tenant", "north"], &auditor.notes()).expect(4);
    assert_eq!(refused.error()["reason"], "checkpoint_not_extended");
    // Life goes on in the backup, past the size that was signed.
    events(&older, group.north.id, 15).await;
    let refused = auditor.try_sign(&older, &["--tenant", "north"], &auditor.notes()).expect(4);
    assert_eq!(refused.error()["reason"], "checkpoint_not_extended");
    let (findings, _) = auditor.verify(&older, &auditor.notes(), 12);
    let errors = errors(&findings);
    assert!(errors.contains(&("rolled_back".to_owned(), group.north.id.to_string())), "{errors:?}");
}

#[tokio::test]
async fn two_histories_of_one_size_are_a_split_view() {
    let (database, group, auditor) = scene().await;
    let twin = restored(&database, &auditor).await;
    for (database, folder) in [(&database, "one"), (&twin, "two")] {
        events(database, group.north.id, 1).await;
        auditor.try_sign(database, &["--tenant", "north"], &auditor.file(folder)).expect(0);
    }
    std::fs::create_dir(auditor.notes()).expect("a folder");
    for folder in ["one", "two"] {
        let mut notes = std::fs::read_dir(auditor.file(folder)).expect("the folder");
        let note = notes.next().expect("a note").expect("a file").path();
        std::fs::copy(note, auditor.file(&format!("notes/{folder}.note"))).expect("copied");
    }
    // Neither database can tell which is the true one.
    for database in [&database, &twin] {
        let found = auditor.findings(database, &auditor.notes());
        assert_eq!(found, [("split_view".to_owned(), None, None)]);
    }
    let refused = auditor.try_sign(&database, &["--tenant", "north"], &auditor.notes()).expect(4);
    assert_eq!(refused.error()["reason"], "checkpoint_not_extended");
}

#[tokio::test]
async fn a_row_that_was_edited_is_named_as_without_a_note() {
    let (database, group, auditor) = scene().await;
    auditor.sign(&database, &["--tenant", "north"]);
    let edit = format!(
        "UPDATE {{partition}} SET action = 'x' WHERE tenant_id = '{}' AND chain_seq = 3",
        group.north.id
    );
    tamper(&database, &edit).await;
    assert_eq!(auditor.findings(&database, &auditor.notes()), [("changed_row".to_owned(), Some(0), Some(3))]);
}

#[tokio::test]
async fn checkpoints_that_were_deleted_are_missed() {
    let (database, group, auditor) = scene().await;
    auditor.sign(&database, &["--tenant", "north"]);
    let dba = database.superuser().await;
    for table in ["audit_tree_lanes", "audit_checkpoints"] {
        let sql = format!("DELETE FROM awgp.{table} WHERE tenant_id = $1");
        dba.execute(&sql, &[&group.north.id]).await.expect("a superuser may");
    }
    let (findings, _) = auditor.verify(&database, &auditor.notes(), 12);
    assert_eq!(errors(&findings), [("rolled_back".to_owned(), group.north.id.to_string())]);
}

#[tokio::test]
async fn another_database_is_not_the_one_that_was_signed() {
    let (database, _, auditor) = scene().await;
    auditor.sign(&database, &["--tenant", "north"]);
    // The tests' databases are copies of one installation; this one is not.
    let other = Database::empty().await;
    other.superuser().await.batch_execute("CREATE EXTENSION awgp").await.expect("it is installed");
    fixture::group(&other).await;
    let (findings, _) = auditor.verify(&other, &auditor.notes(), 12);
    assert_eq!(errors(&findings).len(), 1, "{findings:?}");
    // Nor is it signed into the same folder.
    let refused = auditor.try_sign(&other, &["--tenant", "north"], &auditor.notes()).expect(4);
    assert_eq!(refused.error()["reason"], "checkpoint_not_extended");
}

#[tokio::test]
async fn notes_that_are_not_the_keys_are_refused_with_their_reason() {
    let (database, _, auditor) = scene().await;
    let signed = auditor.sign(&database, &["--tenant", "north"]);
    let path = signed[0]["note"].as_str().expect("a path");
    let note = std::fs::read_to_string(path).expect("a note");
    let verify = |note: &str, key: &str| {
        let arguments = ["audit", "verify", "--checkpoint", note, "--public-key", key];
        let outcome = awgp_tests::cli::json(&database, Login::Auditor, &arguments);
        assert_ne!(outcome.code, 0);
        outcome.error()["reason"].as_str().map(str::to_owned)
    };
    let edited = |name: &str, text: &str| {
        let path = auditor.file(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let key = &auditor.public_key;
    assert_eq!(
        verify(&edited("cut", &note.replacen("lane 0", "lane 5", 1)), key).as_deref(),
        Some("note_bad_signature")
    );
    assert_eq!(verify(&edited("torn", &note[..note.len() - 9]), key).as_deref(), Some("note_malformed"));
    assert_eq!(verify("/no/such/note", key).as_deref(), Some("note_malformed"));
    assert_eq!(verify(path, "x+y+z").as_deref(), Some("checkpoint_key"));
    assert_eq!(verify(path, &auditor.key()).as_deref(), Some("private_key"));
    let other = super::stage::Auditor::new(&Database::empty().await);
    assert_eq!(verify(path, &other.public_key).as_deref(), Some("note_wrong_key"));
    // Files that are no notes are left alone.
    let (findings, _) = auditor.verify(&database, path, 0);
    assert_eq!(findings, [Value::Null; 0]);
}

#[tokio::test]
async fn a_tenant_of_whom_the_notes_do_not_speak_is_not_called_proved() {
    let (database, _, auditor) = scene().await;
    auditor.sign(&database, &["--tenant", "north"]);
    let notes = auditor.notes();
    let arguments =
        ["audit", "verify", "--checkpoint", &notes, "--public-key", &auditor.public_key, "--tenant"];
    for (login, tenant, code) in [
        (Login::Auditor, "north", 0),
        (Login::Auditor, "south", 3),
        (Login::App, "south", 3),
        (Login::App, "north", 0),
        (Login::App, "holding", 0),
    ] {
        let outcome =
            awgp_tests::cli::json(&database, login, &[&arguments[..], &[tenant]].concat()).expect(code);
        if code == 0 {
            assert!(outcome.stdout.contains("the trail extends what was signed"), "{outcome:#?}");
        }
    }
}
