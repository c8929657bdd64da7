//! Windows that no longer matter.

use super::windows;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys;
use pgrx::prelude::*;

/// Deletes what rate limits no longer need at a moment (default: now): windows that have been idle for an hour and
/// the times in them. Returns how many windows went. Correct answers do not depend on it.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn forget_message_windows(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i64 {
    // SAFETY: reads the clock.
    let now = unsafe { pg_sys::GetCurrentTimestamp() };
    // Not by a moment to come: an hour that is still full would be opened.
    let at = at.map_or(now, pg_sys::TimestampTz::from).min(now);
    windows::forget_idle(at)
}
