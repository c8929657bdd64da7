//! From the suspicions of all lanes to findings: each tampering once, with its name.
//!
//! A row at a position where it does not fit, and a position that its row has left, are two sides of one act.
//! Every suspect is tried at every position that lacks its row, by hash: where its bytes with that position
//! yield the hash it carries, it was chained there. So a moved row is one finding, not a missing row here, an
//! inserted one there and a broken link behind both.
//!
//! Memory grows with the findings, never with the rows. What is kept for reconciliation is bounded; beyond
//! the bound a suspicion is reported as it is.

use super::canonical::set_position;
use super::chain::{Digest, Position, link};
use super::finding::{Finding, Kind};
use super::suspicion::{Break, Hole, Suspect, Suspicion};
use std::collections::HashSet;

/// Bytes of suspects that are kept for reconciliation.
const KEPT_BYTES: usize = 16 << 20;

/// How many hashes reconciliation may compute: about a second's worth.
const HASHES: u32 = 1 << 20;

/// Collects suspicions and turns them into findings.
#[derive(Debug, Default)]
pub struct Reconciler {
    findings: Vec<Finding>,
    updated: Vec<(Position, i64)>,
    suspects: Vec<Filler>,
    strays: Vec<(usize, Kind)>,
    breaks: Vec<KeptBreak>,
    holes: Vec<KeptHole>,
    slots: Vec<Slot>,
    kept_bytes: usize,
    lanes_from_genesis: usize,
}

/// A row that may belong elsewhere.
#[derive(Debug)]
struct Filler {
    suspect: Suspect,
    /// The position for which its bytes yield its hash.
    placed: Option<Position>,
}

#[derive(Debug)]
struct KeptBreak {
    filler: usize,
    slot: usize,
    predecessor: Option<(Position, i64, bool)>,
}

#[derive(Debug)]
struct KeptHole {
    slot: usize,
    last_seq: i64,
    tail: bool,
    successors: Vec<usize>,
    successor_changed: bool,
}

/// A position that lacks its row. The position of a hole moves forward as the hole is filled.
#[derive(Debug)]
struct Slot {
    position: Position,
    previous: Vec<Digest>,
    /// The hash of the row that belongs here, where it is known.
    expected: Option<Digest>,
    hole: Option<usize>,
    filled_by: Option<usize>,
}

impl Reconciler {
    /// A lane was begun from its genesis value; see [`Kind::BadGenesis`].
    pub fn note_lane_from_genesis(&mut self) {
        self.lanes_from_genesis += 1;
    }

    /// Takes one suspicion.
    pub fn add(&mut self, suspicion: Suspicion) {
        match suspicion {
            Suspicion::Settled(finding) => self.findings.push(finding),
            Suspicion::Updated(position, id) => self.updated.push((position, id)),
            Suspicion::Stray(row, kind) => {
                let stray = self.keep(row);
                self.strays.push((stray, kind));
            }
            Suspicion::Broken(broken) => self.add_break(broken),
            Suspicion::Hole(hole) => self.add_hole(hole),
        }
    }

    fn keep(&mut self, mut suspect: Suspect) -> usize {
        self.kept_bytes += suspect.canonical.len();
        if self.kept_bytes > KEPT_BYTES {
            // Without its bytes it cannot be tried, and is reported as it is.
            suspect.canonical = Vec::new();
        }
        self.suspects.push(Filler { suspect, placed: None });
        self.suspects.len() - 1
    }

    fn add_break(&mut self, broken: Break) {
        let position = broken.row.position;
        let expected = broken.row.stored.filter(|_| broken.hash_confirmed);
        let filler = self.keep(broken.row);
        let previous = broken.previous.into_iter().collect();
        self.slots.push(Slot { position, previous, expected, hole: None, filled_by: None });
        let slot = self.slots.len() - 1;
        self.breaks.push(KeptBreak { filler, slot, predecessor: broken.predecessor });
    }

    fn add_hole(&mut self, hole: Hole) {
        let successors = hole.successors.into_iter().map(|row| self.keep(row)).collect();
        self.slots.push(Slot {
            position: hole.first,
            previous: hole.previous,
            expected: None,
            hole: Some(self.holes.len()),
            filled_by: None,
        });
        self.holes.push(KeptHole {
            slot: self.slots.len() - 1,
            last_seq: hole.last_seq,
            tail: hole.tail,
            successors,
            successor_changed: false,
        });
    }

