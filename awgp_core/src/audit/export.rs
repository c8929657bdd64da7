//! The lines of the exported log: JSON Lines, format 1 or 2 (docs/audit_format.md, "The exported log").
//!
//! A header, then for each lane a lane line and its rows, then an end line. A row's line has the columns as
//! its fields; the others begin with the key `awgp`. Format 2 also has the order of each tenant's leaves.

use super::chain::Digest;
use super::row::{AuditRow, present};
use super::spelled;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

pub use super::file::{Asked, Contents, FileVerifier};

/// The format without the order of the leaves.
pub const FORMAT: u32 = 1;
/// The format with the order of the leaves, which is written now.
pub const FORMAT_WITH_ORDER: u32 = 2;

/// A line that is not a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "awgp", rename_all = "snake_case", deny_unknown_fields)]
pub enum Mark {
    /// The first line.
    Header {
        /// [`FORMAT`] or [`FORMAT_WITH_ORDER`].
        format: u32,
        /// The install whose genesis values the lanes begin at.
        #[serde(deserialize_with = "spelled::uuid")]
        install_id: Uuid,
    },
    /// Rows of the file that are leaves of their tenant's tree one after the other.
    Run {
        /// The tenant.
        #[serde(deserialize_with = "spelled::uuid")]
        tenant_id: Uuid,
        /// The number of the first leaf, from 0.
        first_leaf: u64,
        /// The lane.
        chain_lane: i16,
        /// The number of the first row.
        first_seq: i64,
        /// The number of the last row.
        last_seq: i64,
    },
    /// Leaves of a tenant's tree whose rows are not in the file.
    Absent {
        /// The tenant.
        #[serde(deserialize_with = "spelled::uuid")]
        tenant_id: Uuid,
        /// The number of the first leaf, from 0.
        first_leaf: u64,
        /// How many they are.
        leaves: u64,
        /// The roots of the complete subtrees that make them up, the leftmost first.
        hashes: Vec<Digest>,
    },
    /// What is known about the lane whose rows follow.
    Lane {
        /// The tenant.
        #[serde(deserialize_with = "spelled::uuid")]
        tenant_id: Uuid,
        /// The lane.
        chain_lane: i16,
        /// The number that the first row follows; 0 at a lane's beginning.
        after_seq: i64,
        /// The hash that the first row follows; null for the genesis value.
        #[serde(deserialize_with = "present")]
        after_hash: Option<Digest>,
        /// The number of the last row; null where unknown.
        #[serde(deserialize_with = "present")]
        head_seq: Option<i64>,
        /// The hash of the last row; null where unknown.
        #[serde(deserialize_with = "present")]
        head_hash: Option<Digest>,
    },
    /// The last line: a file without it was cut.
    End {
        /// How many rows the file has.
        rows: u64,
    },
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A header, lane or end line.
    Mark(Mark),
    /// A row.
    Row(Box<AuditRow>),
}

/// What is wrong with a file as a file. What is wrong with the log is a [`Finding`].
#[derive(Debug, Error)]
pub enum ExportError {
    /// A line is not one of the format's.
    #[error("line {line}: {source}")]
    Malformed {
        /// The line, from 1.
        line: u64,
        /// The parser's message.
        source: serde_json::Error,
    },
    /// The first line is not a header.
    #[error("line 1 is not a header")]
    NoHeader,
    /// The file has a newer format.
    #[error("this version of AWGP does not know format {0}")]
    UnknownFormat(u32),
    /// A header after the first line, a row that is sorted before the one above it, or a line after the end
    /// line.
    #[error("line {0} is out of place")]
    Misplaced(u64),
    /// A line says something that no file can have.
    #[error("line {line}: {what}")]
    Impossible {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// There is no end line.
    #[error("the file has no end line: it was cut")]
    Cut,
    /// The end line has another number of rows than the file.
    #[error("the end line counts {stated} rows, the file has {actual}")]
    WrongCount {
        /// The number in the end line.
        stated: u64,
        /// The number of rows read.
        actual: u64,
    },
}

impl Line {
    /// Reads one line, without its line feed.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        // The specification puts the key first, so that a row is parsed only once.
        if text.starts_with("{\"awgp\":") {
            serde_json::from_str(text).map(Self::Mark)
        } else {
            serde_json::from_str(text).map(Self::Row)
        }
    }
}

impl Mark {
    /// The line's text, without a line feed.
    ///
    /// # Panics
    /// Never: every field is a string, a number or null.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("marks have string keys")
    }
}

impl AuditRow {
    /// The line's text, without a line feed.
    ///
    /// # Panics
    /// Never: every field is a string, a number or null.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("rows have string keys")
    }
}
