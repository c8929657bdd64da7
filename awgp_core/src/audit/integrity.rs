//! The sealed partition: the root over its lane heads, and what its row of `audit_log_integrity` must hold.

use super::chain::{Digest, Lane, Link};
use super::finding::{Finding, Kind};
use sha2::{Digest as _, Sha256};

/// What follows from a partition's rows: `last_sequence_number` and `cumulative_hash` of its integrity row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The highest `id` in the partition; 0 where it has no rows.
    pub last_sequence_number: i64,
    /// The root over the partition's lane heads.
    pub cumulative_hash: Digest,
}

/// Computes `cumulative_hash` from the last link of each lane in a partition, fed in the order of tenant and
/// lane.
#[derive(Clone, Debug)]
pub struct HeadsRoot(Sha256);

impl Default for HeadsRoot {
    fn default() -> Self {
        Self(Sha256::new_with_prefix(b"awgp-audit-sum\x00\x01"))
    }
}

impl HeadsRoot {
    /// Adds the last link of a lane: tenant (16 bytes), lane (2), number (8), hash (32).
    pub fn add(&mut self, lane: Lane, last: Link) {
        self.0.update(lane.tenant_id.as_bytes());
        self.0.update(lane.chain_lane.to_be_bytes());
        self.0.update(last.seq.to_be_bytes());
        self.0.update(last.hash.0);
    }

    /// The root.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// Compares a sealed partition's integrity row, as `(last_sequence_number, cumulative_hash)`, with the
/// partition's rows. `sealed` tells whether the partition is known to be sealed: then the row must exist.
pub fn check(
    partition_name: &str,
    stored: Option<(i64, &str)>,
    sealed: bool,
    actual: Seal,
) -> Option<Finding> {
    let finding = |kind, detail: String| Some(Finding::about_partition(kind, partition_name, detail));
    let Some((last, hash)) = stored else {
        let missing =
            || finding(Kind::IntegrityMissing, "the partition is sealed and has no integrity row".into());
        return sealed.then(missing).flatten();
    };
    if last < actual.last_sequence_number {
        let detail = format!("it ends at id {last}, the partition at {}", actual.last_sequence_number);
        return finding(Kind::IntegrityRewound, detail);
    }
    if last > actual.last_sequence_number || hash.as_bytes() != actual.cumulative_hash.to_hex() {
        let Seal { last_sequence_number, cumulative_hash } = actual;
        let detail = format!("the partition's rows yield {last_sequence_number} and {cumulative_hash}");
        return finding(Kind::IntegrityEdited, detail);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn seal(heads: &[(u128, i16, i64, u8)]) -> Digest {
        let mut root = HeadsRoot::default();
        for (tenant, chain_lane, seq, byte) in heads {
            let lane = Lane { tenant_id: Uuid::from_u128(*tenant), chain_lane: *chain_lane };
            root.add(lane, Link { seq: *seq, hash: Digest([*byte; 32]) });
        }
        root.finish()
    }

    #[test]
    fn the_root_depends_on_every_part_of_every_head() {
        let base = seal(&[(1, 0, 5, 7), (2, 0, 3, 8)]);
        for other in [
            seal(&[(1, 0, 5, 7)]),
            seal(&[(1, 0, 5, 7), (3, 0, 3, 8)]),
            seal(&[(1, 0, 5, 7), (2, 1, 3, 8)]),
            seal(&[(1, 0, 5, 7), (2, 0, 4, 8)]),
            seal(&[(1, 0, 5, 7), (2, 0, 3, 9)]),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn an_integrity_row_is_right_rewound_edited_or_missing() {
        let actual = Seal { last_sequence_number: 10, cumulative_hash: Digest([0xab; 32]) };
        let (right, wrong) = (Digest([0xab; 32]).to_string(), Digest([2; 32]).to_string());
        let kind = |stored, sealed| check("p", stored, sealed, actual).map(|finding| finding.kind);
        assert_eq!(kind(Some((10, &*right)), true), None);
        assert_eq!(kind(None, false), None);
        assert_eq!(kind(None, true), Some(Kind::IntegrityMissing));
        assert_eq!(kind(Some((9, &*right)), true), Some(Kind::IntegrityRewound));
        assert_eq!(kind(Some((11, &*right)), true), Some(Kind::IntegrityEdited));
        assert_eq!(kind(Some((10, &*wrong)), true), Some(Kind::IntegrityEdited));
        assert_eq!(kind(Some((10, &*right.to_uppercase())), false), Some(Kind::IntegrityEdited));
    }
}
