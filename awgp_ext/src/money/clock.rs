//! The moment at which money moves.

use crate::pg::argument;
use crate::settings;
use awgp_core::audit::row::timestamp_from_postgres;
use pgrx::pg_sys;

/// Now, by the wall clock: a transaction that waits over midnight spends the new day's money. Where a superuser
/// has set `awgp.accounting_time`, that: an import of past costs, or a rehearsal.
pub fn now() -> pg_sys::TimestampTz {
    // SAFETY: reads the clock; timestamptz_in reads a C string and raises where it is no moment.
    unsafe {
        match settings::accounting_time() {
            None => pg_sys::GetCurrentTimestamp(),
            Some(text) => {
                let function = pg_sys::Oid::from(pg_sys::F_TIMESTAMPTZ_IN);
                let text = text.as_ptr().cast_mut();
                #[expect(clippy::cast_possible_wrap, reason = "a by-value 64-bit timestamp")]
                let at = pg_sys::OidInputFunctionCall(function, text, pg_sys::InvalidOid, -1).value() as i64;
                argument::check_moment("awgp.accounting_time", at);
                at
            }
        }
    }
}

/// The moment whose periods count for money of a pool that moves now. A pool's period that has begun is not unmade by a
/// clock that runs back; a moment that a superuser has set is meant, and lies in its own day and month.
pub fn counting(period_starts: Option<pg_sys::TimestampTz>) -> pg_sys::TimestampTz {
    let now = now();
    if settings::accounting_time().is_some() {
        now
    } else {
        period_starts.map_or(now, |starts| now.max(starts))
    }
}

/// As text in UTC, for a refusal's facts.
pub fn text(at: pg_sys::TimestampTz) -> String {
    timestamp_from_postgres(at).map(awgp_core::civil::format_timestamp).unwrap_or_default()
}
