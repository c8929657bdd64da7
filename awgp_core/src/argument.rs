//! Checks of arguments that all functions share: missing values, moments, intervals and whole numbers.
//!
//! Moments are in the years 1 to 9999 in UTC: RFC 3339 can write them, drivers can read them, and a month's
//! partition can have its name. `infinity` is not one of them.

use crate::civil::{DAY_US, Date, format_timestamp};
use crate::month::Month;
use crate::reason::Reason;
use crate::refusal::Refusal;
use std::ops::RangeInclusive;

/// Moments that are supported: the years 1 to 9999, in microseconds since 1970-01-01 UTC.
fn moments() -> std::ops::Range<i64> {
    let start_of = |year| Date { year, month: 1, day: 1 }.days() * DAY_US;
    start_of(1)..start_of(10_000)
}

/// The longest interval that is supported, a thousand years: far above every setting and bound of AWGP.
const SPAN_MAX_US: i128 = 1_000 * 366 * 86_400_000_000;

/// An interval as PostgreSQL stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Months.
    pub months: i32,
    /// Days in addition.
    pub days: i32,
    /// Microseconds in addition.
    pub microseconds: i64,
}

/// An argument that is NULL and must not be.
pub fn missing(argument: &str) -> Refusal {
    refusal(argument, format!("{argument} is NULL"), format!("Pass {argument}."))
}

/// A moment, in microseconds since 1970-01-01 UTC, None for infinity; refuses moments outside the years 1 to
/// 9999.
pub fn moment(argument: &str, timestamp_us: Option<i64>) -> Result<i64, Refusal> {
    let moments = moments();
    timestamp_us.filter(|us| moments.contains(us)).ok_or_else(|| {
        refusal(
            argument,
            format!("{argument} is outside the years 1 to 9999"),
            format!("Pass a time within these years for {argument}; infinity is not accepted."),
        )
        .with("from", format_timestamp(moments.start))
        .with("to", format_timestamp(moments.end - 1))
    })
}

/// Refuses an interval of more than a thousand years, forwards or backwards.
pub fn span(argument: &str, span: Span) -> Result<(), Refusal> {
    let days = i128::from(span.months) * 31 + i128::from(span.days);
    let us = days * i128::from(DAY_US) + i128::from(span.microseconds);
    if us.abs() <= SPAN_MAX_US {
        return Ok(());
    }
    let rule = format!("Pass an interval of at most a thousand years for {argument}.");
    Err(refusal(argument, format!("{argument} is longer than a thousand years"), rule))
}

/// A whole number that fits in 32 bits.
pub fn whole(argument: &str, number: i64) -> Result<i32, Refusal> {
    i32::try_from(number).map_err(|_| {
        refusal(
            argument,
            format!("{argument} does not fit in 32 bits"),
            format!("Pass a number from {} to {} for {argument}.", i32::MIN, i32::MAX),
        )
        .with("from", i32::MIN)
        .with("to", i32::MAX)
    })
}

/// The month that a text such as 2026-03 names.
pub fn month(argument: &str, text: &str) -> Result<Month, Refusal> {
    let parts = text.split_once('-').filter(|(year, month)| {
        let digits = |text: &str, many| text.len() == many && text.bytes().all(|byte| byte.is_ascii_digit());
        digits(year, 4) && digits(month, 2)
    });
    let month = parts.and_then(|(year, month)| Month::new(year.parse().ok()?, month.parse().ok()?));
    month.ok_or_else(|| {
        refusal(
            argument,
            format!("{argument} is not a month"),
            format!("Pass year and month for {argument}, such as 2026-03."),
        )
    })
}

