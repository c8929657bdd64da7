//! Exported files with a stop: whatever is begun, cut, edited or swapped in them, and that
//! tests/verify_audit.py, which shares no code with AWGP, says the same of the stop.

use crate::cases::{Case, assert_same_in_python, tampered};
use crate::log::{INSTALL, hash, lane, row, tenant};
use awgp_core::audit::chain::{Digest, Lane, Link, genesis};
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::export::{FORMAT_WITH_ORDER, Mark};
use awgp_core::audit::row::AuditRow;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const STOP: Uuid = Uuid::from_u128(0x5109);
const SCRIBE: Uuid = Uuid::from_u128(0xa1);
const OTHER: Uuid = Uuid::from_u128(0xa2);
/// The numbers of each lane between the stop and its end.
const WITHIN: [(i16, i64, i64); 2] = [(0, 3, 5), (1, 2, 2)];

/// A trail while it is written.
#[derive(Default)]
struct Trail {
    rows: Vec<AuditRow>,
    last: BTreeMap<Lane, Link>,
}

impl Trail {
    fn write(&mut self, lane: Lane, what: (&str, &str), after: &Value) {
        let last = self.last.get(&lane).copied();
        let last = last.unwrap_or_else(|| Link { seq: 0, hash: genesis(INSTALL, lane) });
        let id = i64::try_from(self.rows.len()).unwrap() + 1;
        let mut row = row(lane, last.seq + 1, id);
        (row.entity_type, row.action) = (what.0.into(), what.1.into());
        row.after_state = Some(after.to_string());
        if what.0 == "stop" {
            row.entity_id = Some(STOP);
        }
        let link = Link { seq: last.seq + 1, hash: hash(&row, last.hash) };
        row.integrity_hash = link.hash.to_string();
        self.rows.push(row);
        self.last.insert(lane, link);
    }

    fn say(&mut self, action: &str) {
        let of = |(lane, link): (&Lane, &Link)| json!([lane.chain_lane, link.seq, link.hash.to_string()]);
        let heads: Vec<Value> = self.last.iter().map(of).collect();
        let state = json!({"scope": "assistant", "tenant_id": tenant(1), "assistant_id": SCRIBE,
                           "reason": "Something is wrong", "heads": heads, "tenants": [tenant(1)]});
        self.write(lane(1, 0), ("stop", action), &state);
    }

    /// The export of what `has` keeps; its lane lines fit.
    fn export(&self, has: impl Fn(&AuditRow) -> bool) -> Vec<String> {
        let mut lines = vec![Mark::Header { format: FORMAT_WITH_ORDER, install_id: INSTALL }.to_line()];
        let mut rows = 0;
        for lane in self.last.keys() {
            let of_lane: Vec<&AuditRow> =
                self.rows.iter().filter(|row| row.borrowed().position().lane() == *lane).collect();
            let mut before: Option<&AuditRow> = None;
            let mut is_open = false;
            for (at, row) in of_lane.iter().enumerate() {
                if has(row) {
                    if !is_open {
                        let kept = of_lane[at..].iter().take_while(|row| has(row)).last().expect("this one");
                        lines.push(line(*lane, before, kept));
                    }
                    lines.push(row.to_line());
                    rows += 1;
                }
                (is_open, before) = (has(row), Some(*row));
            }
        }
        lines.push(Mark::End { rows }.to_line());
        lines
    }

    /// What an auditor signs of it now.
    fn note(&self) -> String {
        let size = self.rows.len() as u64;
        let lanes = self.last.iter().map(|(lane, link)| (lane.chain_lane, *link)).collect();
        // No file here has the order of the leaves, so the lanes alone prove.
        let root = Digest::of(b"a root");
        Checkpoint { install_id: INSTALL, tenant_id: tenant(1), size, root, lanes }.to_text()
    }
}

fn line(lane: Lane, before: Option<&AuditRow>, last: &AuditRow) -> String {
    let digest = |row: &AuditRow| Digest::from_hex(row.integrity_hash.as_bytes());
    Mark::Lane {
        tenant_id: lane.tenant_id,
        chain_lane: lane.chain_lane,
        after_seq: before.map_or(0, |row| row.chain_seq),
        after_hash: before.and_then(digest),
        head_seq: Some(last.chain_seq),
        head_hash: digest(last),
    }
    .to_line()
}

/// Something begins for an assistant.
fn begun(assistant: Uuid) -> Value {
    json!({"assistant_id": assistant, "status": "begun"})
}

/// A trail with a stop from row 2 to 4 of lane 0, and in it what `within` writes; and the note of its half.
fn trail(within: impl FnOnce(&mut Trail)) -> (Trail, String) {
    let mut trail = Trail::default();
    trail.write(lane(1, 0), ("users", "insert"), &json!({}));
    trail.write(lane(1, 1), ("credit_reservations", "insert"), &begun(SCRIBE));
    trail.write(lane(1, 0), ("governed_actions", "insert"), &begun(SCRIBE));
    trail.say("stop.began");
    let note = trail.note();
    within(&mut trail);
    trail.say("stop.ended");
    trail.write(lane(1, 0), ("governed_actions", "insert"), &begun(SCRIBE));
    trail.write(lane(1, 1), ("governed_actions", "insert"), &begun(SCRIBE));
    (trail, note)
}

fn quiet(trail: &mut Trail) {
    trail.write(lane(1, 0), ("governed_actions", "insert"), &begun(OTHER));
    trail.write(lane(1, 0), ("governed_actions", "update"), &begun(SCRIBE));
    trail.write(lane(1, 1), ("governed_actions", "insert"), &begun(OTHER));
}

