//! What an export proves of stops, without the database: by the command and by plain Python, alike.

use super::{WAYS, begin, id_of, resume, scene, stop, verified};
use crate::checkpoints::stage::{Auditor, checked_by};
use awgp_tests::cli::{awgp, json};
use awgp_tests::fixture::{Group, within};
use awgp_tests::{Database, Login};
use serde_json::{Value, json};

fn export(database: &Database, file: &str) {
    json(database, Login::Auditor, &["audit", "export", "--out", file]).expect(0);
}

/// The arguments of a comparison with the auditor's notes.
fn beside(auditor: &Auditor, with_notes: bool) -> Vec<String> {
    let notes =
        ["--checkpoint".to_owned(), auditor.notes(), "--public-key".into(), auditor.public_key.clone()];
    if with_notes { notes.into() } else { Vec::new() }
}

/// What is said of the stops in a file. The command and Python say the same, in JSON and in sentences.
fn stops(auditor: &Auditor, file: &str, with_notes: bool, code: i32) -> Vec<Value> {
    let further = beside(auditor, with_notes);
    let further: Vec<&str> = further.iter().map(String::as_str).collect();
    let command = [&["audit", "verify", "--file", file], further.as_slice()].concat();
    let by_command =
        awgp(&[command.as_slice(), &["--output", "json"]].concat(), &[]).expect(code).verified().1;
    let python = [&["log", file], further.as_slice()].concat();
    let (exit, told) = checked_by("verify_audit.py", &[python.as_slice(), &["--json"]].concat());
    assert_eq!(exit, i32::from(code == 12), "{told}");
    let by_python: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(by_command["stops"], by_python["stops"]);
    let sentences = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.starts_with("stop ")).map(str::to_owned).collect()
    };
    let told = awgp(&command, &[]).expect(code).stdout;
    assert_eq!(sentences(&told), sentences(&checked_by("verify_audit.py", &python).1));
    by_command["stops"].as_array().expect("a list").clone()
}

/// A superuser lifts a stop without an event, lets something begin, and puts the stop back.
async fn begun_in_secret(database: &Database, group: &Group, way: &str) {
    let superuser = database.superuser().await;
    let set = async |what: &str| {
        let sql = format!(
            "BEGIN; ALTER TABLE awgp.stops DISABLE TRIGGER USER; UPDATE awgp.stops SET {what};
             ALTER TABLE awgp.stops ENABLE TRIGGER USER; COMMIT"
        );
        superuser.batch_execute(&sql).await.expect("a superuser may");
    };
    set("resumed_at = now(), resumed_login = 'postgres', resume_reason = 'nobody looks'").await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    begin(&transaction, way, group.north.assistant, group.north.work_item).await.expect("begun");
    transaction.commit().await.expect("commits");
    set("resumed_at = NULL, resumed_login = NULL, resume_reason = NULL").await;
}

#[tokio::test]
async fn an_action_that_was_begun_during_a_stop_is_found_in_an_export_by_both_programs() {
    let (database, group) = scene().await;
    let auditor = Auditor::new(&database);
    let stopped =
        stop(&database.admin().await, "assistant", Some(group.north.assistant)).await.expect("stopped");
    begun_in_secret(&database, &group, WAYS[0].1).await;
    resume(&database.superuser().await, &stopped).await.expect("resumed");
    auditor.sign(&database, &["--all-tenants"]);
    let file = auditor.file("trail.jsonl");
    export(&database, &file);
    for (with_notes, signed) in [(false, Value::Null), (true, json!(true))] {
        let stops = stops(&auditor, &file, with_notes, 12);
        assert_eq!(stops.len(), 1, "{stops:#?}");
        // The action, what it reserves, and its item.
        let found = stops[0]["findings"].as_array().expect("a list");
        assert!(found.iter().all(|found| found["kind"] == "begun") && found.len() == 3, "{found:#?}");
        assert_eq!(
            (&stops[0]["state"], &stops[0]["signed"], &stops[0]["assistant_id"]),
            (&json!("contradicted"), &signed, &json!(group.north.assistant)),
        );
        let id = id_of(&stopped).to_string();
        let further = beside(&auditor, with_notes);
        let further: Vec<&str> = further.iter().map(String::as_str).collect();
        let command = [&["stop", "verify", &id, "--file", &file], further.as_slice()].concat();
        let verdict = awgp(&[command.as_slice(), &["--output", "json"]].concat(), &[]).expect(12).json();
        assert_eq!((&verdict["findings"], &verdict["signed"]), (&stops[0]["findings"], &signed));
        // The chain and the notes hold: the beginning is not hidden, it is there.
        assert_eq!(verdict["chain_findings"], json!([]));
    }
    let verdict = verified(&database, &stopped).await;
    assert_eq!(verdict["state"], "contradicted", "{verdict:#}");
}

