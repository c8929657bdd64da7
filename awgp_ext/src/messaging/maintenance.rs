//! Windows that no longer matter.

use super::windows;
use crate::pg::clock;
use crate::pg::transaction::refuse_read_only;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// Deletes what rate limits no longer need at a moment (default: now): windows that have been idle for an hour and
/// the times in them. Returns how many windows went. Correct answers do not depend on it.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn forget_message_windows(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i64 {
    refuse_read_only(c"awgp.forget_message_windows()");
    // Not by a moment to come: an hour that is still full would be opened.
    windows::forget_idle(clock::given_until_now("at", at).into_inner())
}
