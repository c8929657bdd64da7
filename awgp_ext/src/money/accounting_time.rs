//! The time at which money is accounted.

use crate::pg::argument;
use crate::pg::clock;
use crate::pg::parameter::{known, of_superuser};
use awgp_core::audit::row::timestamp_from_postgres;
use pgrx::{GucSetting, pg_sys};
use std::ffi::CString;

static GIVEN: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

/// The time that replaces the wall clock; None where the parameter is unset or empty.
fn given() -> Option<CString> {
    known(&GIVEN).filter(|text| !text.is_empty())
}

/// Declares the parameter.
pub fn define() {
    of_superuser(
        c"awgp.accounting_time",
        c"Time of costs and reservations, in place of the wall clock.",
        c"Empty means the wall clock. For importing past costs and for rehearsals.",
    )
    .text(&GIVEN, None, None);
}

/// The wall clock, so that a transaction that waits over midnight spends the new day's money. Where a
/// superuser has set `awgp.accounting_time`, that time: for an import of past costs, or a rehearsal.
pub fn now() -> pg_sys::TimestampTz {
    // SAFETY: reads the clock; timestamptz_in reads a C string and raises where it is not a timestamp.
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

/// The time that determines the periods for money of a pool. A clock that runs back does not return to an
/// earlier period of the pool. A time that a superuser has set is used as it is, with its own day and month.
pub fn counting(period_starts: Option<pg_sys::TimestampTz>) -> pg_sys::TimestampTz {
    let now = now();
    if given().is_some() { now } else { period_starts.map_or(now, |starts| now.max(starts)) }
}

/// The time as text in UTC, for the facts of a refusal.
pub fn text(at: pg_sys::TimestampTz) -> String {
    timestamp_from_postgres(at).map(awgp_core::civil::format_timestamp).unwrap_or_default()
}
