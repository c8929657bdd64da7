//! One lane, row by row in the order of `chain_seq`; yields suspicions.
//!
//! Row `n` is checked against the *stored* hash of row `n - 1`, so one edit breaks one or two links and no
//! more. Which row was edited shows only with the next row: the hash that it links to is the one that row `n`
//! had. So the verifier holds two positions, the open one and the one before, and reports one row late. What
//! needs other lanes (was the row that does not fit here chained elsewhere?) is left to [`super::reconcile`].
//! Memory is constant for any number of rows.

use super::chain::{Digest, Lane, Linker, Position};
use super::finding::{Finding, Kind};
use super::lane_facts::{Head, LaneFacts};
use super::row::RowRef;
use super::suspicion::{Break, Hole, Suspect, Suspicion};

/// Rows kept at one position. Further ones are reported immediately as inserted.
const ROWS_AT_ONE_POSITION: usize = 8;
/// Why a row is taken to follow the position before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Follows {
    /// The stored hash of the member.
    Stored(usize),
    /// What the member's columns hash to; its stored hash is another.
    Computed(usize),
    /// The hash that was recorded for the position.
    Recorded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Not a row: the point after which the lane begins.
    Start,
    Fits(Follows),
    /// The position before is empty.
    Unchecked,
    Misfit,
}

/// A row at a position.
#[derive(Debug)]
struct Member {
    id: i64,
    stored: Option<Digest>,
    timestamp_us: i64,
    updated: bool,
    standing: Standing,
    /// The first hash it was tried against, and what it hashes to after that.
    previous: Option<Digest>,
    computed: Option<Digest>,
    /// Empty for a row that fits: the usual case copies nothing.
    canonical: Vec<u8>,
}

/// All rows at one position.
#[derive(Debug)]
struct Place {
    seq: i64,
    members: Vec<Member>,
    recorded: Option<Digest>,
}

/// The row that belongs at the position.
#[derive(Clone, Copy, Debug)]
struct Chosen {
    position: Position,
    id: i64,
    updated: bool,
    is_row: bool,
    /// Set where the row fits: its timestamp.
    timestamp_us: Option<i64>,
}

/// Verifies one lane.
#[derive(Debug)]
pub struct LaneVerifier {
    lane: Lane,
    facts: LaneFacts,
    linker: Linker,
    /// The row before `closed`.
    chosen: Option<Chosen>,
    closed: Place,
    open: Place,
    hole: Option<Hole>,
    next_point: usize,
    rewritten: bool,
}

impl LaneVerifier {
    /// Begins a lane.
    pub fn new(lane: Lane, mut facts: LaneFacts) -> Self {
        facts.points.extend(facts.bridges.iter().map(|bridge| bridge.last));
        if let Head::AtLeast(head) | Head::Exactly(head) = facts.head {
            facts.points.push(head);
        }
        facts.points.sort_by_key(|point| point.seq);
        facts.points.retain(|point| point.seq > facts.start.seq);
        let start = Member {
            id: 0,
            stored: Some(facts.start.hash),
            timestamp_us: i64::MIN,
            updated: false,
            standing: Standing::Start,
            previous: None,
            computed: None,
            canonical: Vec::new(),
        };
        let seq = facts.start.seq;
        Self {
            lane,
            facts,
            linker: Linker::default(),
            chosen: None,
            // One row is at each position of an honest lane, and many lanes may be followed at once.
            closed: Place { seq: seq.saturating_sub(1), members: Vec::with_capacity(1), recorded: None },
            open: Place { seq, members: vec![start], recorded: None },
            hole: None,
            next_point: 0,
            rewritten: false,
        }
    }

    /// The lane.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// What is known about it.
    pub fn facts(&self) -> &LaneFacts {
        &self.facts
    }

    /// Takes the next row. Rows come in ascending `chain_seq`, equal numbers in any order. A row of another
    /// lane must not be passed.
    pub fn push(&mut self, row: &RowRef<'_>, out: &mut Vec<Suspicion>) {
        self.push_linked(row, None, out);
    }

    /// The same through a buffer that lanes share: this one then needs none of its own.
    pub fn push_through(&mut self, linker: &mut Linker, row: &RowRef<'_>, out: &mut Vec<Suspicion>) {
        std::mem::swap(&mut self.linker, linker);
        self.push_linked(row, None, out);
        std::mem::swap(&mut self.linker, linker);
    }

