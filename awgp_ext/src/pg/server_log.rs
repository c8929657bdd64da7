//! Lines in the server's log, which no rollback takes away. They are in no chain.

use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde_json::Value;

/// Leaves a line of level LOG, with facts as its DETAIL: ids and reasons, never what anybody said.
pub fn leave(message: String, facts: &Value) {
    // The statement's text may hold content that was passed as a literal, and the server logs the text with its
    // messages.
    // SAFETY: the server sets the pointer with every statement and allows null; it is put back at once.
    unsafe {
        let statement = pg_sys::debug_query_string;
        pg_sys::debug_query_string = std::ptr::null();
        ErrorReport::new(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, message, "awgp")
            .set_detail(facts.to_string())
            .report(PgLogLevel::LOG);
        pg_sys::debug_query_string = statement;
    }
}
