//! Canonical bytes: different rows have different bytes, and any change of a bit changes the hash.

use crate::log::{INSTALL, lane};
use awgp_core::audit::canonical::write;
use awgp_core::audit::chain::{genesis, link};
use awgp_core::audit::row::AuditRow;
use proptest::prelude::*;
use uuid::Uuid;

fn bytes(row: &AuditRow) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, &row.borrowed());
    out
}

/// Rows over a small alphabet, so that near-collisions are drawn often.
fn rows() -> impl Strategy<Value = AuditRow> {
    let text = || "[a|\\x00]{0,2}";
    let id = || prop::option::of((0_u128..2).prop_map(Uuid::from_u128));
    let fixed = (0_i64..2, 0_i64..2, 0_u128..2, 0_i16..2, 0_i64..2);
    let texts = (
        text(),
        text(),
        text(),
        prop::option::of(text()),
        prop::option::of(text()),
        prop::option::of(text()),
    );
    (fixed, texts, id(), id()).prop_map(|(fixed, texts, actor_id, entity_id)| AuditRow {
        id: fixed.0,
        timestamp_us: fixed.1,
        tenant_id: Uuid::from_u128(fixed.2),
        chain_lane: fixed.3,
        chain_seq: fixed.4,
        actor_type: texts.0,
        action: texts.1,
        entity_type: texts.2,
        before_state: texts.3,
        after_state: texts.4,
        metadata: texts.5,
        actor_id,
        entity_id,
        integrity_hash: String::new(),
    })
}

proptest! {
    #[test]
    fn rows_and_bytes_are_one_to_one(a in rows(), b in rows()) {
        prop_assert_eq!(bytes(&a) == bytes(&b), a == b);
    }

    #[test]
    fn no_boundary_between_columns_can_be_moved(row in rows(), text in "[a-c]{2,6}", cut in 0_usize..=2) {
        let (mut a, mut b) = (row.clone(), row);
        (a.action, a.entity_type) = (text.clone(), String::new());
        (b.action, b.entity_type) = (text[..cut].to_owned(), text[cut..].to_owned());
        prop_assert_eq!(bytes(&a) == bytes(&b), a == b);
    }

    #[test]
    fn every_bit_counts(row in rows(), bit: prop::sample::Index) {
        let previous = genesis(INSTALL, lane(1, 0));
        let mut canonical = bytes(&row);
        let honest = link(previous, &canonical);
        let bit = bit.index(canonical.len() * 8);
        canonical[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(link(previous, &canonical), honest);
    }

    #[test]
    fn a_row_is_never_an_inner_node_or_a_leaf_of_a_tree(row in rows()) {
        let canonical = bytes(&row);
        // An inner node is 0x01 and two hashes: 65 bytes. A link's input is 32 bytes longer than its row.
        prop_assert!(canonical[0] > 1 && canonical.len() + 32 > 65);
    }
}
