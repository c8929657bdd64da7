//! What one lane by itself cannot decide.

use super::chain::{Digest, Position};
use super::finding::{Finding, Kind};

/// A row that is kept because it does not fit, or could not be checked.
#[derive(Clone, Debug)]
pub struct Suspect {
    /// Its position.
    pub position: Position,
    /// Its id.
    pub id: i64,
    /// Its `integrity_hash`; `None` where the column does not hold a hash.
    pub stored: Option<Digest>,
    /// Whether the storage shows that it was updated.
    pub updated: bool,
    /// Its canonical bytes.
    pub canonical: Vec<u8>,
}

/// What one lane by itself cannot decide.
#[derive(Clone, Debug)]
pub enum Suspicion {
    /// A finding that is certain.
    Settled(Finding),
    /// A row that verifies, and that was updated as the storage shows.
    Updated(Position, i64),
    /// A row that its position does not need.
    Stray(Suspect, Kind),
    /// A row that does not follow its predecessor.
    Broken(Break),
    /// Positions without rows.
    Hole(Hole),
}

/// A link that is broken.
#[derive(Clone, Debug)]
pub struct Break {
    /// The row at the far end of the link.
    pub row: Suspect,
    /// The hash it should follow.
    pub previous: Option<Digest>,
    /// The row before it: position, id, and whether the storage shows that it was updated.
    pub predecessor: Option<(Position, i64, bool)>,
    /// Whether the next row, or a record, confirms the row's stored hash: then its columns were changed.
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
    /// The rows after the hole, which can be checked only if it is filled.
    pub successors: Vec<Suspect>,
}

impl Suspicion {
    /// About how many bytes of memory it takes.
    pub fn size(&self) -> usize {
        let of = |suspect: &Suspect| suspect.canonical.len();
        let more = match self {
            Self::Settled(finding) => finding.detail.len(),
            Self::Updated(..) => 0,
            Self::Stray(row, _) => of(row),
            Self::Broken(found) => of(&found.row),
            Self::Hole(hole) => hole.successors.iter().map(|row| size_of::<Suspect>() + of(row)).sum(),
        };
        size_of::<Self>() + more
    }
}
