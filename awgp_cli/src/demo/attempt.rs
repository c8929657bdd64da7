//! An attempt, and how it ended.

use awgp_core::counted::counted;
use std::fmt;

/// How an attempt ended. Its transaction is rolled back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The server executed it, and it affected this many rows.
    Done {
        /// Rows returned or changed.
        rows: u64,
    },
    /// The server refused it.
    Refused {
        /// The SQLSTATE.
        sqlstate: String,
        /// The reason in DETAIL, where there is one.
        reason: Option<String>,
    },
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done { rows } => f.write_str(&counted(*rows, "row")),
            Self::Refused { sqlstate, reason: Some(reason) } => write!(f, "{reason} ({sqlstate})"),
            Self::Refused { sqlstate, reason: None } => write!(f, "SQLSTATE {sqlstate}"),
        }
    }
}
