//! The runs of rows that checkpoints appended to a tenant's tree, cut at what an exported file has.

use std::collections::{BTreeMap, BTreeSet};

/// Rows of a lane that one checkpoint appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The lane.
    pub chain_lane: i16,
    /// The first row.
    pub first_seq: i64,
    /// The last row.
    pub last_seq: i64,
    /// The number of its first leaf.
    pub first_leaf: u64,
    /// The size of the tree of the checkpoint.
    pub tree_size: u64,
}

/// A part of the order of the leaves in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Rows that are in the file.
    Run {
        /// The number of the first leaf.
        first_leaf: u64,
        /// The lane.
        chain_lane: i16,
        /// The first row.
        first_seq: i64,
        /// The last row.
        last_seq: i64,
    },
    /// Leaves of rows that are not.
    Absent {
        /// The number of the first leaf.
        first_leaf: u64,
        /// How many they are.
        leaves: u64,
    },
}

/// The parts, in the order of the leaves. `there` has the numbers of each lane in the file, ascending. Leaves
/// of absent rows are parted where a note may end: at the sizes of checkpoints, from the first row of the
/// file on. The order ends where what is stored has a gap.
pub fn parts(appended: &[Appended], there: &BTreeMap<i16, Vec<(i64, i64)>>) -> Vec<Part> {
    let sizes: BTreeSet<u64> = appended.iter().map(|run| run.tree_size).collect();
    let (mut parts, mut end, mut has_rows) = (Vec::new(), 0, false);
    for run in appended {
        if run.first_leaf != end || run.first_seq > run.last_seq {
            break;
        }
        for (first, last, is_there) in cut(run, there.get(&run.chain_lane).map_or(&[], Vec::as_slice)) {
            let leaves = last.abs_diff(first) + 1;
            if is_there {
                has_rows = true;
                parts.push(Part::Run {
                    first_leaf: end,
                    chain_lane: run.chain_lane,
                    first_seq: first,
                    last_seq: last,
                });
            } else if let Some(Part::Absent { leaves: before, .. }) = parts.last_mut()
                && !(has_rows && sizes.contains(&end))
            {
                *before += leaves;
            } else {
                parts.push(Part::Absent { first_leaf: end, leaves });
            }
            end += leaves;
        }
    }
    parts
}

/// A run, cut where the file's rows begin and end: first, last, and whether they are there.
fn cut(run: &Appended, there: &[(i64, i64)]) -> Vec<(i64, i64, bool)> {
    let (mut next, mut cut) = (run.first_seq, Vec::new());
    for (first, last) in there.iter().copied() {
        let (first, last) = (first.max(next), last.min(run.last_seq));
        if first > last {
            continue;
        }
        if first > next {
            cut.push((next, first - 1, false));
        }
        cut.push((first, last, true));
        next = last + 1;
    }
    if next <= run.last_seq {
        cut.push((next, run.last_seq, false));
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNS: [Appended; 4] = [
        Appended { chain_lane: 0, first_seq: 1, last_seq: 4, first_leaf: 0, tree_size: 6 },
        Appended { chain_lane: 1, first_seq: 1, last_seq: 2, first_leaf: 4, tree_size: 6 },
        Appended { chain_lane: 0, first_seq: 5, last_seq: 9, first_leaf: 6, tree_size: 11 },
        Appended { chain_lane: 0, first_seq: 10, last_seq: 12, first_leaf: 11, tree_size: 14 },
    ];

    fn run(first_leaf: u64, chain_lane: i16, first_seq: i64, last_seq: i64) -> Part {
        Part::Run { first_leaf, chain_lane, first_seq, last_seq }
    }

    fn absent(first_leaf: u64, leaves: u64) -> Part {
        Part::Absent { first_leaf, leaves }
    }

    #[test]
    fn a_file_of_all_rows_has_all_runs() {
        let all = parts(&RUNS, &BTreeMap::from([(0, vec![(1, 12)]), (1, vec![(1, 2)])]));
        assert_eq!(all, [run(0, 0, 1, 4), run(4, 1, 1, 2), run(6, 0, 5, 9), run(11, 0, 10, 12)]);
    }

    #[test]
    fn leaves_of_absent_rows_are_one_part_before_the_first_row_and_parted_at_checkpoints_after_it() {
        let some = parts(&RUNS, &BTreeMap::from([(0, vec![(7, 7)])]));
        assert_eq!(some, [absent(0, 8), run(8, 0, 7, 7), absent(9, 2), absent(11, 3)]);
        let gap = parts(&RUNS, &BTreeMap::from([(0, vec![(1, 3), (12, 12)])]));
        assert_eq!(gap, [run(0, 0, 1, 3), absent(3, 3), absent(6, 5), absent(11, 2), run(13, 0, 12, 12)]);
    }

    #[test]
    fn the_order_ends_where_what_is_stored_has_a_gap() {
        let holed = [RUNS[0], RUNS[2]];
        assert_eq!(parts(&holed, &BTreeMap::from([(0, vec![(1, 9)])])), [run(0, 0, 1, 4)]);
    }
}
