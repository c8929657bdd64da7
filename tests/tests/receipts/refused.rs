//! Receipts that somebody has changed.

use super::stage::{Stage, parts};
use crate::checkpoints::stage::checked_by;
use awgp_tests::Login;
use awgp_tests::cli::{awgp, json as json_of};
use awgp_tests::tampering::tamper;
use serde_json::{Value, json};
use uuid::Uuid;

fn list(receipt: &mut Value) -> &mut Vec<Value> {
    receipt["parts"].as_array_mut().expect("parts")
}

#[tokio::test]
async fn each_event_that_is_edited_left_out_or_another_actions_is_found_and_named() {
    let mut stage = Stage::set().await;
    let (action, other) = (stage.approved_and_paid().await, stage.approved_and_paid().await);
    stage.sign();
    let (receipt, other) = (stage.receipt(action), stage.receipt(other));
    stage.holds(&receipt);
    stage.holds(&other);
    let count = receipt["parts"].as_array().expect("parts").len();
    for place in 0..count {
        let kind = receipt["parts"][place]["part"].as_str().expect("a kind").to_owned();
        let mut edited = receipt.clone();
        let state = edited["parts"][place]["row"]["after_state"].as_str().expect("a state").to_owned();
        edited["parts"][place]["row"]["after_state"] = json!(state.replacen("Z\"", "Y\"", 1));
        let found = ("proof_mismatch".to_owned(), kind.clone(), String::new());
        assert_eq!(stage.refused(&edited), found, "{kind} {place} edited");

        let mut without = receipt.clone();
        list(&mut without).remove(place);
        let (reason, part, _) = stage.refused(&without);
        assert!(reason == "receipt_incomplete" || reason == "receipt_mismatch", "{kind} {place}: {reason}");
        assert!(!part.is_empty(), "{kind} {place} left out: nothing is named");

        let mut swapped = receipt.clone();
        list(&mut swapped)[place] = other["parts"][place].clone();
        let (reason, part, field) = stage.refused(&swapped);
        assert_eq!(reason, "receipt_mismatch", "{kind} {place} swapped: {part} {field}");
        assert!(!part.is_empty() && !field.is_empty(), "{kind} {place} swapped: {part} {field}");

        let mut twice = receipt.clone();
        let again = receipt["parts"][place].clone();
        list(&mut twice).push(again);
        assert_eq!(stage.refused(&twice).0, "receipt_mismatch", "{kind} {place} twice");
    }
    for (kind, names) in [("approval", "action"), ("cost", "vote"), ("vote", "cost")] {
        let mut renamed = receipt.clone();
        list(&mut renamed)[parts(&receipt, kind)[0]]["part"] = json!(names);
        assert_eq!(stage.refused(&renamed), ("receipt_mismatch".into(), names.into(), "entity_type".into()));
    }
    // All of another action's approval and votes, as if they were this one's.
    let mut swapped = receipt.clone();
    for kind in ["approval", "vote"] {
        for place in parts(&receipt, kind) {
            list(&mut swapped)[place] = other["parts"][place].clone();
        }
    }
    assert_eq!(stage.refused(&swapped), ("receipt_mismatch".into(), "approval".into(), "entity_id".into()));
}

#[tokio::test]
async fn what_a_summary_says_and_the_events_do_not_is_found_and_named() {
    let mut stage = Stage::set().await;
    let action = stage.approved_and_paid().await;
    stage.sign();
    let receipt = stage.receipt(action);
    for name in receipt["summary"].as_object().expect("an object").keys() {
        let mut edited = receipt.clone();
        edited["summary"][name] = match name.as_str() {
            "approver_ids" => json!([]),
            id if id.ends_with("_id") => json!(Uuid::from_u128(7)),
            _ => json!("x"),
        };
        let found = ("receipt_mismatch".to_owned(), "summary".to_owned(), name.clone());
        assert_eq!(stage.refused(&edited), found, "{name}");
        edited["summary"].as_object_mut().expect("an object").remove(name);
        assert_eq!(stage.refused(&edited).0, "proof_malformed", "{name} is not there");
    }
}

#[tokio::test]
async fn a_receipt_under_another_name_note_or_key_is_refused_with_its_reason() {
    let mut stage = Stage::set().await;
    let action = stage.approved_and_paid().await;
    stage.sign();
    let receipt = stage.receipt(action);
    let note = receipt["note"].as_str().expect("a note");
    for (name, value, reason) in [
        ("action_id", json!(Uuid::from_u128(7)), "receipt_mismatch"),
        ("tenant_id", json!(stage.group.south.id), "proof_other_log"),
        ("note", json!(note.replacen("lane 0", "lane 4", 1)), "note_bad_signature"),
        ("note", json!("nothing"), "note_malformed"),
        ("format", json!(2), "proof_malformed"),
        ("parts", json!([]), "receipt_incomplete"),
        ("more", json!(1), "proof_malformed"),
    ] {
        let mut edited = receipt.clone();
        edited[name] = value;
        assert_eq!(stage.refused(&edited).0, reason, "{name}");
    }
}

