//! Verifies the rows of a job in heap order (see [`heap_order`]); lanes that are out of order are read again,
//! sorted by the server.

use super::plan::Plan;
use super::seal::Seals;
use crate::audit::tuple::{Kept, Tuple};
use awgp_core::audit::chain::Lane;
use awgp_core::audit::heap_order::{self, Again, Bounds, HeapOrder};
use awgp_core::audit::lane::LaneVerifier;
use awgp_core::audit::lane_facts::LaneFacts;
use awgp_core::audit::row::RowRef;
use awgp_core::audit::suspicion::Suspicion;

/// The most that is kept; suspicions are kept to the end in any case.
const BOUNDS: Bounds = Bounds { lanes: 65_536, waiting: 64 << 20, suspicions: usize::MAX };

/// What a job has found.
#[derive(Debug, Default)]
pub struct Evidence {
    /// What needs other lanes to decide, in the order of the lanes.
    pub suspicions: Vec<Suspicion>,
    /// Lanes that begin at their genesis value.
    pub lanes_from_genesis: usize,
    /// The lanes.
    pub lanes: Vec<Lane>,
    /// Rows.
    pub rows: u64,
    /// Whether a row may have a value that can be erased.
    pub may_have_erasable: bool,
    /// What follows from the sealed partitions.
    pub seals: Seals,
}

/// The rows as the server sends them.
struct Sent<'a>(&'a Plan);

impl heap_order::Source for Sent<'_> {
    type Kept = Kept;

    fn facts(&mut self, row: &RowRef<'_>) -> LaneFacts {
        self.0.lane_facts(row.position().lane())
    }

    fn size(kept: &Kept) -> usize {
        kept.bytes.len()
    }

    fn again(&mut self, kept: &Kept, visit: &mut dyn FnMut(&RowRef<'_>)) {
        // It was parsed when it arrived.
        if let Some(tuple) = kept.tuple() {
            visit(&tuple.row);
        }
    }
}

/// The pass in heap order.
pub struct Scan<'a> {
    sent: Sent<'a>,
    order: HeapOrder<Sent<'a>>,
}

impl<'a> Scan<'a> {
    /// Begins.
    pub fn new(plan: &'a Plan) -> Self {
        Self { sent: Sent(plan), order: HeapOrder::new(BOUNDS) }
    }

    /// Takes the next row.
    pub fn take(&mut self, tuple: &Tuple<'_>) {
        self.order.take(&tuple.row, || tuple.keep(), &mut self.sent);
    }

    /// Ends: returns what was found, and what must be read again.
    pub fn finish(mut self, evidence: &mut Evidence) -> Again {
        let (followed, again) = self.order.finish(&mut self.sent);
        evidence.lanes_from_genesis += followed.from_genesis;
        for (lane, mut suspicions) in followed.lanes {
            evidence.lanes.push(lane);
            evidence.suspicions.append(&mut suspicions);
        }
        again
    }
}

/// Verifies rows sorted by lane, number and id, in constant memory.
pub struct Sorted<'a> {
    plan: &'a Plan,
    current: Option<LaneVerifier>,
}

impl<'a> Sorted<'a> {
    /// Begins.
    pub fn new(plan: &'a Plan) -> Self {
        Self { plan, current: None }
    }

    /// Takes the next row.
    pub fn take(&mut self, tuple: &Tuple<'_>, evidence: &mut Evidence) {
        let lane = tuple.row.position().lane();
        let verifier = match &mut self.current {
            Some(verifier) if verifier.lane() == lane => verifier,
            current => {
                if let Some(ended) = current.take() {
                    ended.finish(&mut evidence.suspicions);
                }
                let facts = self.plan.lane_facts(lane);
                evidence.lanes.push(lane);
                evidence.lanes_from_genesis += usize::from(facts.start.seq == 0);
                current.insert(LaneVerifier::new(lane, facts))
            }
        };
        verifier.push(&tuple.row, &mut evidence.suspicions);
    }

    /// Ends.
    pub fn finish(self, evidence: &mut Evidence) {
        if let Some(ended) = self.current {
            ended.finish(&mut evidence.suspicions);
        }
    }
}
