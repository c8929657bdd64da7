//! Verifies rows in heap order, without sorting them.
//!
//! The log is append-only, so a lane's rows are nearly in order in the heap: a row that comes early waits.
//! All lanes are followed at the same time, and what waits is bounded; at the bound, the lane with the most
//! waiting rows continues without the rows it waits for. If one of those comes later, the lane is out of
//! order, and has to be read again, sorted. So an unchanged log is read once, at the speed of the disk, and
//! any other log still gets correct findings.

use super::chain::{Lane, Linker};
use super::lane::LaneVerifier;
use super::lane_facts::LaneFacts;
use super::row::RowRef;
use super::suspicion::Suspicion;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Where the rows come from.
pub trait Source {
    /// What is kept of a row that waits.
    type Kept;

    /// What is known about the lane of this row, which is the lane's first.
    fn facts(&mut self, row: &RowRef<'_>) -> LaneFacts;

    /// How many bytes of memory this takes.
    fn size(kept: &Self::Kept) -> usize;

    /// Passes on a row that was kept.
    fn again(&mut self, kept: &Self::Kept, visit: &mut dyn FnMut(&RowRef<'_>));
}

/// How much is kept at the same time.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Lanes that are followed; each takes about a kilobyte.
    pub lanes: usize,
    /// Bytes of rows that wait for an earlier one.
    pub waiting: usize,
    /// Bytes of suspicions.
    pub suspicions: usize,
}

/// What must be read again, sorted.
#[derive(Debug, PartialEq, Eq)]
pub enum Again {
    /// These lanes, in their order; all others are done.
    Lanes(Vec<Lane>),
    /// All of it: there are too many lanes to follow, or too many suspicions to keep.
    All,
}

/// What was found in the lanes that were followed to their end.
#[derive(Debug, Default)]
pub struct Followed {
    /// Each lane, and what it cannot decide by itself.
    pub lanes: BTreeMap<Lane, Vec<Suspicion>>,
    /// Lanes that begin at their genesis value.
    pub from_genesis: usize,
}

/// A lane that is followed.
struct Track<K> {
    verifier: LaneVerifier,
    suspicions: Vec<Suspicion>,
    next_seq: i64,
    waiting: BTreeMap<i64, Vec<K>>,
    waiting_bytes: usize,
    from_genesis: bool,
    out_of_order: bool,
}

/// The pass in heap order.
pub struct HeapOrder<S: Source> {
    tracks: HashMap<Lane, Track<S::Kept>>,
    with_waiting: HashSet<Lane>,
    waiting_bytes: usize,
    suspicion_bytes: usize,
    bounds: Bounds,
    given_up: bool,
    /// One buffer for all lanes.
    linker: Linker,
}

impl<S: Source> HeapOrder<S> {
    /// Begins.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            tracks: HashMap::new(),
            with_waiting: HashSet::new(),
            waiting_bytes: 0,
            suspicion_bytes: 0,
            bounds,
            given_up: false,
            linker: Linker::default(),
        }
    }

    /// Whether all of it must be read again: then further rows need not be passed.
    pub fn has_given_up(&self) -> bool {
        self.given_up
    }

