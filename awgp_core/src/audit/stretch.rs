//! Which rows of a lane a file has, and which of them follow each other without a break.

use super::chain::{Digest, Lane, Link, PlainVerifier, genesis};
use super::lineage::Point;
use super::row::RowRef;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Rows that follow each other by number and by hash: those after `after`, up to `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The lane.
    pub lane: Lane,
    /// What the first row follows.
    pub after: Link,
    /// The last row.
    pub last: Link,
}

/// The rows of a file by lane.
#[derive(Clone, Debug, Default)]
pub struct Stretches {
    /// Rows that follow each other.
    pub held: Vec<Stretch>,
    /// Numbers that are there, whether their rows hold or not: first and last of each range.
    pub there: BTreeMap<Lane, Vec<(i64, i64)>>,
    /// Numbers of adoptions, which have no row.
    pub adopted: BTreeSet<(Lane, i64)>,
    /// Lanes that the file begins at another value than the genesis value of its install.
    pub foreign: BTreeSet<Lane>,
    /// The hash at each number that was asked for.
    pub at: BTreeMap<(Lane, i64), Digest>,
}

/// Reads the rows of a file, and hashes each once.
#[derive(Debug)]
pub struct Reader {
    install_id: Uuid,
    plain: PlainVerifier,
    lane: Option<Lane>,
    open: Link,
    last: Link,
    asked: BTreeSet<(Lane, i64)>,
    /// The numbers of the lane that are there so far.
    there: Vec<(i64, i64)>,
    found: Stretches,
}

impl Reader {
    /// A file of this install; the hashes at these numbers are wanted.
    pub fn new(install_id: Uuid, asked: BTreeSet<(Lane, i64)>) -> Self {
        let nothing = Link { seq: 0, hash: Digest([0; 32]) };
        Self {
            install_id,
            plain: PlainVerifier::new(nothing),
            lane: None,
            open: nothing,
            last: nothing,
            asked,
            there: Vec::new(),
            found: Stretches::default(),
        }
    }

    /// The lane that is being read.
    pub fn lane(&self) -> Option<Lane> {
        self.lane
    }

    /// The number of the last row of the lane, or that before its first.
    pub fn last_seq(&self) -> i64 {
        self.last.seq
    }

    /// What hashed the last row.
    pub fn plain(&self) -> &PlainVerifier {
        &self.plain
    }

    /// Begins a lane, or another part of it, after this link.
    pub fn begin(&mut self, lane: Lane, after: Link) {
        let is_adopted = self.lane == Some(lane) && self.plain.ends_at(self.last) && {
            let point = Point { previous_id: self.install_id, install_id: self.install_id, last: self.last };
            point.adoption_link(lane) == after
        };
        self.plain.restart(after);
        if is_adopted {
            self.found.adopted.insert((lane, after.seq));
            self.note(after.seq);
            self.last = after;
            return;
        }
        self.close();
        if self.lane != Some(lane) {
            self.leave();
        }
        if after.seq == 0 && after.hash != genesis(self.install_id, lane) {
            self.found.foreign.insert(lane);
        }
        (self.lane, self.open, self.last) = (Some(lane), after, after);
    }

    /// Takes the next row of the lane that was begun.
    pub fn row(&mut self, lane: Lane, row: &RowRef<'_>) {
        let holds = self.plain.push(row);
        let link = Link { seq: row.chain_seq, hash: self.plain.last_hash().unwrap_or(Digest([0; 32])) };
        self.note(link.seq);
        if self.asked.first().is_some_and(|first| *first <= (lane, link.seq)) {
            self.answer(lane, link);
        }
        if holds {
            self.last = link;
        } else {
            self.close();
            (self.open, self.last) = (link, link);
        }
    }

    /// Answers what was asked for up to this row.
    fn answer(&mut self, lane: Lane, link: Link) {
        while let Some(first) = self.asked.first().copied().filter(|first| *first <= (lane, link.seq)) {
            self.asked.pop_first();
            if first == (lane, link.seq) {
                self.found.at.insert(first, link.hash);
            }
        }
    }

    fn close(&mut self) {
        if let Some(lane) = self.lane.filter(|_| self.last.seq > self.open.seq) {
            self.found.held.push(Stretch { lane, after: self.open, last: self.last });
        }
    }

    fn note(&mut self, seq: i64) {
        match self.there.last_mut() {
            Some((_, last)) if seq.saturating_sub(1) <= *last => *last = (*last).max(seq),
            _ => self.there.push((seq, seq)),
        }
    }

    fn leave(&mut self) {
        if let Some(lane) = self.lane {
            self.found.there.entry(lane).or_default().append(&mut self.there);
        }
    }

    /// The end of the file.
    pub fn finish(mut self) -> Stretches {
        self.close();
        self.leave();
        self.found
    }
}
