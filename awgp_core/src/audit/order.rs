//! The order in which a tenant's rows were appended to its tree, as an exported file tells it
//! (docs/audit_format.md, "The order of the leaves").
//!
//! A file is sorted by lane, and a tree by time. So a file names the runs of rows that checkpoints appended.
//! Leaves of rows that it does not have stand as the roots of their subtrees. Nothing of this is trusted:
//! only the right order, over the right rows, yields a root that was signed.

use super::chain::Digest;
use super::position::{Lane, Position};
use super::subtrees::Subtrees;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Rows of a lane that are leaves one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The lane.
    pub chain_lane: i16,
    /// The first row.
    pub first_seq: i64,
    /// The last row.
    pub last_seq: i64,
    /// The number of its first leaf.
    first_leaf: u64,
    /// The row that is read next.
    next: i64,
    leaves: Subtrees,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Run(Run),
    Absent(Subtrees),
}

/// What a file yields for a size of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Yielded {
    /// The file does not have the order so far, or lacks rows that its order names.
    Unknown,
    /// The root, the runs of rows below it, and whether leaves are absent.
    Root {
        /// The root.
        root: Digest,
        /// Lane, first and last row of each run.
        runs: Vec<(i16, i64, i64)>,
    },
}

/// The order of one tenant's leaves.
#[derive(Clone, Debug, Default)]
pub struct Order {
    pieces: Vec<Piece>,
    end: u64,
    /// The runs by lane and number; made when the tenant's rows begin.
    sorted: Vec<usize>,
    cursor: usize,
}

impl Order {
    /// Adds a run of rows that are in the file. False where it does not follow the piece before it.
    pub fn run(&mut self, first_leaf: u64, chain_lane: i16, first_seq: i64, last_seq: i64) -> bool {
        let count = last_seq.checked_sub(first_seq).and_then(|more| u64::try_from(more).ok());
        let end = count.and_then(|more| first_leaf.checked_add(more)?.checked_add(1));
        let (Some(end), true) = (end, first_seq >= 1 && first_leaf == self.end) else { return false };
        let leaves = Subtrees::at(first_leaf);
        self.pieces.push(Piece::Run(Run {
            chain_lane,
            first_seq,
            last_seq,
            first_leaf,
            next: first_seq,
            leaves,
        }));
        self.end = end;
        i64::try_from(end).is_ok()
    }

    /// Adds leaves whose rows are not in the file. False where they do not follow the piece before them, or
    /// have another number of subtrees.
    pub fn absent(&mut self, first_leaf: u64, leaves: u64, roots: &[Digest]) -> bool {
        let end = first_leaf.checked_add(leaves).filter(|end| i64::try_from(*end).is_ok());
        let (Some(end), true) = (end, first_leaf == self.end) else { return false };
        let Some(subtrees) = Subtrees::of(first_leaf, end, roots) else { return false };
        self.pieces.push(Piece::Absent(subtrees));
        self.end = end;
        true
    }

    /// Begins the tenant's rows.
    pub fn begin(&mut self) {
        let place = |index: &usize| match &self.pieces[*index] {
            Piece::Run(run) => Some((run.chain_lane, run.first_seq)),
            Piece::Absent(_) => None,
        };
        self.sorted = (0..self.pieces.len()).filter(|index| place(index).is_some()).collect();
        self.sorted.sort_by_key(place);
        self.cursor = 0;
    }

    /// Takes the next row, in the order of lanes and numbers: its leaf, computed where a root is wanted. None
    /// from `leaf` is a row without a hash, which has no leaf.
    pub fn row(&mut self, chain_lane: i16, chain_seq: i64, leaf: impl FnOnce() -> Option<Option<Digest>>) {
        while let Some(index) = self.sorted.get(self.cursor) {
            let Piece::Run(run) = &mut self.pieces[*index] else { return };
            if (run.chain_lane, run.last_seq) < (chain_lane, chain_seq) {
                self.cursor += 1;
                continue;
            }
            if run.chain_lane == chain_lane && run.next == chain_seq {
                run.next += 1;
                if let Some(Some(leaf)) = leaf() {
                    run.leaves.push(leaf);
                }
            }
            return;
        }
    }

    /// The first rows that the order names and the file lacks, one for each run, with the last of the run.
    pub fn lacking(&self, tenant_id: Uuid) -> Vec<(Position, i64)> {
        let lacks = |piece: &Piece| match piece {
            Piece::Run(run) if run.next <= run.last_seq => {
                Some((Lane { tenant_id, chain_lane: run.chain_lane }.at(run.next), run.last_seq))
            }
            _ => None,
        };
        self.pieces.iter().filter_map(lacks).collect()
    }

    /// What the file yields for each of these sizes of the tree.
    pub fn yields(&self, sizes: &BTreeSet<u64>) -> BTreeMap<u64, Yielded> {
        let mut found: BTreeMap<u64, Yielded> = sizes.iter().map(|size| (*size, Yielded::Unknown)).collect();
        let (mut tree, mut runs) = (Subtrees::at(0), Vec::new());
        for piece in &self.pieces {
            let is_whole = match piece {
                Piece::Absent(leaves) => tree.join(leaves),
                Piece::Run(run) => {
                    runs.push((run.chain_lane, run.first_seq, run.last_seq));
                    tree.join(&run.leaves) && tree.end() == run.end()
                }
            };
            if !is_whole {
                break;
            }
            if let (Some(asked), Some(root)) = (found.get_mut(&tree.end()), tree.root()) {
                *asked = Yielded::Root { root, runs: runs.clone() };
            }
        }
        found
    }
}

impl Run {
    fn end(&self) -> u64 {
        self.first_leaf + self.last_seq.abs_diff(self.first_seq) + 1
    }
}