fn case(name: &str, within: impl FnOnce(&mut Trail)) -> Case {
    let (trail, early) = trail(within);
    Case::of(name, vec![trail.export(|_| true)], &[early, trail.note()])
}

fn stop_of(case: &Case) -> Value {
    let answer = case.answer();
    assert_eq!(answer["stops"].as_array().map(Vec::len), Some(1), "{}: {answer:#}", case.name);
    answer["stops"][0].clone()
}

fn kinds(stop: &Value) -> Vec<&str> {
    stop["findings"].as_array().unwrap().iter().map(|found| found["kind"].as_str().unwrap()).collect()
}

#[test]
fn what_was_begun_during_a_stop_is_found_in_an_export_whose_chain_and_notes_hold() {
    let honest = stop_of(&case("quiet", quiet));
    let said = [&honest["state"], &honest["signed"], &honest["is_ended"], &honest["beginnings"]];
    assert_eq!(said, [&json!("holds"), &json!(true), &json!(true), &json!(6)], "{honest:#}");
    let ways =
        [("governed_actions", "insert"), ("credit_reservations", "insert"), ("message", "message.allowed")];
    for what in ways {
        for chain_lane in [0, 1] {
            let case = case(what.0, |trail| {
                quiet(trail);
                let after = json!({"assistant_id": SCRIBE, "to_assistant_id": SCRIBE});
                trail.write(lane(1, chain_lane), what, &after);
            });
            assert_eq!(case.answer()["found"], false);
            let stop = stop_of(&case);
            assert_eq!((&stop["state"], kinds(&stop)), (&json!("contradicted"), vec!["begun"]), "{stop:#}");
            assert_eq!(stop["findings"][0]["chain_lane"], json!(chain_lane));
            assert_same_in_python(&[case]);
        }
    }
}

#[test]
fn rows_that_are_cut_out_never_leave_a_proof_that_holds() {
    let (trail, early) = trail(quiet);
    let mut cases = Vec::new();
    for (chain_lane, length) in [(0, 7), (1, 3)] {
        for first in 1..=length {
            for last in first..=length {
                let is_cut =
                    |row: &AuditRow| row.chain_lane == chain_lane && (first..=last).contains(&row.chain_seq);
                let lines = trail.export(|row| !is_cut(row));
                let case = Case::of(&format!("{chain_lane} {first} to {last}"), vec![lines], &[]);
                let answer = case.answer();
                assert_eq!(answer["found"], false, "{}: {answer:#}", case.name);
                let lacks = WITHIN
                    .iter()
                    .any(|(lane, from, to)| *lane == chain_lane && first <= *to && last >= *from);
                let stops = answer["stops"].as_array().unwrap();
                // The last event is in row 6, the first in row 3.
                if !(chain_lane == 0 && first <= 3 && last >= 6) {
                    let is_in_force = chain_lane == 0 && last >= 6 && first <= 6;
                    let state = stops[0]["state"].as_str().unwrap();
                    if !is_in_force {
                        assert_eq!(state, if lacks { "open" } else { "holds" }, "{}: {answer:#}", case.name);
                    }
                }
                cases.push(case);
            }
        }
    }
    // What was signed is missed.
    let lines = trail.export(|row| row.chain_lane == 0 || row.chain_seq > 1);
    cases.push(Case::of("signed", vec![lines], &[early]));
    assert_same_in_python(&cases);
}

#[test]
fn an_end_that_was_cut_off_shows_as_a_stop_in_force_during_which_things_began() {
    let (trail, _) = trail(quiet);
    let lines = trail.export(|row| row.chain_lane == 1 || row.chain_seq != 6);
    let stop = stop_of(&Case::of("the end alone", vec![lines], &[]));
    // The end may be the row that is lacking.
    assert_eq!((&stop["state"], kinds(&stop)), (&json!("open"), vec!["rows_missing", "begun", "begun"]));
    let tail = trail.export(|row| row.chain_lane == 1 || row.chain_seq < 6);
    let stop = stop_of(&Case::of("the tail of the lane", vec![tail.clone()], &[]));
    assert_eq!((&stop["state"], kinds(&stop)), (&json!("contradicted"), vec!["begun"]));
    assert_same_in_python(&[Case::of("tail", vec![tail], &[trail.note()])]);
}

#[test]
fn months_in_any_order_and_rows_that_two_files_have_prove_the_same() {
    let (trail, _) = trail(quiet);
    let early = trail.export(|row| row.chain_seq <= 2);
    let late = trail.export(|row| row.chain_seq > 2);
    let whole = trail.export(|_| true);
    let expected = stop_of(&Case::of("whole", vec![whole.clone()], &[]));
    assert_eq!(expected["state"], "holds");
    let cases = [vec![early.clone(), late.clone()], vec![late.clone(), early], vec![late, whole]];
    for files in cases {
        let case = Case::of("months", files, &[]);
        assert_eq!(stop_of(&case), expected);
        assert_same_in_python(&[case]);
    }
}

#[test]
fn the_verifier_in_plain_python_says_the_same_of_every_cut_edit_and_swap() {
    for case in [
        case("quiet", quiet),
        case("begun", |trail| trail.write(lane(1, 1), ("governed_actions", "insert"), &begun(SCRIBE))),
    ] {
        let cases = tampered(&case);
        assert_same_in_python(&cases);
    }
}
