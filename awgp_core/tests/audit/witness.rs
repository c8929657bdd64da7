//! Files and notes together: every cut, edit and swap of every line is found or named, and
//! tests/verify_audit.py, which shares no code with AWGP, gives the same answers.

use crate::cases::{Case, assert_same_in_python, tampered};
use crate::log::{INSTALL, Log, lane, tenant};
use awgp_core::audit::appended::{Appended, Part, parts};
use awgp_core::audit::chain::{Digest, Lane, Link, genesis};
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::export::{FORMAT, FORMAT_WITH_ORDER, Mark};
use awgp_core::audit::group::{Group, Member};
use awgp_core::audit::row::AuditRow;
use awgp_core::audit::subtrees::Subtrees;
use awgp_core::audit::tree::{Frontier, Leaves};
use serde_json::json;
use std::collections::BTreeMap;

/// Tenant, lane, first and last row, and the checkpoint that appended them. The rows from 9 on of lane 0 of
/// tenant 1 are not checkpointed.
const APPENDED: [(u128, i16, i64, i64, u64); 7] = [
    (1, 0, 1, 4, 6),
    (1, 1, 1, 2, 6),
    (1, 0, 5, 5, 11),
    (1, 1, 3, 6, 11),
    (1, 0, 6, 8, 14),
    (2, 0, 1, 3, 3),
    (2, 0, 4, 7, 7),
];

fn log() -> Log {
    Log::honest(&[(lane(1, 0), 10), (lane(1, 1), 6), (lane(2, 0), 7)])
}

fn row_of(log: &Log, lane: Lane, seq: i64) -> &AuditRow {
    log.rows.iter().find(|row| row.borrowed().position() == lane.at(seq)).expect("a row")
}

fn hash_of(log: &Log, lane: Lane, seq: i64) -> Digest {
    match seq {
        0 => genesis(INSTALL, lane),
        _ => Digest::from_hex(row_of(log, lane, seq).integrity_hash.as_bytes()).expect("a hash"),
    }
}

fn appended(number: u128) -> Vec<Appended> {
    let mut first_leaf = 0;
    let mut runs = Vec::new();
    for (_, chain_lane, first_seq, last_seq, tree_size) in
        APPENDED.iter().filter(|run| run.0 == number).copied()
    {
        runs.push(Appended { chain_lane, first_seq, last_seq, first_leaf, tree_size });
        first_leaf += last_seq.abs_diff(first_seq) + 1;
    }
    runs
}

fn leaves(log: &Log, number: u128) -> Vec<Digest> {
    let mut hasher = Leaves::default();
    let rows = appended(number)
        .into_iter()
        .flat_map(|run| (run.first_seq..=run.last_seq).map(move |seq| (run, seq)));
    rows.map(|(run, seq)| {
        hasher.leaf(&row_of(log, lane(number, run.chain_lane), seq).borrowed()).expect("a leaf")
    })
    .collect()
}

/// The export of the rows for which `has` holds, as the server's would be.
fn file(log: &Log, format: u32, has: impl Fn(Lane, i64) -> bool) -> Vec<String> {
    let mut lines = vec![Mark::Header { format, install_id: INSTALL }.to_line()];
    let mut rows = 0;
    for number in [1, 2] {
        let mut there: BTreeMap<i16, Vec<(i64, i64)>> = BTreeMap::new();
        for row in log.rows.iter().filter(|row| row.tenant_id == tenant(number)) {
            if has(row.borrowed().position().lane(), row.chain_seq) {
                let ranges = there.entry(row.chain_lane).or_default();
                match ranges.last_mut() {
                    Some((_, last)) if *last + 1 == row.chain_seq => *last += 1,
                    _ => ranges.push((row.chain_seq, row.chain_seq)),
                }
            }
        }
        if there.is_empty() {
            continue;
        }
        if format == FORMAT_WITH_ORDER {
            lines.extend(order(log, number, &there));
        }
        for (chain_lane, ranges) in there {
            let lane = lane(number, chain_lane);
            for (first, last) in ranges {
                let after_hash = (first > 1).then(|| hash_of(log, lane, first - 1));
                lines.push(
                    Mark::Lane {
                        tenant_id: lane.tenant_id,
                        chain_lane,
                        after_seq: first - 1,
                        after_hash,
                        head_seq: Some(last),
                        head_hash: Some(hash_of(log, lane, last)),
                    }
                    .to_line(),
                );
                lines.extend((first..=last).map(|seq| row_of(log, lane, seq).to_line()));
                rows += last.abs_diff(first) + 1;
            }
        }
    }
    lines.push(Mark::End { rows }.to_line());
    lines
}

