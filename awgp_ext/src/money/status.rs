//! What the views of budgets ask of the rules.

use crate::argument;
use crate::encoding::Text;
use crate::raise::raise;
use awgp_core::audit::row::{timestamp_from_postgres, timestamp_to_postgres};
use awgp_core::money::period::{Division, PeriodError, Zone};
use awgp_core::money::refusals;
use pgrx::prelude::*;

/// When the period of a pool that holds a moment begins, and when it ends: for a period in which no money has moved
/// yet, and which has no row therefore.
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
