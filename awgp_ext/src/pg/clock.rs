//! Moments: the wall clock, and the moment that a caller passes instead.

use crate::pg::argument;
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::civil::format_timestamp;
use pgrx::IntoDatum;
use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::pg_sys::{self, Datum};

/// The wall clock, in microseconds since 2000. Not the transaction's start, which may be long ago.
pub fn timestamp() -> pg_sys::TimestampTz {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// A span after a moment, as SQL adds them.
pub fn after(at: pg_sys::TimestampTz, span: Interval) -> Datum {
    // SAFETY: adds an interval to a timestamptz.
    unsafe {
        pg_sys::OidFunctionCall2Coll(
            pg_sys::Oid::from(pg_sys::F_TIMESTAMPTZ_PL_INTERVAL),
            pg_sys::InvalidOid,
            Datum::from(at),
            span.into_datum().unwrap_or(Datum::null()),
        )
    }
}

/// The wall clock as an SQL value.
pub fn now() -> TimestampWithTimeZone {
    timestamp().try_into().unwrap_or_else(|_| pgrx::error!("the server's clock is out of range"))
}

/// The moment that a caller passes, which must lie in the supported years; now where it is None.
pub fn given(argument: &str, at: Option<TimestampWithTimeZone>) -> TimestampWithTimeZone {
    argument::moment(argument, at).unwrap_or_else(now)
}

/// The same, but never later than now: nothing becomes due before its time.
pub fn given_until_now(argument: &str, at: Option<TimestampWithTimeZone>) -> TimestampWithTimeZone {
    let (at, now) = (given(argument, at), now());
    if at.into_inner() < now.into_inner() { at } else { now }
}

/// Microseconds since 1970-01-01 UTC. Infinity is the largest number, -infinity the smallest.
pub fn microseconds(at: TimestampWithTimeZone) -> i64 {
    let at = at.into_inner();
    let outside = if at < 0 { i64::MIN } else { i64::MAX };
    timestamp_from_postgres(at).unwrap_or(outside)
}

/// The moment as RFC 3339 writes it, in UTC.
pub fn text(at: TimestampWithTimeZone) -> String {
    format_timestamp(microseconds(at))
}
