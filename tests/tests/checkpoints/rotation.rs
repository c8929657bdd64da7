//! A key that follows another: the folder of notes goes on, and whoever has either public key verifies it.

use super::stage::{Auditor, checked_by, events, scene};
use awgp_tests::cli::{Outcome, awgp, json};
use awgp_tests::fixture::Group;
use awgp_tests::{Database, Login};
use serde_json::Value;
use std::fs;

/// A key of the auditor's.
struct Key {
    file: String,
    public: String,
}

fn new_key(auditor: &Auditor, name: &str) -> Key {
    let file = auditor.file(name);
    let made = awgp(&["audit", "keygen", "--plain", "--out", &file, "--name", "example.com/audit"], &[]);
    Key { file, public: made.expect(0).stdout.trim().to_owned() }
}

fn sign(database: &Database, key: &Key, folder: &str) -> Outcome {
    let arguments = ["audit", "checkpoint", "--key", &key.file, "--out", folder, "--all-tenants"];
    json(database, Login::Auditor, &arguments)
}

fn rekey(old: &Key, new: &Key, folder: &str) -> Outcome {
    let arguments = ["audit", "rekey", "--key", &old.file, "--new-key", &new.file, "--out", folder];
    awgp(&[&arguments[..], &["--output", "json"]].concat(), &[])
}

fn verify(database: &Database, key: &Key, folder: &str) -> Outcome {
    let arguments = ["audit", "verify", "--checkpoint", folder, "--public-key", &key.public];
    json(database, Login::Auditor, &arguments)
}

/// Verifies an export against the folder without a database, by the command and by Python.
fn verify_file(file: &str, key: &Key, folder: &str, code: i32) -> String {
    let notes = ["--checkpoint", folder, "--public-key", &key.public];
    let command = [&["audit", "verify", "--output", "json", "--file", file], &notes[..]].concat();
    let outcome = awgp(&command, &[]).expect(code);
    let (exit, told) = checked_by("verify_audit.py", &[&["log", file], &notes[..]].concat());
    assert_eq!(exit, if code == 0 { 0 } else { 2 }, "{told}");
    if code == 0 { told } else { outcome.error()["reason"].as_str().expect("a reason").to_owned() }
}

fn copy(from: &str, to: &str) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder") {
        let path = entry.expect("a file").path();
        fs::copy(&path, format!("{to}/{}", path.file_name().expect("a name").to_string_lossy()))
            .expect("a copy");
    }
}

/// Notes of an old key, with events after them, and a new key.
async fn stage() -> (Database, Group, Auditor, [Key; 2], String) {
    let (database, group, auditor) = scene().await;
    let keys = [new_key(&auditor, "old.key"), new_key(&auditor, "new.key")];
    let folder = auditor.file("rotated");
    sign(&database, &keys[0], &folder).expect(0);
    (database, group, auditor, keys, folder)
}

#[tokio::test]
async fn a_folder_survives_the_rotation_of_its_key() {
    let (database, group, auditor, [old, new], folder) = stage().await;
    let before = fs::read_dir(&folder).expect("the folder").count();
    let tenants = sign(&database, &old, &folder).expect(0).json();
    let tenants = tenants.as_array().expect("rows").iter().filter(|row| row["kind"] == "tenant").count();
    events(&database, group.north.id, 4).await;
    let made = rekey(&old, &new, &folder).expect(0).json();
    assert_eq!((made[0]["from"].as_str(), made[0]["to"].as_str()), (Some(&*old.public), Some(&*new.public)));
    assert_eq!(made[0]["tenants"], tenants);
    // Again it is the same note.
    assert_eq!(rekey(&old, &new, &folder).expect(0).json(), made);
    assert_eq!(fs::read_dir(&folder).expect("the folder").count(), before + 1);
    // The old key signs nothing more, the new one goes on: what is not new keeps the old signature.
    assert_eq!(sign(&database, &old, &folder).expect(3).error()["reason"], "key_replaced");
    let signed = sign(&database, &new, &folder).expect(0).json();
    let is_new = |row: &&Value| row["signed"] == true && row["kind"] == "tenant";
    assert_eq!(signed.as_array().expect("rows").iter().filter(is_new).count(), 1);
    events(&database, group.north.id, 2).await;
    sign(&database, &new, &folder).expect(0);
    let file = auditor.file("trail.jsonl");
    json(&database, Login::Auditor, &["audit", "export", "--out", &file]).expect(0);
    for key in [&old, &new] {
        let (findings, summary) = verify(&database, key, &folder).expect(0).verified();
        assert_eq!(findings, [Value::Null; 0]);
        assert_eq!(summary["keys"], Value::from(vec![old.public.clone(), new.public.clone()]));
        let told = verify_file(&file, key, &folder, 0);
        assert!(told.contains(".rekey.") && told.contains("\n0 found"), "{told}");
    }
    // Whoever has the new key alone verifies the later notes, without any of the old.
    let later = auditor.file("later");
    fs::create_dir_all(&later).expect("a folder");
    let size = signed.as_array().expect("rows").iter().find(is_new).expect("north")["note"].clone();
    let size = size.as_str().expect("a path");
    fs::copy(size, format!("{later}/one.note")).expect("a copy");
    verify(&database, &new, &later).expect(0);
    assert_eq!(verify(&database, &old, &later).expect(3).error()["reason"], "note_wrong_key");
    // A third key; the one in the middle is enough, and leads both ways.
    let third = new_key(&auditor, "third.key");
    assert_eq!(rekey(&old, &third, &folder).expect(3).error()["reason"], "key_replaced");
    rekey(&new, &third, &folder).expect(0);
    assert_eq!(rekey(&third, &old, &folder).expect(3).error()["reason"], "key_replaced");
    events(&database, group.south.id, 1).await;
    sign(&database, &third, &folder).expect(0);
    let file = auditor.file("grown.jsonl");
    json(&database, Login::Auditor, &["audit", "export", "--out", &file]).expect(0);
    for key in [&old, &new, &third] {
        verify(&database, key, &folder).expect(0);
        verify_file(&file, key, &folder, 0);
    }
}