#[tokio::test]
async fn every_stop_in_an_export_is_named_and_a_note_says_up_to_where_it_is_signed() {
    let (database, group) = scene().await;
    let auditor = Auditor::new(&database);
    let (admin, superuser) = (database.admin().await, database.superuser().await);
    let holding = stop(&admin, "holding", Some(group.holding.id)).await.expect("stopped");
    auditor.sign(&database, &["--all-tenants"]);
    resume(&superuser, &holding).await.expect("resumed");
    let south = stop(&admin, "tenant", Some(group.south.id)).await.expect("stopped");
    let file = auditor.file("trail.jsonl");
    export(&database, &file);
    // The note is older than the end of one stop and than the other.
    for with_notes in [false, true] {
        let mut told = stops(&auditor, &file, with_notes, 0);
        told.sort_by_key(|stop| stop["scope"].as_str().map(str::to_owned));
        let said: Vec<_> = told
            .iter()
            .map(|stop| {
                [&stop["stop_id"], &stop["state"], &stop["is_ended"], &stop["signed"]].map(Clone::clone)
            })
            .collect();
        let signed = if with_notes { json!(false) } else { Value::Null };
        let of = |stop: &Value, is_ended: bool| {
            [json!(id_of(stop)), json!("holds"), json!(is_ended), signed.clone()]
        };
        assert_eq!(said, [of(&holding, true), of(&south, false)]);
        assert!(told[0]["tenants"].as_array().is_some_and(|tenants| tenants.len() >= 3), "{told:#?}");
    }
    auditor.sign(&database, &["--all-tenants"]);
    export(&database, &file);
    assert!(stops(&auditor, &file, true, 0).iter().all(|stop| stop["signed"] == true));
    // An export of one tenant does not show the others.
    let one = auditor.file("one.jsonl");
    json(&database, Login::Auditor, &["audit", "export", "--out", &one, "--tenant", "holding"]).expect(0);
    let told = stops(&auditor, &one, false, 0);
    assert!(told[0]["not_shown"].as_array().is_some_and(|tenants| tenants.len() >= 2), "{told:#?}");
}

#[tokio::test]
async fn rows_that_are_cut_out_of_an_export_between_a_stop_and_its_end_leave_it_open() {
    let (database, group) = scene().await;
    let auditor = Auditor::new(&database);
    let stopped =
        stop(&database.admin().await, "assistant", Some(group.north.assistant)).await.expect("stopped");
    begun_in_secret(&database, &group, WAYS[1].1).await;
    resume(&database.superuser().await, &stopped).await.expect("resumed");
    let file = auditor.file("trail.jsonl");
    export(&database, &file);
    let text = std::fs::read_to_string(&file).expect("a file");
    let is_begun = |line: &str| {
        line.contains(r#""entity_type":"credit_reservations""#) && line.contains(r#""action":"insert""#)
    };
    let mut lines = Vec::new();
    let mut cut: Option<Value> = None;
    let mut rows = 0;
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).expect("JSON");
        if is_begun(line) {
            cut = Some(value);
            continue;
        }
        if value["awgp"] == "end" {
            lines.push(json!({"awgp": "end", "rows": rows}).to_string());
            continue;
        }
        // A lane line after the gap, as after a retired month.
        if let (Some(row), true) = (&cut, value["awgp"].is_null()) {
            let is_next = row["tenant_id"] == value["tenant_id"] && row["chain_lane"] == value["chain_lane"];
            if is_next {
                lines.push(format!(
                    r#"{{"awgp":"lane","tenant_id":{},"chain_lane":{},"after_seq":{},"after_hash":{},"head_seq":null,"head_hash":null}}"#,
                    row["tenant_id"], row["chain_lane"], row["chain_seq"], row["integrity_hash"]
                ));
            }
            cut = None;
        }
        rows += u64::from(value["awgp"].is_null());
        lines.push(line.to_owned());
    }
    // What the head of the lane's first line says no longer fits, so it says nothing.
    let lines: Vec<String> = lines
        .iter()
        .map(|line| match serde_json::from_str::<Value>(line) {
            Ok(value) if value["awgp"] == "lane" => format!(
                r#"{{"awgp":"lane","tenant_id":{},"chain_lane":{},"after_seq":{},"after_hash":{},"head_seq":null,"head_hash":null}}"#,
                value["tenant_id"], value["chain_lane"], value["after_seq"], value["after_hash"]
            ),
            _ => line.clone(),
        })
        .collect();
    let changed = auditor.file("cut.jsonl");
    std::fs::write(&changed, lines.join("\n") + "\n").expect("written");
    let told = stops(&auditor, &changed, false, 0);
    let kinds: Vec<&Value> =
        told[0]["findings"].as_array().expect("a list").iter().map(|found| &found["kind"]).collect();
    assert_eq!((&told[0]["state"], kinds), (&json!("open"), vec![&json!("rows_missing")]), "{told:#?}");
    let id = id_of(&stopped).to_string();
    awgp(&["stop", "verify", &id, "--file", &changed], &[]).expect(12);
}