fn order(log: &Log, number: u128, there: &BTreeMap<i16, Vec<(i64, i64)>>) -> Vec<String> {
    let (leaves, tenant_id) = (leaves(log, number), tenant(number));
    let line = |part: Part| match part {
        Part::Run { first_leaf, chain_lane, first_seq, last_seq } => {
            Mark::Run { tenant_id, first_leaf, chain_lane, first_seq, last_seq }
        }
        Part::Absent { first_leaf, leaves: count } => {
            let mut absent = Subtrees::at(first_leaf);
            let range = usize::try_from(first_leaf).unwrap()..usize::try_from(first_leaf + count).unwrap();
            leaves[range].iter().for_each(|leaf| absent.push(*leaf));
            Mark::Absent { tenant_id, first_leaf, leaves: count, hashes: absent.roots().collect() }
        }
    };
    parts(&appended(number), there).into_iter().map(|part| line(part).to_line()).collect()
}

fn whole(log: &Log, format: u32) -> Vec<String> {
    file(log, format, |_, _| true)
}

fn root(log: &Log, number: u128, size: usize) -> Digest {
    let mut tree = Frontier::default();
    leaves(log, number)[..size].iter().for_each(|leaf| tree.push(*leaf));
    tree.root()
}

/// The text that an auditor signs of a tenant's tree of this size.
fn text(log: &Log, number: u128, size: u64) -> String {
    let mut lanes: BTreeMap<i16, Link> = BTreeMap::new();
    for run in appended(number).iter().filter(|run| run.tree_size <= size) {
        let hash = hash_of(log, lane(number, run.chain_lane), run.last_seq);
        lanes.insert(run.chain_lane, Link { seq: run.last_seq, hash });
    }
    let root = root(log, number, usize::try_from(size).unwrap());
    let (install_id, tenant_id) = (INSTALL, tenant(number));
    Checkpoint { install_id, tenant_id, size, root, lanes: lanes.into_iter().collect() }.to_text()
}

fn group_text(log: &Log) -> String {
    let member = |number, size: u64| Member {
        tenant_id: tenant(number),
        size,
        root: root(log, number, usize::try_from(size).unwrap()),
    };
    Group { install_id: INSTALL, holding_id: tenant(1), members: vec![member(1, 14), member(2, 7)] }.to_text()
}

/// The first months of the lanes, and the rest.
fn is_early(lane: Lane, seq: i64) -> bool {
    seq <= if lane.chain_lane == 0 { 3 } else { 1 }
}

fn honest() -> Vec<Case> {
    let log = log();
    let notes = [text(&log, 1, 6), text(&log, 1, 14), text(&log, 2, 7)];
    let early = file(&log, FORMAT_WITH_ORDER, is_early);
    let late = file(&log, FORMAT_WITH_ORDER, |lane, seq| !is_early(lane, seq));
    let middle = file(&log, FORMAT_WITH_ORDER, |lane, seq| !is_early(lane, seq) && seq < 6);
    let part = |name, files, notes: &[String]| Case { is_part: true, ..Case::of(name, files, notes) };
    vec![
        Case::of("whole", vec![whole(&log, FORMAT_WITH_ORDER)], &notes),
        Case::of("whole by a group's note", vec![whole(&log, FORMAT_WITH_ORDER)], &[group_text(&log)]),
        Case::of("format 1", vec![whole(&log, FORMAT)], &notes),
        Case::of("two months", vec![early.clone(), late.clone()], &notes),
        Case::of("two months by a group's note", vec![late.clone(), early.clone()], &[group_text(&log)]),
        part("one month", vec![middle.clone()], &notes[1..]),
        part("one month by a group's note", vec![middle], &[group_text(&log)]),
        part("first month", vec![early], &notes[1..]),
        Case::of("without a note", vec![whole(&log, FORMAT_WITH_ORDER)], &[]),
    ]
}

/// Cuts that leave nothing amiss in the file itself: the head, the start, the gap and the order of leaves are
/// made to fit, as whoever has the database can. With the lane and the first and last row that are cut.
fn cuts() -> Vec<(Lane, i64, i64)> {
    let lengths = [(lane(1, 0), 10), (lane(1, 1), 6), (lane(2, 0), 7)];
    let of_lane = |(lane, length): (Lane, i64)| {
        (1..=length).flat_map(move |first| (first..=length).map(move |last| (lane, first, last)))
    };
    lengths.into_iter().flat_map(of_lane).collect()
}