#[tokio::test]
async fn a_rotation_counts_only_with_both_signatures() {
    let (_, _, auditor, [old, new], folder) = stage().await;
    let made = rekey(&old, &new, &folder).expect(0).json();
    let path = made[0]["note"].as_str().expect("a path");
    let note = fs::read_to_string(path).expect("the note");
    let (text, signatures) = note.rsplit_once("\n\n").expect("signatures");
    let lines: Vec<&str> = signatures.lines().collect();
    assert_eq!(lines.len(), 2, "{note}");
    let tree: Vec<&str> = text.lines().nth(3).expect("a tenant").split(' ').collect();
    let larger = format!("{} {} {}1 {}", tree[0], tree[1], tree[2], tree[3]);
    let other = new_key(&auditor, "other.key");
    for (what, forged, reason) in [
        ("without the new", format!("{text}\n\n{}\n", lines[0]), "note_wrong_key"),
        ("without the old", format!("{text}\n\n{}\n", lines[1]), "note_wrong_key"),
        ("to a third", note.replacen(&new.public, &other.public, 1), "note_bad_signature"),
        ("of one size more", note.replacen(&tree.join(" "), &larger, 1), "note_bad_signature"),
    ] {
        assert_ne!(forged, note, "{what}");
        fs::write(path, &forged).expect("it can be written");
        for key in [&old, &new] {
            let arguments =
                ["audit", "rekey", "--key", &key.file, "--new-key", &other.file, "--out", &folder];
            let refused = awgp(&[&arguments[..], &["--output", "json"]].concat(), &[]).expect(3);
            assert_eq!(refused.error()["reason"], reason, "{what}");
        }
    }
}

#[tokio::test]
async fn each_key_signs_its_own_time_alone() {
    let (database, group, auditor, [old, new], folder) = stage().await;
    // Before its time the new key has signed, and after its time whoever has stolen the old one signs.
    let (early, late) = (auditor.file("early"), auditor.file("late"));
    events(&database, group.north.id, 1).await;
    sign(&database, &new, &early).expect(0);
    events(&database, group.north.id, 3).await;
    sign(&database, &old, &folder).expect(0);
    rekey(&old, &new, &folder).expect(0);
    copy(&folder, &late);
    fs::read_dir(&late).expect("the folder").for_each(|entry| {
        let path = entry.expect("a file").path();
        if path.to_string_lossy().contains(".rekey.") {
            fs::remove_file(path).expect("it is gone");
        }
    });
    events(&database, group.north.id, 3).await;
    sign(&database, &old, &late).expect(0);
    let file = auditor.file("trail.jsonl");
    json(&database, Login::Auditor, &["audit", "export", "--out", &file]).expect(0);
    verify(&database, &old, &folder).expect(0);
    for strange in [early, late] {
        let mixed = format!("{strange}.mixed");
        copy(&strange, &mixed);
        copy(&folder, &mixed);
        for key in [&old, &new] {
            let refused = verify(&database, key, &mixed).expect(3);
            assert_eq!(refused.error()["reason"], "key_replaced", "{mixed}");
            assert_eq!(verify_file(&file, key, &mixed, 3), "key_replaced");
        }
    }
    // Two keys that follow one.
    let (fork, thief) = (auditor.file("fork"), new_key(&auditor, "thief.key"));
    copy(&auditor.file("late"), &fork);
    rekey(&old, &thief, &fork).expect(0);
    copy(&folder, &fork);
    assert_eq!(verify(&database, &old, &fork).expect(3).error()["reason"], "key_replaced");
    assert_eq!(verify_file(&file, &old, &fork, 3), "key_replaced");
    // Nothing to go on from.
    let empty = auditor.file("empty");
    assert_eq!(rekey(&old, &new, &empty).expect(6).error()["reason"], "note_malformed");
    assert_eq!(rekey(&old, &old, &folder).expect(2).code, 2);
}
