//! What the views of budgets ask of the rules.

use crate::encoding::Text;
use crate::raise::raise;
use awgp_core::money::period::{Division, PeriodError, Zone};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::prelude::*;

/// Microseconds from 1970, which the rules count from, to 2000, which the server does.
const EPOCH_US: i64 = 946_684_800_000_000;

/// When the period of a pool that holds a moment begins, and when it ends: for a period in which no money has moved
/// yet, and which has no row therefore.
#[pg_extern(stable, parallel_safe, strict)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn pool_period(reset_day: i32, time_zone: Text, at: TimestampWithTimeZone) -> Vec<TimestampWithTimeZone> {
    let reset_day = u8::try_from(reset_day.clamp(1, 31)).unwrap_or(1);
    let at_us = at.into_inner().saturating_add(EPOCH_US);
    let zone = Zone::named(&time_zone.0);
    let period = zone.and_then(|zone| zone.period(Division::Month { reset_day }, at_us));
    let period = period.unwrap_or_else(|error| raise(&no_period(&error)));
    let bounds = [period.starts_us, period.ends_us].map(|us| us.saturating_sub(EPOCH_US));
    bounds.into_iter().filter_map(|us| TimestampWithTimeZone::try_from(us).ok()).collect()
}

fn no_period(error: &PeriodError) -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        error.to_string(),
        "Name a zone of the IANA database in the tenant's settings: {\"time_zone\": \"Europe/Berlin\"}.",
    )
}
