//! The proof of one row: the row, its path to a root, and the note that signs the root (docs/checkpoints.md).
//!
//! It is checked with the public key only: without database and network, and without trust in either.

use super::chain::Digest;
use super::note::{self, Refused};
use super::row::AuditRow;
use super::tree::{Leaves, includes};
use crate::reason::Reason;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// The format that this code reads and writes.
pub const FORMAT: u32 = 1;

/// A proof, field by field as in its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The word `proof`.
    pub awgp: Kind,
    /// [`FORMAT`].
    pub format: u32,
    /// The row, as in the export.
    pub row: AuditRow,
    /// The number of its leaf, from 0.
    pub leaf_index: u64,
    /// The hashes beside the path from the leaf to the root, the leaf's neighbour first.
    pub path: Vec<Digest>,
    /// The signed note.
    pub note: String,
}

/// The kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A proof.
    Proof,
}

/// What a proof proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The install.
    pub install_id: Uuid,
    /// How many rows the tenant's signed tree has.
    pub size: u64,
    /// The signed root.
    pub root: Digest,
}

/// Why a proof is refused.
#[derive(Debug, Error)]
pub enum Unproven {
    /// It cannot be read.
    #[error("the proof cannot be read: {0}")]
    Malformed(String),
    /// Its key or its note is refused.
    #[error("{0}")]
    Note(#[from] Refused),
    /// The note does not cover the row's tenant.
    #[error("the note does not cover the row's tenant")]
    OtherLog,
    /// The row and the path do not yield the signed root.
    #[error("the row and its path do not yield the root that was signed")]
    Mismatch,
}

impl Unproven {
    /// The stable reason.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Malformed(_) => Reason::ProofMalformed,
            Self::Note(refused) => refused.reason(),
            Self::OtherLog => Reason::ProofOtherLog,
            Self::Mismatch => Reason::ProofMismatch,
        }
    }
}

impl Proof {
    /// Reads a proof's JSON.
    pub fn parse(json: &str) -> Result<Self, Unproven> {
        let proof: Self =
            serde_json::from_str(json).map_err(|error| Unproven::Malformed(error.to_string()))?;
        if proof.format == FORMAT {
            return Ok(proof);
        }
        Err(Unproven::Malformed(format!("this version of AWGP does not know format {}", proof.format)))
    }

    /// Checks it.
    pub fn check(&self, public_key: &str) -> Result<Proven, Unproven> {
        let statement = note::open(&self.note, public_key)?;
        let (size, root) = statement.tree_of(self.row.tenant_id).ok_or(Unproven::OtherLog)?;
        includes_row(root, size, &self.row, self.leaf_index, &self.path)?;
        Ok(Proven { install_id: statement.install_id(), size, root })
    }
}

/// Checks that a row is a leaf of the tree with this size and root.
pub fn includes_row(
    root: Digest,
    size: u64,
    row: &AuditRow,
    leaf_index: u64,
    path: &[Digest],
) -> Result<(), Unproven> {
    let leaf = Leaves::default().leaf(&row.borrowed());
    let leaf = leaf.ok_or_else(|| Unproven::Malformed("integrity_hash is not a hash".to_owned()))?;
    if includes(root, size, leaf_index, leaf, path) { Ok(()) } else { Err(Unproven::Mismatch) }
}
