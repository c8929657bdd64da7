//! Whether the trail of a pack has all rows of its time.
//!
//! Rows of a lane have numbers without a gap. A pack has, in each lane, also the row before the first of the
//! time and the row after the last. So nothing between them is missing, as far as the clock of the server did
//! not go back.

use crate::audit::chain::Lane;
use std::collections::BTreeMap;
use std::ops::Range;
use uuid::Uuid;

/// A row at the beginning or the end of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Its number.
    pub seq: i64,
    /// When it was written.
    pub timestamp_us: i64,
}

/// The first and the last row of each lane.
pub type Edges = BTreeMap<i16, (Edge, Edge)>;

/// Rows that a pack does not have, and of which it does not show that they are of another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lacking {
    /// The lane.
    pub chain_lane: i16,
    /// The first of them.
    pub first_seq: i64,
    /// The last of them.
    pub last_seq: i64,
}

/// What is known about a lane besides the trail.
#[derive(Debug, Default)]
pub struct Known {
    /// The last number of each lane that a note signs.
    pub signed: BTreeMap<i16, i64>,
    /// Numbers that the server says are in months of their own.
    pub elsewhere: BTreeMap<i16, Vec<(i64, i64)>>,
}

/// The rows that are lacking, and of these those that the server says are in months of their own.
pub fn lacking(
    tenant_id: Uuid,
    time: &Range<i64>,
    edges: &Edges,
    there: &BTreeMap<Lane, Vec<(i64, i64)>>,
    known: &Known,
) -> (Vec<Lacking>, Vec<Lacking>) {
    let (mut lacking, mut elsewhere) = (Vec::new(), Vec::new());
    let lanes = known.signed.keys().chain(edges.keys()).copied().collect::<std::collections::BTreeSet<i16>>();
    for chain_lane in lanes {
        let ranges = there.get(&Lane { tenant_id, chain_lane }).map_or(&[][..], Vec::as_slice);
        let signed = known.signed.get(&chain_lane).copied().unwrap_or(0);
        let mut absent = Vec::new();
        match (edges.get(&chain_lane), ranges.first(), ranges.last()) {
            (Some((first, last)), Some((begins, _)), Some((_, ends))) => {
                if *begins > 1 && first.timestamp_us >= time.start {
                    absent.push((1, begins - 1));
                }
                absent.extend(ranges.windows(2).map(|pair| (pair[0].1 + 1, pair[1].0 - 1)));
                if signed > *ends && last.timestamp_us < time.end {
                    absent.push((ends + 1, signed));
                }
            }
            _ if signed > 0 => absent.push((1, signed)),
            _ => {}
        }
        let away = known.elsewhere.get(&chain_lane).map_or(&[][..], Vec::as_slice);
        for (first_seq, last_seq) in absent {
            let found = Lacking { chain_lane, first_seq, last_seq };
            // Months before the time need not be there from their first row on: the newest of them says it.
            let touches = |(from, to): &(i64, i64)| *from <= last_seq && *to >= last_seq;
            if away.iter().any(touches) { elsewhere.push(found) } else { lacking.push(found) }
        }
    }
    (lacking, elsewhere)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Ranges = Vec<(i64, i64)>;

    const TENANT: Uuid = Uuid::from_u128(1);

    fn asked(rows: &[(i64, i64)], signed: i64, elsewhere: &[(i64, i64)]) -> (Ranges, Ranges) {
        let edge = |(seq, timestamp_us): (i64, i64)| Edge { seq, timestamp_us };
        let mut edges = Edges::new();
        let mut there: BTreeMap<Lane, Vec<(i64, i64)>> = BTreeMap::new();
        if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
            edges.insert(0, (edge(*first), edge(*last)));
            there.insert(Lane { tenant_id: TENANT, chain_lane: 0 }, vec![(first.0, last.0)]);
        }
        let known = Known {
            signed: BTreeMap::from([(0, signed)]),
            elsewhere: BTreeMap::from([(0, elsewhere.to_vec())]),
        };
        let (lacking, elsewhere) = lacking(TENANT, &(100..200), &edges, &there, &known);
        let told = |all: Vec<Lacking>| all.iter().map(|of| (of.first_seq, of.last_seq)).collect();
        (told(lacking), told(elsewhere))
    }

    #[test]
    fn a_lane_is_whole_between_a_row_before_the_time_and_a_row_after_it() {
        assert_eq!(asked(&[(5, 99), (9, 200)], 20, &[]), (vec![], vec![]));
        assert_eq!(asked(&[(1, 100), (9, 200)], 20, &[]), (vec![], vec![]));
        // Nothing more is signed: what comes later is not known.
        assert_eq!(asked(&[(1, 100), (9, 150)], 9, &[]), (vec![], vec![]));
    }

    #[test]
    fn what_may_be_of_the_time_and_is_not_there_is_lacking() {
        assert_eq!(asked(&[(5, 100), (9, 200)], 20, &[]), (vec![(1, 4)], vec![]));
        assert_eq!(asked(&[(5, 99), (9, 199)], 20, &[]), (vec![(10, 20)], vec![]));
        assert_eq!(asked(&[], 20, &[]), (vec![(1, 20)], vec![]));
        assert_eq!(asked(&[(5, 100), (9, 200)], 20, &[(3, 4)]), (vec![], vec![(1, 4)]));
        assert_eq!(asked(&[(5, 100), (9, 200)], 20, &[(1, 3)]), (vec![(1, 4)], vec![]));
    }

    #[test]
    fn a_gap_within_a_lane_is_lacking() {
        let edge = |seq, timestamp_us| Edge { seq, timestamp_us };
        let edges = Edges::from([(0, (edge(1, 50), edge(9, 250)))]);
        let there = BTreeMap::from([(Lane { tenant_id: TENANT, chain_lane: 0 }, vec![(1, 3), (6, 9)])]);
        let (lacking, _) = lacking(TENANT, &(100..200), &edges, &there, &Known::default());
        assert_eq!(lacking, [Lacking { chain_lane: 0, first_seq: 4, last_seq: 5 }]);
    }
}
