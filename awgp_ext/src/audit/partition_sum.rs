//! What the rows of one partition add up to: what its seal records.

use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::integrity::{HeadsRoot, Seal};
use awgp_core::audit::row::RowRef;
use std::collections::HashMap;

/// The sum of one partition's rows.
#[derive(Default)]
pub struct PartitionSum {
    root: HeadsRoot,
    highest_id: i64,
    /// First number and last link of each lane; kept only where a seal will be written.
    pub lanes: Vec<(Lane, i64, Link)>,
    open: Option<(Lane, i64, Link)>,
    /// Whether a row may have a value that can be erased.
    pub has_erasable: bool,
}

impl PartitionSum {
    /// Takes a row, in the order of lanes and numbers.
    pub fn add(&mut self, lane: Lane, id: i64, link: Link, keep: bool) {
        self.highest_id = self.highest_id.max(id);
        match &mut self.open {
            Some((open, _, last)) if *open == lane => *last = link,
            _ => {
                self.end_lane(keep);
                self.open = Some((lane, link.seq, link));
            }
        }
    }

    /// The last lane has ended.
    pub fn end_lane(&mut self, keep: bool) {
        if let Some((lane, first, last)) = self.open.take() {
            self.root.add(lane, last);
            if keep {
                self.lanes.push((lane, first, last));
            }
        }
    }

    /// What sealing the partition records.
    pub fn seal(&self) -> Seal {
        Seal { last_sequence_number: self.highest_id, cumulative_hash: self.root.clone().finish() }
    }
}

/// The rows of one partition in any order, before they are summed up.
#[derive(Default)]
pub struct Unsorted {
    /// Of each lane the first number, and the last link with the id of its row.
    lanes: HashMap<Lane, (i64, Link, i64)>,
    highest_id: i64,
    has_erasable: bool,
}

impl Unsorted {
    /// Takes a row.
    pub fn add(&mut self, row: &RowRef<'_>) {
        let Some(hash) = Digest::from_hex(row.integrity_hash) else { return };
        let link = Link { seq: row.chain_seq, hash };
        self.highest_id = self.highest_id.max(row.id);
        self.has_erasable = self.has_erasable || row.may_have_erasable();
        let (first, last, id) = self.lanes.entry(row.position().lane()).or_insert((link.seq, link, row.id));
        *first = link.seq.min(*first);
        if (link.seq, row.id) > (last.seq, *id) {
            (*last, *id) = (link, row.id);
        }
    }

    /// The sum: the same as that of the rows in order.
    pub fn sum(self, keep: bool) -> PartitionSum {
        let mut lanes: Vec<_> =
            self.lanes.into_iter().map(|(lane, (first, last, _))| (lane, first, last)).collect();
        lanes.sort_by_key(|(lane, ..)| *lane);
        let mut root = HeadsRoot::default();
        lanes.iter().for_each(|(lane, _, last)| root.add(*lane, *last));
        PartitionSum {
            root,
            highest_id: self.highest_id,
            lanes: if keep { lanes } else { Vec::new() },
            open: None,
            has_erasable: self.has_erasable,
        }
    }
}