#[tokio::test]
async fn an_action_whose_events_are_not_what_was_signed_gets_no_receipt() {
    let mut stage = Stage::set().await;
    let action = stage.approved_and_paid().await;
    stage.sign();
    let sql = "UPDATE {partition} SET after_state = after_state || '{\"decision\": \"approve\", \"comment\": \"x\"}'
               WHERE entity_type = 'approval_decisions'";
    tamper(&stage.database, sql).await;
    let refused = stage.make(Login::Auditor, &[&action.to_string()]).expect(7).error();
    assert_eq!(
        (&refused["reason"], &refused["part"]),
        (&json!("proof_mismatch"), &json!("vote")),
        "{refused}"
    );
    // An event that is gone is named too.
    tamper(&stage.database, "DELETE FROM {partition} WHERE entity_type = 'cost_transactions'").await;
    tamper(
        &stage.database,
        "UPDATE {partition} SET after_state = after_state || '{\"comment\": \"Read\"}'
                             WHERE entity_type = 'approval_decisions'",
    )
    .await;
    let refused = stage.make(Login::Auditor, &[&action.to_string()]).expect(7).error();
    assert_eq!(
        (&refused["reason"], &refused["part"]),
        (&json!("receipt_incomplete"), &json!("cost")),
        "{refused}"
    );
}

#[tokio::test]
async fn an_action_that_is_not_what_was_approved_or_paid_for_gets_no_receipt() {
    let mut stage = Stage::set().await;
    let action = stage.approved_and_paid().await;
    stage.sign();
    let sound = stage.receipt(action);
    let superuser = stage.database.superuser().await;
    superuser
        .batch_execute("CREATE TEMP TABLE was AS SELECT * FROM awgp.governed_actions")
        .await
        .expect("a table");
    let undo = "UPDATE awgp.governed_actions AS a
                SET (arguments_digest, action, provider, begun_at, approval_id, cost_transaction_id)
                  = (SELECT arguments_digest, action, provider, begun_at, approval_id, cost_transaction_id FROM was)";
    for (change, part, field) in [
        ("arguments_digest = repeat('0', 64)", "approval", "arguments_digest"),
        ("action = 'write'", "approval", "action"),
        ("begun_at = begun_at - interval '1 hour'", "approval", "used_at"),
        ("provider = 'other'", "cost", "provider"),
        ("approval_id = NULL", "action", "approval_id"),
        ("cost_transaction_id = NULL", "action", "cost_transaction_id"),
    ] {
        let change = format!("UPDATE awgp.governed_actions SET {change}");
        superuser.execute(&change, &[]).await.expect("a superuser may");
        stage.sign();
        let refused = stage.make(Login::Auditor, &[&action.to_string()]).expect(7).error();
        assert_eq!(
            (&refused["reason"], &refused["part"], &refused["field"]),
            (&json!("receipt_mismatch"), &json!(part), &json!(field)),
            "{change}: {refused}"
        );
        let by_hand = stage.by_hand(action, &sound["summary"]).await;
        assert_eq!(
            stage.refused(&by_hand),
            ("receipt_mismatch".into(), part.into(), field.into()),
            "{change}"
        );
        superuser.execute(undo, &[]).await.expect("a superuser may");
    }
    stage.sign();
    stage.holds(&stage.receipt(action));
    stage.holds(&stage.by_hand(action, &sound["summary"]).await);
}

#[tokio::test]
async fn a_receipt_and_a_proof_with_a_field_twice_are_refused() {
    let mut stage = Stage::set().await;
    let action = stage.approved_and_paid().await;
    stage.sign();
    let receipt = stage.receipt(action);
    let event = receipt["parts"][0]["row"]["id"].to_string();
    let (notes, proof) = (stage.auditor.notes(), stage.auditor.file("event.proof"));
    let note = format!("{notes}/{}.note", {
        let name = std::fs::read_dir(&notes).expect("notes").flatten().map(|file| file.file_name());
        let of_north = stage.group.north.id.to_string();
        let mut name = name.filter_map(|name| Some(name.to_str()?.strip_suffix(".note")?.to_owned()));
        name.find(|name| name.starts_with(&of_north)).expect("north's note")
    });
    let made = ["audit", "prove", &event, "--checkpoint", &note, "--out", &proof];
    json_of(&stage.database, Login::Auditor, &made).expect(0);
    let proof = std::fs::read_to_string(proof).expect("a proof");
    let key = &stage.auditor.public_key;
    for (text, script, first) in
        [(receipt.to_string(), "check_receipt.py", None), (proof, "check_proof.py", Some("proof"))]
    {
        let file = stage.auditor.file("twice");
        // Of two values each reader would take another: the right one stands first here, and last there.
        for (twice, holds) in [
            (text.clone(), true),
            (text.replacen("\"row\":", "\"row\":null,\"row\":", 1), false),
            (text.replacen("\"id\":", "\"id\":1,\"id\":", 1), false),
            (text.replacen('{', "{\"note\":\"\",", 1), false),
        ] {
            assert!(holds || twice != text, "{script}: nothing stands twice");
            std::fs::write(&file, &twice).expect("written");
            let arguments = [first.as_slice(), &[file.as_str(), key.as_str()]].concat();
            let (code, told) = checked_by(script, &arguments);
            assert_eq!(code, if holds { 0 } else { 2 }, "{script}: {told}");
            let ours = awgp(&["audit", "check-proof", &file, "--public-key", key], &[]);
            assert_eq!(ours.code == 0, holds, "{ours:?}");
        }
    }
}
