//! One tampering gives the findings that name its rows, and no others.
//!
//! The log has tenant 1 with lanes 0 (ids 1–10) and 1 (ids 11–20), and tenant 2 with lane 0 (ids 21–30).

use crate::log::{INSTALL, Log, hash, lane, row, stored, tenant};
use awgp_core::audit::chain::Link;
use awgp_core::audit::lane_facts::{Bridge, Head, LaneFacts};
use awgp_core::audit::row::AuditRow;
use proptest::prelude::*;
use uuid::Uuid;

fn log() -> Log {
    Log::honest(&[(lane(1, 0), 10), (lane(1, 1), 10), (lane(2, 0), 10)])
}

/// Every column edited in one way.
const EDITS: [fn(&mut AuditRow); 12] = [
    |row| row.timestamp_us += 1,
    |row| row.actor_type = "system".into(),
    |row| row.actor_id = None,
    |row| row.action.push('x'),
    |row| row.entity_type = "approvals".into(),
    |row| row.entity_id = None,
    |row| row.before_state = None,
    |row| row.after_state = Some(String::new()),
    |row| row.metadata = Some("{}".into()),
    |row| row.id += 1_000,
    |row| row.integrity_hash = row.integrity_hash.to_uppercase(),
    |row| row.integrity_hash.clear(),
];

#[test]
fn an_honest_log_has_no_finding() {
    assert_eq!(log().found(), []);
    assert_eq!(log().without_heads().found(), []);
    assert_eq!(Log::honest(&[(lane(1, 0), 0), (lane(1, 1), 1)]).found(), []);
}

#[test]
fn a1_every_column_of_every_row_is_covered() {
    for (number, edit) in EDITS.iter().enumerate() {
        for id in 1..=30 {
            let mut log = log();
            edit(log.by_id(id));
            let kind = if number >= 10 { "changed_hash" } else { "changed_row" };
            let named = if number == 9 { id + 1_000 } else { id };
            assert_eq!(log.found(), [(kind, Some((id - 1) % 10 + 1), Some(named))], "edit {number}");
        }
    }
}

#[test]
fn a1_many_rows_edited_are_each_named() {
    let mut log = log();
    for id in [3, 4, 5, 9, 10, 22] {
        log.by_id(id).action.push('x');
    }
    let ids: Vec<_> = log.verify().iter().map(|finding| finding.audit_id.unwrap()).collect();
    assert_eq!(ids, [3, 4, 5, 9, 10, 22]);
}

#[test]
fn a2_a_row_hashed_again_is_named_by_the_storage() {
    let mut log = log();
    log.by_id(4).action.push('x');
    log.rehash(4, 0);
    // The chain alone shows that 4 and 5 do not fit, and both are in the text.
    let findings = log.verify();
    assert_eq!((findings.len(), findings[0].audit_id), (1, Some(5)));
    assert!(findings[0].detail.contains("row 4 was changed and hashed again"));
    log.updated.insert(4);
    assert_eq!(log.found(), [("changed_row", Some(4), Some(4))]);
}

#[test]
fn a2_on_the_last_row_shows_at_the_head() {
    let mut log = log();
    log.by_id(10).action.push('x');
    log.rehash(10, 0);
    assert_eq!(log.found(), [("rewritten_chain", Some(10), Some(10))]);
}

#[test]
fn a3_a_rewritten_rest_shows_at_the_head_an_anchor_or_in_the_storage() {
    let mut log = log();
    let anchor = Link { seq: 6, hash: stored(log.by_id(6)) };
    log.by_id(4).action.push('x');
    log.rehash(4, 6);
    assert_eq!(log.found(), [("rewritten_chain", Some(10), Some(10))]);
    log.known.get_mut(&lane(1, 0)).unwrap().points.push(anchor);
    assert_eq!(log.found(), [("rewritten_chain", Some(6), Some(6))]);
    let mut log = log.without_heads();
    log.known.get_mut(&lane(1, 0)).unwrap().points.clear();
    assert_eq!(log.found(), []);
    log.updated.extend(4..=10);
    let named: Vec<_> = (4..=10).map(|id| ("updated_row", Some(id), Some(id))).collect();
    assert_eq!(log.found(), named);
}

