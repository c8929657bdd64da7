//! The moment at which money moves.

use crate::pg::argument;
use crate::pg::clock;
use crate::pg::parameter::{known, of_superuser};
use awgp_core::audit::row::timestamp_from_postgres;
use pgrx::{GucSetting, pg_sys};
use std::ffi::CString;

static GIVEN: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

/// The moment that stands in for the wall clock; None where it is unset or empty.
fn given() -> Option<CString> {
    known(&GIVEN).filter(|text| !text.is_empty())
}

/// Declares the parameter.
pub fn define() {
    of_superuser(
        c"awgp.accounting_time",
        c"The moment that costs and reservations are made at, in place of the wall clock.",
        c"Empty: the wall clock. For imports of past costs and for rehearsals; only a superuser sets it.",
    )
    .text(&GIVEN, None, None);
}

/// Now, by the wall clock: a transaction that waits over midnight spends the new day's money. Where a superuser
/// has set `awgp.accounting_time`, that: an import of past costs, or a rehearsal.
pub fn now() -> pg_sys::TimestampTz {
    // SAFETY: reads the clock; timestamptz_in reads a C string and raises where it is no moment.
    unsafe {
        match given() {
            None => clock::timestamp(),
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
    if given().is_some() { now } else { period_starts.map_or(now, |starts| now.max(starts)) }
}

/// As text in UTC, for a refusal's facts.
pub fn text(at: pg_sys::TimestampTz) -> String {
    timestamp_from_postgres(at).map(awgp_core::civil::format_timestamp).unwrap_or_default()
}
