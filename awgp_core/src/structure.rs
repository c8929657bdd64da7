//! The error for a missing part of the installed structure: a restore that is not complete, or an object that
//! was dropped.

use crate::reason::Reason;
use crate::refusal::Refusal;

/// A table, an index or a row of AWGP's own is missing.
pub fn incomplete(what: &str) -> Refusal {
    Refusal::new(
        Reason::StructureIncomplete,
        format!("{what} is missing"),
        "Restore the whole dump, or run as the owner: SELECT awgp.install(force => true);",
    )
    .with("missing", what)
}