    /// All findings, ordered by tenant, lane and number.
    pub fn finish(mut self) -> Vec<Finding> {
        self.place_all();
        self.report_placed();
        self.report_strays();
        self.report_breaks();
        self.report_holes();
        self.report_updated();
        self.findings.sort_by(|a, b| {
            let key = |f: &Finding| (f.tenant_id, f.chain_lane, f.chain_seq, f.audit_id, f.kind);
            key(a).cmp(&key(b))
        });
        self.findings
    }

    /// Tries suspects at positions until nothing more fits.
    fn place_all(&mut self) {
        let mut hashes_left = HASHES;
        let mut progress = true;
        while progress {
            progress = false;
            let mut slot = 0;
            while slot < self.slots.len() {
                match self.filler_for(slot, &mut hashes_left) {
                    Some((filler, hash)) => {
                        self.place(filler, slot, hash);
                        progress = true;
                    }
                    None => slot += 1,
                }
                if hashes_left == 0 {
                    return;
                }
            }
        }
    }

    fn filler_for(&mut self, slot: usize, hashes_left: &mut u32) -> Option<(usize, Digest)> {
        let Slot { position, previous, expected, filled_by: None, .. } = &self.slots[slot] else {
            return None;
        };
        for (index, filler) in self.suspects.iter_mut().enumerate() {
            if filler.placed.is_some() || filler.suspect.canonical.is_empty() {
                continue;
            }
            set_position(&mut filler.suspect.canonical, *position);
            for previous in previous {
                *hashes_left = hashes_left.checked_sub(1)?;
                let hash = link(*previous, &filler.suspect.canonical);
                if Some(hash) == filler.suspect.stored || Some(hash) == *expected {
                    return Some((index, hash));
                }
            }
        }
        None
    }

    fn place(&mut self, filler: usize, slot: usize, hash: Digest) {
        let position = self.slots[slot].position;
        self.suspects[filler].placed = Some(position);
        let next = position.next();
        match self.slots[slot].hole {
            None => self.slots[slot].filled_by = Some(filler),
            Some(hole) if next.chain_seq > self.holes[hole].last_seq => {
                self.slots[slot].filled_by = Some(filler);
                self.check_successors(hole, hash);
            }
            Some(_) => {
                self.slots[slot].position = next;
                self.slots[slot].previous = vec![hash];
                return;
            }
        }
        for other in &mut self.slots {
            if other.position == next && other.filled_by.is_none() {
                other.previous.insert(0, hash);
            }
        }
    }

    /// A hole was filled, so the rows after it can be checked.
    fn check_successors(&mut self, hole: usize, hash: Digest) {
        let mut any_fits = false;
        for &index in &self.holes[hole].successors {
            let Filler { suspect, placed } = &mut self.suspects[index];
            if suspect.canonical.is_empty() || placed.is_some() {
                any_fits = true;
                continue;
            }
            set_position(&mut suspect.canonical, suspect.position);
            if Some(link(hash, &suspect.canonical)) == suspect.stored {
                *placed = Some(suspect.position);
                any_fits = true;
            }
        }
        self.holes[hole].successor_changed = !any_fits;
    }

    /// Rows at another position than the one they were chained at.
    fn report_placed(&mut self) {
        for Filler { suspect, placed } in &self.suspects {
            let now = suspect.position;
            let Some(then) = placed.filter(|then| *then != now) else { continue };
            let (kind, detail) = if then.lane() == now.lane() {
                (Kind::Reordered, format!("it was chained at {}", then.chain_seq))
            } else {
                let Position { tenant_id, chain_lane, chain_seq } = then;
                (
                    Kind::MovedRow,
                    format!("it was chained for tenant {tenant_id}, lane {chain_lane}, at {chain_seq}"),
                )
            };
            self.findings.push(Finding::at(kind, now, Some(suspect.id), detail));
        }
    }

    fn report_strays(&mut self) {
        for (index, kind) in &self.strays {
            let Filler { suspect, placed: None } = &self.suspects[*index] else { continue };
            let detail = match kind {
                Kind::DuplicateRow => "another row at this number has the same hash",
                Kind::ForeignRow => "this database never had a row in this lane",
                _ => "the chain did not write it here, or anywhere else that was checked",
            };
            self.findings.push(Finding::at(*kind, suspect.position, Some(suspect.id), detail));
        }
    }