/// A whole number within bounds.
pub fn within<N>(argument: &str, number: N, bounds: RangeInclusive<N>) -> Result<N, Refusal>
where
    N: Copy + PartialOrd + Into<i64>,
{
    if bounds.contains(&number) {
        return Ok(number);
    }
    let (from, to): (i64, i64) = ((*bounds.start()).into(), (*bounds.end()).into());
    let hint = format!("Pass a number from {from} to {to} for {argument}.");
    Err(refusal(argument, format!("{argument} is not from {from} to {to}"), hint)
        .with("from", from)
        .with("to", to))
}

/// A jsonb that is not an array of objects.
pub fn no_objects(argument: &str) -> Refusal {
    refusal(
        argument,
        format!("{argument} is not an array of objects"),
        format!("Pass an array of JSON objects for {argument}."),
    )
}

fn refusal(argument: &str, message: String, hint: String) -> Refusal {
    Refusal::new(Reason::OutOfRange, message, hint).with("argument", argument)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::civil::parse_timestamp;

    #[test]
    fn a_number_is_within_its_bounds_and_a_month_has_year_and_month() {
        assert_eq!(within("pools", 0, 0..=9), Ok(0));
        for number in [-1, 10, i64::MIN, i64::MAX] {
            assert_eq!(within("pools", number, 0..=9).unwrap_err().reason, Reason::OutOfRange, "{number}");
        }
        let march = month("month", "2026-03").unwrap();
        assert_eq!((march.year(), march.month()), (2026, 3));
        for text in [
            "",
            "2026",
            "2026-3",
            "2026-13",
            "2026-00",
            "0000-01",
            "+026-01",
            "2026-03-01",
            "26-03",
            "2026-+1",
        ] {
            assert_eq!(month("month", text).unwrap_err().reason, Reason::OutOfRange, "{text}");
        }
    }

    #[test]
    fn moments_are_those_of_the_years_1_to_9999() {
        for text in
            ["0001-01-01T00:00:00.000000Z", "2026-02-05T12:00:00.000000Z", "9999-12-31T23:59:59.999999Z"]
        {
            let us = parse_timestamp(text).unwrap();
            assert_eq!(moment("at", Some(us)), Ok(us), "{text}");
        }
        let first = parse_timestamp("0001-01-01T00:00:00.000000Z").unwrap();
        let last = parse_timestamp("9999-12-31T23:59:59.999999Z").unwrap();
        for us in [None, Some(first - 1), Some(last + 1), Some(i64::MIN), Some(i64::MAX)] {
            let refusal = moment("at", us).unwrap_err();
            assert_eq!(refusal.reason, Reason::OutOfRange);
            assert_eq!(
                refusal.detail(),
                r#"{"reason":"out_of_range","argument":"at","from":"0001-01-01T00:00:00.000000Z","to":"9999-12-31T23:59:59.999999Z"}"#
            );
        }
    }

    #[test]
    fn spans_are_of_a_thousand_years_at_most() {
        let of = |months, days, microseconds| span("expires_in", Span { months, days, microseconds });
        for (months, days, microseconds) in
            [(0, 0, 0), (0, 0, -1), (11_000, 0, 0), (-11_000, 0, 0), (0, 365_000, i64::MAX / 1_000_000)]
        {
            assert_eq!(of(months, days, microseconds), Ok(()), "{months} {days} {microseconds}");
        }
        for (months, days, microseconds) in [
            (12_000, 0, 0),
            (i32::MAX, i32::MAX, i64::MAX),
            (i32::MIN, i32::MIN, i64::MIN),
            (0, 366_001, 0),
            (0, 0, i64::MAX),
        ] {
            assert!(of(months, days, microseconds).is_err(), "{months} {days} {microseconds}");
        }
    }

    #[test]
    fn whole_numbers_are_of_32_bits() {
        assert_eq!(whole("tokens", i64::from(i32::MAX)), Ok(i32::MAX));
        let refusal = whole("tokens", 3_000_000_000).unwrap_err();
        assert_eq!(
            refusal.detail(),
            r#"{"reason":"out_of_range","argument":"tokens","from":-2147483648,"to":2147483647}"#
        );
    }
}
