//! What is known about a lane besides its rows.

use super::chain::{Lane, Link, genesis};
use uuid::Uuid;

/// How far a lane's clock may go back before a row counts as back-dated: five minutes, in microseconds.
pub const CLOCK_STEP_BACK_US: i64 = 300_000_000;

/// What is known about a lane's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// Nothing: a cut tail cannot be detected.
    Unknown,
    /// The lane reached this link; rows may have been added since.
    AtLeast(Link),
    /// This is the last link, seen in the same snapshot as the rows. Rows after it were inserted.
    Exactly(Link),
}

/// A range of positions that may be without rows: its partition was retired, or is reported by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bridge {
    /// The first absent `chain_seq`.
    pub first_seq: i64,
    /// The last missing row's link, from the anchors.
    pub last: Link,
}

/// What is known about a lane besides its rows.
#[derive(Clone, Debug)]
pub struct LaneFacts {
    /// What the first row follows: sequence 0 and the genesis value, or an anchor.
    pub start: Link,
    /// Links recorded elsewhere (anchors of sealed partitions), ascending.
    pub points: Vec<Link>,
    /// Ranges that may be without rows, ascending.
    pub bridges: Vec<Bridge>,
    /// The lane's end.
    pub head: Head,
    /// How far the clock may go back between two rows, in microseconds.
    pub clock_step_back_us: i64,
}

impl LaneFacts {
    /// A lane that begins after `start`, about which nothing else is known.
    pub fn after(start: Link) -> Self {
        Self {
            start,
            points: Vec::new(),
            bridges: Vec::new(),
            head: Head::Unknown,
            clock_step_back_us: CLOCK_STEP_BACK_US,
        }
    }

    /// A lane from its first row on.
    pub fn from_genesis(install_id: Uuid, lane: Lane) -> Self {
        Self::after(Link { seq: 0, hash: genesis(install_id, lane) })
    }

    /// The same, with what is known about the end.
    #[must_use]
    pub fn with_head(self, head: Head) -> Self {
        Self { head, ..self }
    }
}