fn cut_files(format: u32) -> Vec<((Lane, i64, i64), Vec<String>)> {
    let log = log();
    let made = |cut: (Lane, i64, i64)| {
        (cut, file(&log, format, |lane, seq| lane != cut.0 || !(cut.1..=cut.2).contains(&seq)))
    };
    cuts().into_iter().map(made).collect()
}

#[test]
fn notes_prove_exactly_the_rows_that_they_sign() {
    for case in honest() {
        let answer = case.answer();
        assert_eq!(answer["found"], false, "{}: {answer:#}", case.name);
        for proved in answer["proved"].as_array().unwrap().iter().filter(|_| !case.is_part) {
            assert_eq!(proved["rows"], proved["tree_size"], "{}: {proved:#}", case.name);
            assert_eq!(
                proved["root"],
                if case.name == "format 1" { "unknown" } else { "yielded" },
                "{}",
                case.name
            );
        }
    }
    let one_month =
        honest().into_iter().find(|case| case.name == "one month by a group's note").unwrap().answer();
    let rows: Vec<_> =
        one_month["proved"].as_array().unwrap().iter().map(|proved| proved["rows"].clone()).collect();
    assert_eq!(rows, [json!(6), json!(2)], "{one_month:#}");
    let whole = honest()[0].answer();
    let end = json!({"tenant_id": tenant(1), "chain_lane": 0, "what": "end", "first_seq": 9, "last_seq": 10});
    assert_eq!(whole["own_word"], json!([end]));
}

#[test]
fn every_cut_edit_and_swap_of_a_line_is_found_or_named() {
    for honest in honest().iter().filter(|case| !case.notes.is_empty()) {
        let answer = honest.answer();
        for case in tampered(honest) {
            // The same lines under the other number of the format say the same; a lane of format 1 that
            // begins at its genesis value needs no line; what one file's order no longer says, another's
            // may.
            let is_same = (honest.name == "format 1"
                && (case.name.ends_with("(lane) cut") || case.name.ends_with("format to 2")))
                || (honest.files.len() > 1
                    && ["(run)", "(absent)"].iter().any(|kind| case.name.contains(kind)));
            assert!(is_same || case.answer() != answer, "{}", case.name);
        }
    }
}

#[test]
fn what_is_cut_from_an_export_is_found_wherever_a_note_covers_it() {
    let honest = honest();
    for (format, case) in
        [(FORMAT_WITH_ORDER, &honest[0]), (FORMAT_WITH_ORDER, &honest[1]), (FORMAT, &honest[2])]
    {
        for ((lane, first, last), lines) in cut_files(format) {
            let is_covered = !(lane.tenant_id == tenant(1) && lane.chain_lane == 0 && first > 8);
            let answer = case.with(&format!("{lane:?} {first} to {last}"), 0, lines).answer();
            assert_eq!(answer["found"], is_covered, "{} {lane:?} {first} to {last}: {answer:#}", case.name);
        }
    }
}

#[test]
fn what_is_cut_from_an_export_is_named_as_its_own_word_without_a_note() {
    let without = honest().pop().expect("a case");
    for ((lane, first, last), lines) in cut_files(FORMAT_WITH_ORDER) {
        let answer = without.with("", 0, lines).answer();
        assert_eq!(answer["found"], false);
        let said = answer["own_word"].as_array().unwrap();
        let of = |what: &str, first: i64, last: i64| {
            let (tenant_id, chain_lane) = (lane.tenant_id, lane.chain_lane);
            let named = json!({"tenant_id": tenant_id, "chain_lane": chain_lane, "what": what,
                               "first_seq": first, "last_seq": last});
            said.contains(&named)
        };
        let length = if lane.tenant_id == tenant(2) {
            7
        } else if lane.chain_lane == 0 {
            10
        } else {
            6
        };
        let is_named = match (first, last == length) {
            (1, true) => said.iter().any(|said| said["what"] == "lanes"),
            (1, false) => of("start", 1, last),
            (_, true) => of("end", 1, first - 1),
            (_, false) => of("gap", first, last),
        };
        assert!(is_named, "{lane:?} {first} to {last}: {said:#?}");
    }
}

#[test]
fn the_verifier_in_plain_python_gives_the_same_answers() {
    for case in honest() {
        let mut cases = tampered(&case);
        if case.files.len() == 1 && !case.is_part {
            let format = if case.name == "format 1" { FORMAT } else { FORMAT_WITH_ORDER };
            cases.extend(
                cut_files(format).into_iter().map(|(cut, lines)| case.with(&format!("{cut:?}"), 0, lines)),
            );
        }
        cases.push(case);
        assert_same_in_python(&cases);
    }
}
