//! The days and periods for the views of budgets and costs, computed by the rules of the limits, so that a
//! report and a limit always use the same calendar.
//!
//! Neither function needs a context: a parallel worker has none, and gets the same answers.

use crate::pg::argument;
use crate::pg::encoding::Text;
use crate::pg::raise::raise;
use awgp_core::audit::row::{timestamp_from_postgres, timestamp_to_postgres};
use awgp_core::money::period::{Division, Period, PeriodError, Zone};
use awgp_core::money::refusals;
use pgrx::datum::Date;
use pgrx::prelude::*;
use std::cell::RefCell;

/// Days from 1970-01-01 to 2000-01-01, where PostgreSQL's dates start.
const TO_2000: i64 = 10_957;

/// The last day found, cached because a ledger has thousands of rows per day.
struct Found {
    zone: String,
    /// Microseconds since 1970.
    within: Period,
    day: Date,
}

thread_local! {
    static FOUND: RefCell<Option<Found>> = const { RefCell::new(None) };
}

/// The day in a time zone to which a time belongs, by the rules of the limits. STABLE, because a later
/// version may have newer time zone data.
#[pg_extern(stable, parallel_safe, strict)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn accounting_day(at: TimestampWithTimeZone, time_zone: Text) -> Date {
    let fail = |error: PeriodError| -> ! { raise(&refusals::no_period(&error)) };
    argument::check_moment("at", at.into_inner());
    let Some(at_us) = timestamp_from_postgres(at.into_inner()) else { fail(PeriodError::OutOfRange) };
    FOUND.with_borrow_mut(|found| {
        if let Some(found) =
            found.as_ref().filter(|found| found.within.contains(at_us) && found.zone == time_zone.0)
        {
            return found.day;
        }
        let (days, within) =
            Zone::named(&time_zone.0).and_then(|zone| zone.day(at_us)).unwrap_or_else(|error| fail(error));
        let days = i32::try_from(days - TO_2000).unwrap_or_else(|_| fail(PeriodError::OutOfRange));
        // SAFETY: a valid day number as PostgreSQL counts.
        let day = unsafe { Date::from_pg_epoch_days(days) };
        *found = Some(Found { zone: time_zone.0.clone(), within, day });
        day
    })
}

/// Start and end of the pool's period that contains this time. For a period without a row, because no money
/// has moved in it yet.
#[pg_extern(stable, parallel_safe, strict)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn pool_period(reset_day: i64, time_zone: Text, at: TimestampWithTimeZone) -> Vec<TimestampWithTimeZone> {
    argument::check_moment("at", at.into_inner());
    let reset_day = u8::try_from(reset_day.clamp(1, 31)).unwrap_or(1);
    let period = timestamp_from_postgres(at.into_inner())
        .ok_or(PeriodError::OutOfRange)
        .and_then(|at_us| Zone::named(&time_zone.0)?.period(Division::Month { reset_day }, at_us))
        .unwrap_or_else(|error| raise(&refusals::no_period(&error)));
    let bounds = [period.starts_us, period.ends_us].map(timestamp_to_postgres);
    bounds.into_iter().filter_map(|us| TimestampWithTimeZone::try_from(us).ok()).collect()
}
