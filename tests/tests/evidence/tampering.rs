//! Whoever changes a pack is found, and what they have changed is named: each file cut, edited, swapped, left
//! out and added, and the manifest made anew after it.

use super::stage::{Evidence, Files, Found, document, place, recomputed, says, text, write};
use crate::checkpoints::stage::Auditor;
use awgp_tests::Database;
use serde_json::{Value, json};
use std::process::Command;

fn has(found: &Found, file: &str, kind: &str) -> bool {
    found.iter().any(|(name, of)| name.starts_with(file) && of == kind)
}

/// One file of each kind.
const KINDS: [&str; 13] = [
    "README.txt",
    "verify/verify.py",
    "trail/public_key.txt",
    "trail/notes/",
    "trail/trail.jsonl",
    "records/approvals.jsonl",
    "records/denials.jsonl",
    "receipts/",
    "before/",
    "answers/doctor.json",
    "answers/verify_ledger.json",
    "index.json",
    "index.html",
];

fn edited(files: &Files, place: usize, edit: impl Fn(&str) -> String) -> Files {
    let mut files = files.clone();
    let text = String::from_utf8(files[place].1.clone()).expect("UTF-8");
    let changed = edit(&text);
    assert_ne!(text, changed, "{} was not edited", files[place].0);
    files[place].1 = changed.into_bytes();
    files
}

#[tokio::test]
async fn every_file_that_is_cut_edited_swapped_left_out_or_added_is_named() {
    let evidence = Evidence::set().await;
    let files = evidence.pack("north.zip");
    for kind in KINDS {
        let at = place(&files, kind);
        let name = files[at].0.clone();
        let mut cut = files.clone();
        cut[at].1.pop();
        assert!(has(&evidence.found(&cut), &name, "changed"), "{name} is cut");
        let mut longer = files.clone();
        longer[at].1.push(b'\n');
        assert!(has(&evidence.found(&longer), &name, "changed"), "{name} is longer");
        let mut without = files.clone();
        without.remove(at);
        assert!(has(&evidence.found(&without), &name, "missing"), "{name} is left out");
        let mut swapped = files.clone();
        let other = if at + 2 < swapped.len() { at + 1 } else { at - 1 };
        let bytes = std::mem::take(&mut swapped[at].1);
        swapped[at].1 = std::mem::replace(&mut swapped[other].1, bytes);
        let found = evidence.found(&swapped);
        assert!(
            has(&found, &name, "changed") && has(&found, &files[other].0, "changed"),
            "{name} is swapped"
        );
    }
    let mut more = files.clone();
    more.push(("records/more.jsonl".to_owned(), b"{}\n".to_vec()));
    assert_eq!(evidence.found(&more), Found::from([("records/more.jsonl".to_owned(), "added".to_owned())]));
    let mut without = files.clone();
    without.retain(|(name, _)| name != "MANIFEST.json");
    assert!(has(&evidence.found(&without), "MANIFEST.json", "manifest"));
    let twice = edited(&files, place(&files, "MANIFEST.json"), |text| {
        text.replacen("\"format\": 1", "\"format\": 1, \"format\": 1", 1)
    });
    assert!(has(&evidence.found(&twice), "MANIFEST.json", "manifest"), "a field twice");
}

