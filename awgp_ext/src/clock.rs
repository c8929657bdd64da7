//! Moments: the wall clock, and what callers give in its place.

use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::civil::format_timestamp;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys;

/// The wall clock.
pub fn now() -> TimestampWithTimeZone {
    // SAFETY: reads the clock.
    let now = unsafe { pg_sys::GetCurrentTimestamp() };
    now.try_into().unwrap_or_else(|_| pgrx::error!("the server's clock stands outside of any calendar"))
}

/// Microseconds since 1970-01-01 UTC; the end of time for infinity.
pub fn microseconds(at: TimestampWithTimeZone) -> i64 {
    let at = at.into_inner();
    let outside = if at < 0 { i64::MIN } else { i64::MAX };
    timestamp_from_postgres(at).unwrap_or(outside)
}

/// As RFC 3339 writes it, in UTC.
pub fn text(at: TimestampWithTimeZone) -> String {
    format_timestamp(microseconds(at))
}
