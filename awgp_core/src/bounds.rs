//! How large what clients write into AWGP's own tables may be.
//!
//! One bound a type, whatever the table: every row can be dumped, captured and shown. What has a narrower rule of its own
//! (messages of conversations, results of governed actions, keys) is held to that as well.

use crate::reason::Reason;
use crate::refusal::Refusal;

/// Bytes of a text, or of a list of texts as it is stored.
pub const TEXT_BYTES_MAX: usize = 256 << 10;

/// Bytes of a jsonb's text.
pub const JSON_BYTES_MAX: usize = 1 << 20;

/// A value is longer than its column takes.
pub fn too_large(table: &str, column: &str, limit: usize) -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        format!("{table}.{column} is too large"),
        format!("Keep {column} to {limit} bytes; store what is larger elsewhere, and name it here."),
    )
    .with("table", table)
    .with("column", column)
    .with("limit", limit)
}