    /// The same for a row that was hashed already: what it was hashed after, and what that yields.
    pub fn push_linked(
        &mut self,
        row: &RowRef<'_>,
        linked: Option<(Digest, Digest)>,
        out: &mut Vec<Suspicion>,
    ) {
        let seq = row.chain_seq;
        if seq <= self.facts.start.seq || seq < self.open.seq {
            out.push(Suspicion::Stray(self.suspect(row), Kind::InsertedRow));
            return;
        }
        if let Head::Exactly(head) = self.facts.head
            && seq > head.seq
        {
            let kind = if head.seq == 0 { Kind::ForeignRow } else { Kind::InsertedRow };
            out.push(Suspicion::Stray(self.suspect(row), kind));
            return;
        }
        if seq > self.open.seq {
            self.close(out);
            if seq - 1 > self.closed.seq {
                self.gap(seq - 1, false, out);
            }
            self.open.seq = seq;
        }
        if self.open.members.len() == ROWS_AT_ONE_POSITION {
            out.push(Suspicion::Stray(self.suspect(row), Kind::InsertedRow));
        } else {
            self.join(row, linked);
        }
    }

    /// Ends the lane.
    pub fn finish(mut self, out: &mut Vec<Suspicion>) {
        self.close(out);
        let head = match self.facts.head {
            Head::AtLeast(head) | Head::Exactly(head) if head.seq > self.closed.seq => Some(head.seq),
            _ => None,
        };
        if let Some(head_seq) = head {
            self.gap(head_seq, true, out);
            out.extend(self.hole.take().map(Suspicion::Hole));
        } else {
            self.judge_closed(None, out);
        }
    }

    fn suspect(&mut self, row: &RowRef<'_>) -> Suspect {
        // Only the canonical bytes are needed here, not the digest.
        self.linker.link(Digest([0; 32]), row);
        Suspect {
            position: row.position(),
            id: row.id,
            stored: Digest::from_hex(row.integrity_hash),
            updated: row.updated,
            canonical: self.linker.canonical().to_vec(),
        }
    }

    /// Puts a row at the open position and checks whether it follows the closed one.
    fn join(&mut self, row: &RowRef<'_>, linked: Option<(Digest, Digest)>) {
        let stored = Digest::from_hex(row.integrity_hash);
        let mut first_try = None;
        let mut standing = Standing::Unchecked;
        for (follows, previous) in self.closed.candidates() {
            let computed = match linked {
                Some((after, hash)) if after == previous => hash,
                _ => self.linker.link(previous, row),
            };
            first_try.get_or_insert((previous, computed));
            standing = Standing::Misfit;
            if Some(computed) == stored {
                standing = Standing::Fits(follows);
                break;
            }
        }
        let mut canonical = Vec::new();
        match standing {
            Standing::Misfit => canonical = self.suspect(row).canonical,
            Standing::Unchecked => {
                let suspect = self.suspect(row);
                canonical.extend_from_slice(&suspect.canonical);
                if let Some(hole) = &mut self.hole {
                    hole.successors.push(suspect);
                }
            }
            Standing::Start | Standing::Fits(_) => {}
        }
        self.open.members.push(Member {
            id: row.id,
            stored,
            timestamp_us: row.timestamp_us,
            updated: row.updated,
            standing,
            previous: first_try.map(|(previous, _)| previous),
            computed: first_try.map(|(_, computed)| computed),
            canonical,
        });
    }

    /// The open position is complete: it decides about the closed one, and takes its place.
    fn close(&mut self, out: &mut Vec<Suspicion>) {
        let follows = self.open.members.iter().filter_map(|member| match member.standing {
            Standing::Fits(follows) => Some(follows),
            _ => None,
        });
        self.judge_closed(follows.min(), out);
        out.extend(self.hole.take().map(Suspicion::Hole));
        std::mem::swap(&mut self.closed, &mut self.open);
        self.open.members.clear();
        self.closed.recorded = self.recorded(self.closed.seq);
    }

    fn recorded(&mut self, seq: i64) -> Option<Digest> {
        while self.facts.points.get(self.next_point).is_some_and(|point| point.seq < seq) {
            self.next_point += 1;
        }
        self.facts.points.get(self.next_point).filter(|point| point.seq == seq).map(|point| point.hash)
    }

    /// Positions after the closed one and up to `last_seq` are empty.
    fn gap(&mut self, last_seq: i64, tail: bool, out: &mut Vec<Suspicion>) {
        let mut previous: Vec<Digest> = self.closed.candidates().map(|(_, hash)| hash).collect();
        let mut first_seq = self.closed.seq.saturating_add(1);
        self.judge_closed(None, out);
        for bridge in &self.facts.bridges {
            if bridge.last.seq < first_seq || bridge.first_seq > last_seq {
                continue;
            }
            if bridge.first_seq > first_seq {
                out.push(Suspicion::Hole(Hole {
                    first: self.lane.at(first_seq),
                    last_seq: bridge.first_seq - 1,
                    previous,
                    tail: false,
                    successors: Vec::new(),
                }));
            }
            first_seq = bridge.last.seq.saturating_add(1);
            previous = vec![bridge.last.hash];
        }
        if first_seq <= last_seq {
            let first = self.lane.at(first_seq);
            self.hole = Some(Hole { first, last_seq, previous, tail, successors: Vec::new() });
        }
        self.chosen = None;
        self.closed = Place { seq: last_seq, members: Vec::new(), recorded: self.recorded(last_seq) };
    }

