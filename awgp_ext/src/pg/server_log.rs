//! Lines in the server's log, which no rollback removes. They are not part of the audit chain.

use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde_json::Value;

/// Writes a line of level LOG with facts as DETAIL: ids and reasons, never content.
pub fn leave(message: String, facts: &Value) {
    // The server logs the text of the statement with its messages, and that text may contain content as a
    // literal.
    // SAFETY: the server sets the pointer for every statement and allows null; it is restored at once.
    unsafe {
        let statement = pg_sys::debug_query_string;
        pg_sys::debug_query_string = std::ptr::null();
        ErrorReport::new(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, message, "awgp")
            .set_detail(facts.to_string())
            .report(PgLogLevel::LOG);
        pg_sys::debug_query_string = statement;
    }
}