#[tokio::test]
async fn a_file_edited_with_a_manifest_made_anew_is_found_by_what_the_notes_and_the_other_files_say() {
    let evidence = Evidence::set().await;
    let files = evidence.pack("north.zip");
    let after = |kind: &str, edit: &dyn Fn(&str) -> String| {
        evidence.found(&recomputed(edited(&files, place(&files, kind), edit)))
    };
    let found = after("trail/trail.jsonl", &|text| {
        text.replacen("\\\"decision\\\": \\\"reject\\\"", "\\\"decision\\\": \\\"approve\\\"", 1)
    });
    assert!(has(&found, "trail/trail.jsonl", "trail"), "{found:?}");
    let found = after("trail/notes/", &|text| text.replacen("lane 0 ", "lane 1 ", 1));
    assert!(has(&found, "trail/notes/", "note"), "{found:?}");
    let found = after("records/approvals.jsonl", &|text| text.replacen("\"reject\"", "\"approve\"", 1));
    assert!(has(&found, "records/approvals.jsonl", "records"), "{found:?}");
    let found = after("records/denials.jsonl", &|_| String::new());
    assert!(has(&found, "records/denials.jsonl", "records"), "{found:?}");
    let found = after("receipts/", &|text| text.replacen("\"status\": \"", "\"status\": \"x", 1));
    assert!(has(&found, "receipts/", "receipt"), "{found:?}");
    let found = after("before/", &|text| {
        text.replacen("\"insert\"", "\"update\"", 1).replacen("\"update\"", "\"delete\"", 1)
    });
    assert!(has(&found, "before/", "proof"), "{found:?}");
    let found = after("answers/verify_ledger.json", &|text| text.replacen("[]", "[ ]", 1));
    assert!(has(&found, "index.json", "index"), "{found:?}");
    for (one, other) in [
        ("voted and when: 3.", "voted and when: 9."),
        ("AWGP has no record of it", "AWGP has a record of it"),
        ("Article 14", "Article 15"),
    ] {
        let found = after("index.json", &|text| text.replacen(one, other, 1));
        assert!(has(&found, "index.json", "index"), "{one}: {found:?}");
    }
    for script in ["verify/verify.py", "verify/mapping.json", "verify/signed_note.py"] {
        let found = after(script, &|text| text.to_owned() + "\n");
        assert!(has(&found, script, "scripts"), "{found:?}");
    }
    // Nothing else says what a page is: it is told that this program did not make it.
    let page = recomputed(edited(&files, place(&files, "index.html"), |text| {
        text.replacen("voted and when: 3.", "voted and when: 9.", 1)
    }));
    write(&evidence.file("page.zip"), &page);
    let (found, ours, _) = evidence.verify("page.zip", &[]);
    assert!(found.is_empty() && says(&ours, "this program did not make them"), "{ours:#}");
}

#[tokio::test]
async fn a_file_left_out_swapped_or_added_with_a_manifest_made_anew_is_found() {
    let evidence = Evidence::set().await;
    let files = evidence.pack("north.zip");
    let without = |kind: &str| {
        let mut files = files.clone();
        files.remove(place(&files, kind));
        evidence.found(&recomputed(files))
    };
    for (kind, file, what) in [
        ("README.txt", "README.txt", "missing"),
        ("index.html", "index.html", "missing"),
        ("index.json", "index.json", "missing"),
        ("trail/trail.jsonl", "trail/trail.jsonl", "missing"),
        ("trail/notes/", "index.json", "index"),
        ("records/stops.jsonl", "records/stops.jsonl", "missing"),
        ("receipts/", "receipts/", "missing"),
        ("before/", "index.json", "index"),
        ("answers/doctor.json", "index.json", "index"),
        ("verify/witness.py", "verify/witness.py", "scripts"),
    ] {
        let found = without(kind);
        assert!(has(&found, file, what), "{kind} is left out: {found:?}");
    }
    // Two receipts in each other's place.
    let first = place(&files, "receipts/");
    let mut swapped = files.clone();
    let bytes = swapped[first].1.clone();
    swapped[first].1 = std::mem::replace(&mut swapped[first + 1].1, bytes);
    let found = evidence.found(&recomputed(swapped));
    assert_eq!(found.iter().filter(|(_, kind)| kind == "receipt").count(), 2, "{found:?}");
    // A receipt of nowhere, and an event that is none of what was in force.
    let mut more = files.clone();
    more.push(("receipts/00000000-0000-4000-8000-000000000001.json".to_owned(), files[first].1.clone()));
    let found = evidence.found(&recomputed(more));
    assert!(has(&found, "receipts/00000000", "receipt"), "{found:?}");
    let mut more = files.clone();
    more.push(("before/1.json".to_owned(), files[place(&files, "before/")].1.clone()));
    assert!(has(&evidence.found(&recomputed(more)), "before/1.json", "proof"));
}

/// The trail without its first rows, as somebody would write it who makes its lane's line and its end fit.
fn beheaded(text: &str, rows: usize) -> String {
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    lines.retain(|line| line["awgp"] != "run" && line["awgp"] != "absent");
    let is_row = |line: &Value| line.get("awgp").is_none();
    let lane = lines.iter().position(|line| line["awgp"] == "lane").expect("a lane");
    let last = lines[lane + rows].clone();
    assert!(
        is_row(&last) && last["chain_lane"] == lines[lane]["chain_lane"],
        "the first lane has so many rows"
    );
    lines.drain(lane + 1..=lane + rows);
    lines[lane]["after_seq"] = last["chain_seq"].clone();
    lines[lane]["after_hash"] = last["integrity_hash"].clone();
    let left = lines.iter().filter(|line| is_row(line)).count();
    lines.last_mut().expect("an end")["rows"] = json!(left);
    lines.iter().map(|line| line.to_string() + "\n").collect()
}