    /// Decides which row the closed position holds, given what the next row follows, and reports the others.
    fn judge_closed(&mut self, follows: Option<Follows>, out: &mut Vec<Suspicion>) {
        let place = &mut self.closed;
        if place.members.is_empty() {
            self.chosen = None;
            return;
        }
        let follows = follows.or_else(|| place.recorded.and_then(|hash| place.holding(hash)));
        let index = match follows {
            Some(Follows::Stored(index) | Follows::Computed(index)) => index,
            Some(Follows::Recorded) | None => {
                place.members.iter().position(|member| member.standing != Standing::Misfit).unwrap_or(0)
            }
        };
        let position = self.lane.at(place.seq);
        let recorded = place.recorded;
        let held = place.members.swap_remove(index);
        for other in place.members.drain(..) {
            out.push(superfluous(position, &held, other));
        }
        let mut chosen = Chosen {
            position,
            id: held.id,
            updated: held.updated,
            is_row: held.standing != Standing::Start,
            timestamp_us: None,
        };
        match (held.standing, follows) {
            (Standing::Start, _) => {}
            (_, Some(Follows::Recorded)) => out.push(settled(
                Kind::ChangedRow,
                &chosen,
                "the row and its hash were replaced: the next row follows the hash that was recorded for it",
            )),
            (Standing::Misfit, Some(Follows::Computed(_))) => {
                out.push(settled(
                    Kind::ChangedHash,
                    &chosen,
                    "integrity_hash was edited; the columns are as chained",
                ));
            }
            (Standing::Misfit, _) => {
                let predecessor = self.chosen.filter(|chosen| chosen.is_row);
                out.push(Suspicion::Broken(Break {
                    previous: held.previous,
                    predecessor: predecessor.map(|chosen| (chosen.position, chosen.id, chosen.updated)),
                    hash_confirmed: follows.is_some(),
                    row: held.into_suspect(position),
                }));
            }
            (Standing::Fits(_) | Standing::Unchecked, _) => {
                let record_differs = recorded.is_some() && recorded != held.stored;
                if record_differs && !self.rewritten {
                    self.rewritten = true;
                    out.push(settled(
                        Kind::RewrittenChain,
                        &chosen,
                        "the chain is intact up to this row but does not reach the hash recorded for it: \
                         this row, or an earlier one and all after it, was rewritten",
                    ));
                } else if held.updated {
                    out.push(Suspicion::Updated(position, held.id));
                }
                if held.standing != Standing::Unchecked {
                    chosen.timestamp_us = Some(held.timestamp_us);
                    let before = self.chosen.and_then(|chosen| chosen.timestamp_us);
                    let earliest = before.map(|us| us.saturating_sub(self.facts.clock_step_back_us));
                    if earliest.is_some_and(|us| held.timestamp_us < us) {
                        out.push(settled(
                            Kind::BackDated,
                            &chosen,
                            "its timestamp is earlier than that of the row before it",
                        ));
                    }
                }
            }
        }
        self.chosen = Some(chosen);
    }
}

impl Place {
    /// The hashes that a row at the next position may follow, the most likely first.
    fn candidates(&self) -> impl Iterator<Item = (Follows, Digest)> {
        let stored = |misfits: bool| {
            self.members.iter().enumerate().filter_map(move |(index, member)| {
                let asked = (member.standing == Standing::Misfit) == misfits;
                asked.then_some((Follows::Stored(index), member.stored?))
            })
        };
        let computed = self.members.iter().enumerate().filter_map(|(index, member)| {
            let misfit = member.standing == Standing::Misfit;
            misfit.then_some((Follows::Computed(index), member.computed?))
        });
        let recorded = self.recorded.map(|hash| (Follows::Recorded, hash));
        stored(false).chain(stored(true)).chain(computed).chain(recorded)
    }

    /// The member that has, or should have, this hash.
    fn holding(&self, hash: Digest) -> Option<Follows> {
        self.candidates()
            .find(|(follows, held)| *held == hash && *follows != Follows::Recorded)
            .map(|(f, _)| f)
    }
}

impl Member {
    fn into_suspect(self, position: Position) -> Suspect {
        Suspect {
            position,
            id: self.id,
            stored: self.stored,
            updated: self.updated,
            canonical: self.canonical,
        }
    }
}

fn settled(kind: Kind, row: &Chosen, detail: &str) -> Suspicion {
    Suspicion::Settled(Finding::at(kind, row.position, Some(row.id), detail))
}

/// A second row at a position that another row holds.
fn superfluous(position: Position, held: &Member, other: Member) -> Suspicion {
    let kind = if other.stored == held.stored { Kind::DuplicateRow } else { Kind::InsertedRow };
    if matches!(other.standing, Standing::Fits(_)) {
        let detail = format!("row {} holds this position; this one follows the same row", held.id);
        return Suspicion::Settled(Finding::at(kind, position, Some(other.id), detail));
    }
    Suspicion::Stray(other.into_suspect(position), kind)
}
