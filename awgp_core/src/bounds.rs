//! How large values may be that clients write into AWGP's own tables.
//!
//! One bound per type, for all tables: so every row can be dumped, captured and shown. Narrower rules
//! (messages of conversations, results of governed actions, keys) apply in addition.

use crate::reason::Reason;
use crate::refusal::Refusal;

/// Bytes of a text, or of a list of texts as stored.
pub const TEXT_BYTES_MAX: usize = 256 << 10;

/// Bytes of a jsonb's text.
pub const JSON_BYTES_MAX: usize = 1 << 20;

/// A value is longer than its column allows.
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
