//! One note for a holding and its subsidiaries.

use super::stage::{events, last_seq, python, scene};
use awgp_tests::tampering::tamper;
use serde_json::Value;

/// The path of the note of this kind among what was signed.
fn note_of(signed: &[Value], kind: &str) -> String {
    let row = signed.iter().find(|row| row["kind"] == kind).expect("a note of the kind");
    row["note"].as_str().expect("a path").to_owned()
}

#[tokio::test]
async fn a_holdings_note_covers_its_direct_subsidiaries_and_nobody_else() {
    let (database, group, auditor) = scene().await;
    let signed = auditor.sign(&database, &["--tenant", "holding"]);
    let note = note_of(&signed, "group");
    let text = std::fs::read_to_string(&note).expect("a note");
    // Inactive ones too: their trail is evidence all the same.
    for tenant in [&group.holding, &group.north, &group.south, &group.inactive] {
        assert!(text.contains(&format!("tenant {} ", tenant.id)), "{text}");
    }
    assert!(!text.contains(&group.other.id.to_string()), "{text}");
    auditor.assert_holds(&database, &note, 4);
    let (code, told) = python(&["note", &note, &auditor.public_key]);
    assert_eq!((code, told.lines().count()), (0, 4), "{told}");
    // Nothing new, no new note.
    let again = auditor.sign(&database, &["--tenant", "holding"]);
    assert!(again.iter().all(|row| row["signed"] == false), "{again:?}");
    events(&database, group.south.id, 1).await;
    let grown = auditor.sign(&database, &["--tenant", "holding"]);
    let new: Vec<&Value> = grown.iter().filter(|row| row["signed"] == true).map(|row| &row["kind"]).collect();
    assert_eq!(new, ["tenant", "group"]);
    auditor.assert_holds(&database, &auditor.notes(), 4);
}

#[tokio::test]
async fn a_subsidiarys_note_is_its_own_alone() {
    let (database, group, auditor) = scene().await;
    let signed = auditor.sign(&database, &["--tenant", "north"]);
    assert_eq!(signed.len(), 1);
    assert_eq!(signed[0]["tenant_id"], group.north.id.to_string());
}

#[tokio::test]
async fn what_was_cut_in_a_subsidiary_is_found_with_the_holdings_note_alone() {
    let (database, group, auditor) = scene().await;
    events(&database, group.south.id, 9).await;
    let note = note_of(&auditor.sign(&database, &["--tenant", "holding"]), "group");
    let last = last_seq(&database, group.south.id).await;
    let cut = format!(
        "DELETE FROM {{partition}} WHERE tenant_id = '{}' AND chain_lane = 0 AND chain_seq > {}",
        group.south.id,
        last - 3
    );
    tamper(&database, &cut).await;
    let (findings, summary) = auditor.verify(&database, &note, 12);
    let named: Vec<_> = findings.iter().map(|f| (&f["kind"], &f["tenant_id"], &f["chain_seq"])).collect();
    let south = group.south.id.to_string();
    assert_eq!(named, [(&"cut_tail".into(), &south.into(), &(last - 2).into())]);
    assert_eq!(summary["proved"].as_array().map(Vec::len), Some(3), "the others hold: {summary}");
}
