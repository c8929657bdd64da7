//! The turn of a day and of a month, which a test must not begin before and end after.

use awgp_core::month::Month;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 86_400 * SECOND_US;
/// How long after its end `seal_due_partitions()` seals a month.
const DUE_AFTER_US: i64 = 3_600 * SECOND_US;
/// What a test that looks at months takes at most.
const MONTHS_US: i64 = 120 * SECOND_US;
/// What a test that looks at days takes at most.
const DAYS_US: i64 = 20 * SECOND_US;

/// Microseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(since.as_micros()).expect("a clock")
}

/// Whether maintenance seals a month at this moment.
pub(crate) fn is_due(month: Month, at_us: i64) -> bool {
    month.end_us() + DUE_AFTER_US <= at_us
}

/// Whether a month turns or becomes due for its seal within two minutes of this moment, or a day turns within
/// twenty seconds (UTC).
///
/// # Panics
/// Where the moment is outside of the years 1 to 9999.
pub fn is_near(at_us: i64) -> bool {
    let month = |at| Month::of_timestamp(at).expect("a month");
    let (soon, day) = (at_us + MONTHS_US, |at: i64| at.div_euclid(DAY_US));
    month(at_us) != month(soon)
        || month(at_us - DUE_AFTER_US) != month(soon - DUE_AFTER_US)
        || day(at_us) != day(at_us + DAYS_US)
}

/// Waits until no turn is near.
pub(crate) async fn let_pass() {
    while is_near(now()) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