#[test]
fn a_row_replaced_at_an_anchor_is_named_alone() {
    let mut log = log();
    let anchor = Link { seq: 6, hash: stored(log.by_id(6)) };
    log.known.get_mut(&lane(1, 0)).unwrap().points.push(anchor);
    log.by_id(6).action.push('x');
    log.rehash(6, 0);
    assert_eq!(log.found(), [("changed_row", Some(6), Some(6))]);
}

#[test]
fn a4_to_a6_missing_rows_are_named_by_number() {
    for (ids, kind, first) in [
        (5..=5, "missing_row", 5),
        (1..=1, "missing_row", 1),
        (3..=7, "missing_row", 3),
        (10..=10, "cut_tail", 10),
        (1..=10, "cut_tail", 1),
    ] {
        let mut log = log();
        ids.for_each(|id| drop(log.remove(id)));
        assert_eq!(log.found(), [(kind, Some(first), None)]);
    }
}

#[test]
fn a10_inserted_rows_are_named() {
    let mut forged = row(lane(1, 0), 5, 99);
    forged.integrity_hash = "0".repeat(64);
    let mut log_at_5 = log();
    log_at_5.rows.push(forged.clone());
    assert_eq!(log_at_5.found(), [("inserted_row", Some(5), Some(99))]);
    // After the end, and properly linked: only the head shows it.
    let mut log_at_11 = log();
    forged.chain_seq = 11;
    forged.timestamp_us = 1;
    forged.integrity_hash = hash(&forged, stored(log_at_11.by_id(10))).to_string();
    log_at_11.rows.push(forged);
    assert_eq!(log_at_11.found(), [("inserted_row", Some(11), Some(99))]);
    assert_eq!(log_at_11.without_heads().found(), [("back_dated", Some(11), Some(99))]);
}

#[test]
fn a10_a_row_that_forks_the_chain_is_named_whatever_its_id() {
    for id in [-5, 99] {
        let mut log = log();
        let mut forged = row(lane(1, 0), 5, id);
        forged.integrity_hash = hash(&forged, stored(log.by_id(4))).to_string();
        log.rows.push(forged);
        assert_eq!(log.found(), [("inserted_row", Some(5), Some(id))]);
    }
}

#[test]
fn a11_a_duplicate_is_named() {
    let mut log = log();
    let mut copy = log.by_id(5).clone();
    copy.id = 99;
    log.rows.push(copy);
    assert_eq!(log.found(), [("duplicate_row", Some(5), Some(99))]);
}

#[test]
fn a12_swapped_rows_are_both_named() {
    for (a, b) in [(3, 7), (4, 5), (1, 10), (1, 2), (9, 10), (4, 6)] {
        let mut log = log();
        log.by_id(a).chain_seq = b;
        log.by_id(b).chain_seq = a;
        assert_eq!(
            log.found(),
            [("reordered", Some(a), Some(b)), ("reordered", Some(b), Some(a))],
            "{a} {b}"
        );
    }
}

#[test]
fn a12_rows_swapped_across_lanes_are_both_named() {
    let mut log = log();
    log.by_id(3).chain_lane = 1;
    log.by_id(13).chain_lane = 0;
    assert_eq!(log.found(), [("moved_row", Some(3), Some(13)), ("moved_row", Some(3), Some(3))]);
}

#[test]
fn a13_a_moved_row_is_one_finding() {
    for id in [1, 5, 10] {
        for forget in [false, true] {
            let mut log = log();
            log.by_id(id).tenant_id = tenant(2);
            // Without heads a missing last row cannot be seen, so its home is not known either.
            if forget && id == 10 {
                continue;
            }
            let log = if forget { log.without_heads() } else { log };
            assert_eq!(log.found(), [("moved_row", Some(id), Some(id))]);
            assert_eq!(log.verify()[0].tenant_id, Some(tenant(2)));
        }
    }
}

#[test]
fn a13_several_rows_moved_to_a_lane_that_never_was() {
    let mut log = log();
    for id in 4..=6 {
        log.by_id(id).tenant_id = tenant(3);
    }
    let named: Vec<_> = (4..=6).map(|id| ("moved_row", Some(id), Some(id))).collect();
    assert_eq!(log.found(), named);
}

#[test]
fn rows_of_another_database_are_foreign() {
    let mut log = log();
    let mut other = Log::honest(&[(lane(9, 0), 3)]);
    other.rows.iter_mut().for_each(|row| row.id += 100);
    log.rows.append(&mut other.rows);
    let named: Vec<_> = (1..=3).map(|seq| ("foreign_row", Some(seq), Some(seq + 100))).collect();
    assert_eq!(log.found(), named);
}

