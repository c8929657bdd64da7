//! Verifies rows in heap order, without sorting them.
//!
//! The log is append-only, so a lane's rows are nearly in order in the heap: a row that comes early waits.
//! All lanes are followed at the same time, and what waits is bounded; at the bound, the lane with the most
//! waiting rows continues without the rows it waits for. If one of those comes later, the lane is out of
//! order, and is read again, sorted by the server. So an unchanged log is read once, at the speed of the
//! disk, and any other log still gets correct findings.

use super::plan::Plan;
use super::seal::Seals;
use crate::audit::tuple::{Kept, Tuple};
use awgp_core::audit::chain::Lane;
use awgp_core::audit::lane::LaneVerifier;
use awgp_core::audit::lane_facts::LaneFacts;
use awgp_core::audit::row::RowRef;
use awgp_core::audit::suspicion::Suspicion;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The most bytes of rows that wait for an earlier one.
const WAITING_BYTES_MAX: usize = 64 << 20;
/// The most lanes that are followed at the same time; each takes about a kilobyte and its longest row.
const LANES_MAX: usize = 65_536;

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

/// What must be read again, sorted.
#[derive(Debug, PartialEq, Eq)]
pub enum Again {
    /// These lanes.
    Lanes(Vec<Lane>),
    /// All of it: there are too many lanes to follow.
    All,
}

/// A lane that is followed.
struct Track {
    verifier: LaneVerifier,
    suspicions: Vec<Suspicion>,
    next_seq: i64,
    waiting: BTreeMap<i64, Vec<Kept>>,
    waiting_bytes: usize,
    from_genesis: bool,
    out_of_order: bool,
}

/// The pass in heap order.
pub struct Scan<'a> {
    plan: &'a Plan,
    tracks: HashMap<Lane, Track>,
    with_waiting: HashSet<Lane>,
    waiting_bytes: usize,
    waiting_bytes_max: usize,
    too_many_lanes: bool,
}

impl<'a> Scan<'a> {
    /// Begins.
    pub fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            tracks: HashMap::new(),
            with_waiting: HashSet::new(),
            waiting_bytes: 0,
            waiting_bytes_max: WAITING_BYTES_MAX,
            too_many_lanes: false,
        }
    }

    /// Takes the next row.
    pub fn take(&mut self, tuple: &Tuple<'_>) {
        if self.too_many_lanes {
            return;
        }
        let lane = tuple.row.position().lane();
        let plan = self.plan;
        if !self.tracks.contains_key(&lane) {
            if self.tracks.len() == LANES_MAX {
                self.too_many_lanes = true;
                self.tracks.clear();
                return;
            }
            self.tracks.insert(lane, Track::new(plan, lane));
        }
        let Some(track) = self.tracks.get_mut(&lane) else { return };
        let before = track.waiting_bytes;
        track.take(tuple);
        let after = track.waiting_bytes;
        if before == after {
            return;
        }
        self.waiting_bytes = self.waiting_bytes - before + after;
        if after == 0 {
            self.with_waiting.remove(&lane);
        } else {
            self.with_waiting.insert(lane);
        }
        if self.waiting_bytes > self.waiting_bytes_max {
            self.release_longest();
        }
    }

    fn release_longest(&mut self) {
        let bytes = |lane: &&Lane| self.tracks.get(*lane).map_or(0, |track| track.waiting_bytes);
        let Some(lane) = self.with_waiting.iter().max_by_key(bytes).copied() else { return };
        self.with_waiting.remove(&lane);
        if let Some(track) = self.tracks.get_mut(&lane) {
            self.waiting_bytes -= track.waiting_bytes;
            track.release();
        }
    }

    /// Ends: returns what was found, and what must be read again.
    pub fn finish(self, evidence: &mut Evidence) -> Again {
        if self.too_many_lanes {
            return Again::All;
        }
        let mut again = Vec::new();
        let mut tracks: Vec<(Lane, Track)> = self.tracks.into_iter().collect();
        tracks.sort_by_key(|(lane, _)| *lane);
        for (lane, mut track) in tracks {
            track.release();
            if track.out_of_order {
                again.push(lane);
                continue;
            }
            evidence.lanes.push(lane);
            evidence.lanes_from_genesis += usize::from(track.from_genesis);
            evidence.suspicions.append(&mut track.suspicions);
            track.verifier.finish(&mut evidence.suspicions);
        }
        Again::Lanes(again)
    }
}

/// The number that is next where `seq` would be, after retired ranges.
fn after_bridges(facts: &LaneFacts, seq: i64) -> i64 {
    facts.bridges.iter().fold(seq, |seq, bridge| {
        if (bridge.first_seq..=bridge.last.seq).contains(&seq) {
            bridge.last.seq.saturating_add(1)
        } else {
            seq
        }
    })
}

impl Track {
    fn new(plan: &Plan, lane: Lane) -> Self {
        let facts = plan.lane_facts(lane);
        Self {
            from_genesis: facts.start.seq == 0,
            next_seq: after_bridges(&facts, facts.start.seq.saturating_add(1)),
            verifier: LaneVerifier::new(lane, facts),
            suspicions: Vec::new(),
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            out_of_order: false,
        }
    }

    fn take(&mut self, tuple: &Tuple<'_>) {
        let seq = tuple.row.chain_seq;
        if self.out_of_order {
            return;
        }
        if seq > self.next_seq {
            self.waiting.entry(seq).or_default().push(tuple.keep());
            self.waiting_bytes += tuple.bytes.len();
        } else if seq == self.next_seq {
            self.push(&tuple.row);
            while let Some(entry) = self.waiting.first_entry().filter(|entry| *entry.key() == self.next_seq) {
                let rows = entry.remove();
                self.push_waiting(rows);
            }
        } else {
            // Too late, or a second row at a position: only the sorted order can decide.
            self.out_of_order = true;
            self.suspicions = Vec::new();
            self.waiting = BTreeMap::new();
            self.waiting_bytes = 0;
        }
    }

    fn push(&mut self, row: &RowRef<'_>) {
        self.verifier.push(row, &mut self.suspicions);
        self.next_seq = after_bridges(self.verifier.facts(), row.chain_seq.saturating_add(1));
    }

    fn push_waiting(&mut self, rows: Vec<Kept>) {
        for kept in rows {
            self.waiting_bytes -= kept.bytes.len();
            // It was parsed when it arrived.
            if let Some(tuple) = kept.tuple() {
                self.push(&tuple.row);
            }
        }
    }

    /// Continues without the rows that others wait for.
    fn release(&mut self) {
        for rows in std::mem::take(&mut self.waiting).into_values() {
            self.push_waiting(rows);
        }
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