    fn report_breaks(&mut self) {
        self.breaks.sort_by_key(|broken| self.suspects[broken.filler].suspect.position);
        let unexplained = |broken: &&KeptBreak| self.suspects[broken.filler].placed.is_none();
        let at_genesis = |broken: &KeptBreak| {
            broken.predecessor.is_none() && self.suspects[broken.filler].suspect.position.chain_seq == 1
        };
        let bad_starts = self.breaks.iter().filter(unexplained).filter(|broken| at_genesis(broken)).count();
        let bad_genesis = bad_starts >= 2 && bad_starts == self.lanes_from_genesis;
        if bad_genesis {
            self.findings.push(Finding::about_log(
                Kind::BadGenesis,
                format!("no lane of {bad_starts} begins at the genesis value of this install"),
            ));
        }
        let mut named: HashSet<(Position, i64)> = HashSet::new();
        let mut findings = Vec::new();
        for broken in self.breaks.iter().filter(unexplained) {
            if bad_genesis && at_genesis(broken) {
                continue;
            }
            let row = &self.suspects[broken.filler].suspect;
            if let Some(rightful) = self.slots[broken.slot].filled_by {
                let detail = format!("row {} was chained at this number", self.suspects[rightful].suspect.id);
                findings.push(Finding::at(Kind::InsertedRow, row.position, Some(row.id), detail));
                continue;
            }
            let rewritten = broken.predecessor.filter(|(_, _, updated)| *updated);
            if let Some((position, id, _)) = rewritten
                && named.insert((position, id))
            {
                let detail = format!("it was changed and hashed again: row {} no longer follows it", row.id);
                findings.push(Finding::at(Kind::ChangedRow, position, Some(id), detail));
            }
            if (row.updated || rewritten.is_none()) && named.insert((row.position, row.id)) {
                let detail = changed_detail(row, broken.predecessor);
                findings.push(Finding::at(Kind::ChangedRow, row.position, Some(row.id), detail));
            }
        }
        self.findings.append(&mut findings);
    }

    fn report_holes(&mut self) {
        for hole in &self.holes {
            let slot = &self.slots[hole.slot];
            let successors = || hole.successors.iter().map(|index| &self.suspects[*index]);
            if slot.filled_by.is_some() {
                for row in successors().filter(|row| hole.successor_changed && row.placed.is_none()) {
                    let Suspect { position, id, .. } = row.suspect;
                    let detail = "its columns or its hash are not what was chained after the row before it";
                    self.findings.push(Finding::at(Kind::ChangedRow, position, Some(id), detail));
                }
                continue;
            }
            // A row that was moved beyond a lane's end leaves a hole before it that was never filled.
            let all_moved_here = !hole.successors.is_empty()
                && successors().all(|row| row.placed.is_some_and(|then| then != row.suspect.position));
            if all_moved_here {
                continue;
            }
            let count = hole.last_seq.saturating_sub(slot.position.chain_seq).saturating_add(1);
            let kind = if hole.tail { Kind::CutTail } else { Kind::MissingRow };
            let mut detail = format!("{count} missing, the last is {}", hole.last_seq);
            if let Some(row) = successors().next() {
                detail = format!("{detail}; row {} after it cannot be checked", row.suspect.id);
            }
            self.findings.push(Finding::at(kind, slot.position, None, detail));
        }
    }

    /// Rows that verify and were updated, unless a worse finding names them.
    fn report_updated(&mut self) {
        let named: HashSet<_> = self
            .findings
            .iter()
            .filter_map(|finding| Some((finding.tenant_id?, finding.audit_id?)))
            .collect();
        for (position, id) in &self.updated {
            if !named.contains(&(position.tenant_id, *id)) {
                let detail = "it verifies; the storage shows that it was updated after it was written";
                self.findings.push(Finding::at(Kind::UpdatedRow, *position, Some(*id), detail));
            }
        }
    }
}

fn changed_detail(row: &Suspect, predecessor: Option<(Position, i64, bool)>) -> String {
    match predecessor {
        Some((_, id, _)) if !row.updated => {
            format!("it does not follow row {id}: it was changed, or row {id} was changed and hashed again")
        }
        None if row.position.chain_seq == 1 => {
            "it does not follow the genesis value: it was changed, or chained under another install".into()
        }
        _ => "its columns are not what was chained".into(),
    }
}
