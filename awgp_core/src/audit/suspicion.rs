//! What one lane, looked at by itself, cannot settle.

use super::chain::{Digest, Position};
use super::finding::{Finding, Kind};

/// A row that is kept because it does not fit, or could not be checked.
#[derive(Clone, Debug)]
pub struct Suspect {
    /// Where it stands.
    pub position: Position,
    /// Its id.
    pub id: i64,
    /// Its `integrity_hash`; `None` where that is no hash.
    pub stored: Option<Digest>,
    /// Whether the storage says it was updated.
    pub updated: bool,
    /// Its canonical bytes.
    pub canonical: Vec<u8>,
}

/// What one lane cannot settle by itself.
#[derive(Clone, Debug)]
pub enum Suspicion {
    /// Certain.
    Settled(Finding),
    /// A row verifies, and the storage says that it was updated.
    Updated(Position, i64),
    /// A row that its position does not need.
    Stray(Suspect, Kind),
    /// A row that does not follow its predecessor.
    Broken(Break),
    /// Positions without rows.
    Hole(Hole),
}

/// A link that does not hold.
#[derive(Clone, Debug)]
pub struct Break {
    /// The row at the far end of the link.
    pub row: Suspect,
    /// The hash it should follow.
    pub previous: Option<Digest>,
    /// The row before it: position, id, and whether the storage says it was updated.
    pub predecessor: Option<(Position, i64, bool)>,
    /// Whether the next row, or a record, confirms the row's stored hash: then it is the columns that changed.
    pub hash_confirmed: bool,
}

/// Positions without rows.
#[derive(Clone, Debug)]
pub struct Hole {
    /// The first empty position.
    pub first: Position,
    /// The last empty `chain_seq`.
    pub last_seq: i64,
    /// The hashes that the first missing row may follow.
    pub previous: Vec<Digest>,
    /// Whether the lane ends here.
    pub tail: bool,
    /// The rows after the hole, which cannot be checked unless it is filled.
    pub successors: Vec<Suspect>,
}