    /// Takes the next row. `keep` makes what is kept of it where it has to wait.
    pub fn take(&mut self, row: &RowRef<'_>, keep: impl FnOnce() -> S::Kept, source: &mut S) {
        if self.given_up {
            return;
        }
        let lane = row.position().lane();
        let count = self.tracks.len();
        let track = match self.tracks.get_mut(&lane) {
            Some(track) => track,
            None if count == self.bounds.lanes => return self.give_up(),
            None => self.tracks.entry(lane).or_insert_with(|| Track::new(lane, source.facts(row))),
        };
        let (waited, suspected) = (track.waiting_bytes, track.suspicions.len());
        track.take(row, keep, &mut self.linker, source);
        let (waits, suspects) = (track.waiting_bytes, track.suspicions.len());
        if suspects != suspected {
            let new = track.suspicions.get(suspected..).unwrap_or_default();
            self.suspicion_bytes += new.iter().map(Suspicion::size).sum::<usize>();
        }
        if waits != waited {
            self.waiting_bytes = self.waiting_bytes - waited + waits;
            if waits == 0 {
                self.with_waiting.remove(&lane);
            } else {
                self.with_waiting.insert(lane);
            }
            if self.waiting_bytes > self.bounds.waiting {
                self.release_longest(source);
            }
        }
        if self.suspicion_bytes > self.bounds.suspicions {
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        self.given_up = true;
        self.tracks = HashMap::new();
        self.with_waiting = HashSet::new();
    }

    fn release_longest(&mut self, source: &mut S) {
        let bytes = |lane: &&Lane| self.tracks.get(*lane).map_or(0, |track| track.waiting_bytes);
        let Some(lane) = self.with_waiting.iter().max_by_key(bytes).copied() else { return };
        self.with_waiting.remove(&lane);
        if let Some(track) = self.tracks.get_mut(&lane) {
            self.waiting_bytes -= track.waiting_bytes;
            let suspected = track.suspicions.len();
            track.release(&mut self.linker, source);
            let new = track.suspicions.get(suspected..).unwrap_or_default();
            self.suspicion_bytes += new.iter().map(Suspicion::size).sum::<usize>();
        }
    }

    /// Ends: returns what was found, and what must be read again.
    pub fn finish(mut self, source: &mut S) -> (Followed, Again) {
        let (mut followed, mut again) = (Followed::default(), Vec::new());
        for (lane, mut track) in std::mem::take(&mut self.tracks) {
            track.release(&mut self.linker, source);
            if track.out_of_order {
                again.push(lane);
                continue;
            }
            let mut suspicions = track.suspicions;
            track.verifier.finish(&mut suspicions);
            self.suspicion_bytes += suspicions.iter().map(Suspicion::size).sum::<usize>();
            if self.suspicion_bytes > self.bounds.suspicions {
                self.given_up = true;
            }
            if self.given_up {
                break;
            }
            followed.lanes.insert(lane, suspicions);
            followed.from_genesis += usize::from(track.from_genesis);
        }
        if self.given_up {
            return (Followed::default(), Again::All);
        }
        again.sort();
        (followed, Again::Lanes(again))
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

impl<K> Track<K> {
    fn new(lane: Lane, facts: LaneFacts) -> Self {
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

    fn take<S: Source<Kept = K>>(
        &mut self,
        row: &RowRef<'_>,
        keep: impl FnOnce() -> K,
        linker: &mut Linker,
        source: &mut S,
    ) {
        let seq = row.chain_seq;
        if self.out_of_order {
            return;
        }
        if seq > self.next_seq {
            let kept = keep();
            self.waiting_bytes += S::size(&kept);
            self.waiting.entry(seq).or_default().push(kept);
        } else if seq == self.next_seq {
            self.push(row, linker);
            while let Some(entry) = self.waiting.first_entry().filter(|entry| *entry.key() == self.next_seq) {
                let rows = entry.remove();
                self.push_waiting(&rows, linker, source);
            }
        } else {
            // Too late, or a second row at a position: only the sorted order can decide.
            self.out_of_order = true;
            self.suspicions = Vec::new();
            self.waiting = BTreeMap::new();
            self.waiting_bytes = 0;
        }
    }

    fn push(&mut self, row: &RowRef<'_>, linker: &mut Linker) {
        self.verifier.push_through(linker, row, &mut self.suspicions);
        self.next_seq = after_bridges(self.verifier.facts(), row.chain_seq.saturating_add(1));
    }

    fn push_waiting<S: Source<Kept = K>>(&mut self, rows: &[K], linker: &mut Linker, source: &mut S) {
        for kept in rows {
            self.waiting_bytes -= S::size(kept);
            source.again(kept, &mut |row| self.push(row, linker));
        }
    }

    /// Continues without the rows that others wait for.
    fn release<S: Source<Kept = K>>(&mut self, linker: &mut Linker, source: &mut S) {
        for rows in std::mem::take(&mut self.waiting).into_values() {
            self.push_waiting(&rows, linker, source);
        }
    }
}