/// The trail without the last rows of its only lane, the same way.
fn cut_off(text: &str, rows: usize) -> String {
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    lines.retain(|line| line["awgp"] != "run" && line["awgp"] != "absent");
    let end = lines.len() - 1;
    lines.drain(end - rows..end);
    let last = lines[lines.len() - 2].clone();
    let lane = lines.iter().rposition(|line| line["awgp"] == "lane").expect("a lane");
    lines[lane]["head_seq"] = last["chain_seq"].clone();
    lines[lane]["head_hash"] = last["integrity_hash"].clone();
    let left = lines.iter().filter(|line| line.get("awgp").is_none()).count();
    lines.last_mut().expect("an end")["rows"] = json!(left);
    lines.iter().map(|line| line.to_string() + "\n").collect()
}

#[tokio::test]
async fn rows_cut_from_the_trail_by_somebody_who_makes_all_else_fit_are_missed() {
    let evidence = Evidence::set().await;
    let files = evidence.pack("north.zip");
    let trail = place(&files, "trail/trail.jsonl");
    // The row before the time, and the first of the time.
    let found = evidence.found(&recomputed(edited(&files, trail, |text| beheaded(text, 2))));
    assert!(has(&found, "trail/trail.jsonl", "window"), "{found:?}");
    assert!(!has(&found, "trail/trail.jsonl", "trail"), "the chain and the note hold: {found:?}");
    let found = evidence.found(&recomputed(edited(&files, trail, |text| cut_off(text, 2))));
    assert!(has(&found, "trail/trail.jsonl", "window"), "{found:?}");
    // Nothing at all, and a time that is said to be shorter.
    let found = evidence.found(&recomputed(edited(&files, trail, |text| {
        let header = text.lines().next().expect("a header");
        format!("{header}\n{}\n", json!({"awgp": "end", "rows": 0}))
    })));
    assert!(has(&found, "trail/trail.jsonl", "window"), "{found:?}");
    let index = document(&files, "index.json");
    let to = index["to"].as_str().expect("a time");
    let found = evidence.found(&recomputed(edited(&files, place(&files, "index.json"), |text| {
        text.replace(to, &evidence.from)
    })));
    assert!(
        has(&found, "index.json", "index") && has(&found, "records/approvals.jsonl", "records"),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_pack_signed_again_by_another_key_and_one_with_a_file_twice_are_found() {
    let evidence = Evidence::set().await;
    let files = evidence.pack("north.zip");
    let other = Auditor::new(&Database::new().await);
    assert_ne!(other.public_key, evidence.stage.auditor.public_key);
    let mut forged = files.clone();
    forged[place(&files, "trail/public_key.txt")].1 = format!("{}\n", other.public_key).into_bytes();
    let private = std::fs::read_to_string(other.key()).expect("a key");
    let signed: Vec<usize> = (0..files.len()).filter(|at| files[*at].0.starts_with("trail/notes/")).collect();
    for at in signed {
        let note = String::from_utf8(forged[at].1.clone()).expect("a note");
        let text = awgp_core::audit::note::unverified_text(&note).expect("a text");
        forged[at].1 = awgp_core::audit::note::sign(&text, &private).expect("signed").into_bytes();
    }
    let found = evidence.found(&recomputed(forged));
    assert!(has(&found, "trail/notes/", "note"), "{found:?}");
    // Two files of one name, of which readers may see one or the other.
    let path = evidence.file("twice.zip");
    write(&path, &files);
    let script = "import sys, warnings, zipfile; warnings.simplefilter('ignore')\n\
                  with zipfile.ZipFile(sys.argv[1], 'a') as pack: pack.writestr('index.html', '<p>All is well.')";
    awgp_tests::command::output_of(Command::new("python3").args(["-c", script, &path]));
    let (found, ..) = evidence.verify("twice.zip", &[]);
    assert!(found.contains(&(String::new(), "zip".to_owned())), "{found:?}");
    assert!(text(&files, "index.html").contains("voted and when: 3."));
}