#[test]
fn another_installs_log_is_one_finding() {
    let mut log = log();
    for (lane, known) in &mut log.known {
        let head = known.head;
        *known = LaneFacts::from_genesis(Uuid::from_u128(1), *lane).with_head(head);
    }
    assert_eq!(log.found(), [("bad_genesis", None, None)]);
}

#[test]
fn a_retired_range_is_no_finding_and_its_rim_is_still_checked() {
    let mut log = log();
    let last = Link { seq: 6, hash: stored(log.by_id(6)) };
    log.known.get_mut(&lane(1, 0)).unwrap().bridges.push(Bridge { first_seq: 4, last });
    (4..=6).for_each(|id| drop(log.remove(id)));
    assert_eq!(log.found(), []);
    log.by_id(7).action.push('x');
    assert_eq!(log.found(), [("changed_row", Some(7), Some(7))]);
    log.remove(3);
    assert_eq!(log.found(), [("missing_row", Some(3), None), ("changed_row", Some(7), Some(7))]);
}

#[test]
fn a_lane_that_begins_at_an_anchor_verifies() {
    let mut log = log();
    let anchor = Link { seq: 4, hash: stored(log.by_id(4)) };
    (1..=4).for_each(|id| drop(log.remove(id)));
    log.known.insert(lane(1, 0), LaneFacts::after(anchor));
    assert_eq!(log.found(), []);
    log.by_id(5).action.push('x');
    assert_eq!(log.found(), [("changed_row", Some(5), Some(5))]);
}

#[test]
fn rows_added_after_the_head_was_read_are_no_finding() {
    let mut log = log();
    let head = Link { seq: 6, hash: stored(log.by_id(6)) };
    log.known.get_mut(&lane(1, 0)).unwrap().head = Head::AtLeast(head);
    assert_eq!(log.found(), []);
    let known = LaneFacts::from_genesis(INSTALL, lane(1, 0)).with_head(Head::AtLeast(head));
    log.known.insert(lane(1, 0), known);
    (5..=10).for_each(|id| drop(log.remove(id)));
    assert_eq!(log.found(), [("cut_tail", Some(5), None)]);
}

proptest! {
    #[test]
    fn honest_chains_never_give_a_finding(lengths in prop::collection::vec(0_i64..30, 1..6)) {
        let lanes: Vec<_> = lengths.iter().zip(0_u8..).map(|(n, at)| (lane(u128::from(at / 2), i16::from(at % 2)), *n)).collect();
        prop_assert_eq!(Log::honest(&lanes).found(), []);
        prop_assert_eq!(Log::honest(&lanes).without_heads().found(), []);
    }

    #[test]
    fn one_edit_anywhere_names_that_row_alone(id in 1_i64..=30, edit in 0..EDITS.len()) {
        prop_assume!(edit != 9);
        let mut log = log();
        EDITS[edit](log.by_id(id));
        let found = log.found();
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!(found[0].2, Some(id));
    }

    #[test]
    fn deleted_rows_are_all_counted(ids in prop::collection::btree_set(1_i64..=30, 1..12)) {
        let mut log = log();
        for id in &ids {
            log.remove(*id);
        }
        let missing: i64 = log.verify().iter().map(|f| f.detail.split(' ').next().unwrap().parse::<i64>().unwrap()).sum();
        prop_assert_eq!(missing, i64::try_from(ids.len()).unwrap());
        prop_assert!(log.found().iter().all(|(kind, _, _)| matches!(*kind, "missing_row" | "cut_tail")));
    }

    #[test]
    fn any_two_rows_swapped_are_named(a in 1_i64..=10, b in 1_i64..=10) {
        prop_assume!(a < b);
        let mut log = log();
        log.by_id(a).chain_seq = b;
        log.by_id(b).chain_seq = a;
        prop_assert_eq!(log.found(), [("reordered", Some(a), Some(b)), ("reordered", Some(b), Some(a))]);
    }

    #[test]
    fn any_row_moved_is_one_finding(id in 1_i64..=20, seq in 1_i64..=30) {
        let mut log = log();
        let moved = log.by_id(id);
        (moved.tenant_id, moved.chain_lane, moved.chain_seq) = (tenant(2), 0, seq);
        prop_assert_eq!(log.found(), [("moved_row", Some(seq), Some(id))]);
    }
}
