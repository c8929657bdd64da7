//! Deletes windows that no rate limit needs any more.

use super::windows;
use crate::pg::clock;
use crate::pg::transaction::refuse_read_only;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// Deletes what rate limits no longer need at a given time (default: now): windows that have been idle for an
/// hour, and the times in them. Returns the number of windows. Answers are correct without it.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn forget_message_windows(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i64 {
    refuse_read_only(c"awgp.forget_message_windows()");
    // Never at a future time, which would delete windows that still count.
    windows::forget_idle(clock::given_until_now("at", at).into_inner())
}
