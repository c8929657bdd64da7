//! Months in UTC: the partitions of `audit_logs`.
//!
//! Bounds are written with an explicit `+00`: otherwise a session in another time zone would create months
//! that overlap.

use crate::civil::{DAY_US, Date};
use crate::reason::Reason;
use crate::refusal::Refusal;
use std::fmt;

/// No installation needs more than ten years of empty partitions at a time.
const MONTHS_AHEAD_MAX: i64 = 120;

/// How far in the future a partition is created, in months: a hundred years.
const FARTHEST: i64 = 1_200;

/// No trail is older than the clocks of the machines that store it.
const FIRST_YEAR: u16 = 1970;

/// The beginning of a partition's name.
const PREFIX: &str = "audit_logs_";

/// A month of the UTC calendar, years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: u16,
    month: u8,
}

impl Month {
    /// The month `month` (1 to 12) of `year` (1 to 9999); `None` outside.
    pub fn new(year: u16, month: u8) -> Option<Self> {
        ((1..=9_999).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// The month that contains a moment, in microseconds since 1970-01-01 UTC; `None` outside years 1 to
    /// 9999.
    pub fn of_timestamp(timestamp_us: i64) -> Option<Self> {
        let date = Date::from_days(timestamp_us.div_euclid(DAY_US));
        Self::new(u16::try_from(date.year).ok()?, date.month)
    }

    /// The month of a partition, from its name `audit_logs_YYYY_MM`; `None` for any other name.
    pub fn of_partition(name: &str) -> Option<Self> {
        let (year, month) = name.strip_prefix(PREFIX)?.split_once('_')?;
        let month = Self::new(year.parse().ok()?, month.parse().ok()?)?;
        (month.partition_name() == name).then_some(month)
    }

    /// The partition's name, `audit_logs_YYYY_MM`.
    pub fn partition_name(self) -> String {
        format!("{PREFIX}{:04}_{:02}", self.year, self.month)
    }

    /// The year, 1 to 9999.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month of the year, 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// Months since year 0, for arithmetic.
    fn ordinal(self) -> i64 {
        i64::from(self.year) * 12 + i64::from(self.month) - 1
    }

    /// This month moved by `months`, backwards where negative; `None` outside years 1 to 9999.
    pub fn plus(self, months: i64) -> Option<Self> {
        let ordinal = self.ordinal().checked_add(months)?;
        let year = u16::try_from(ordinal.div_euclid(12)).ok()?;
        Self::new(year, u8::try_from(ordinal.rem_euclid(12) + 1).ok()?)
    }

    /// Months from this one to `other`: 0 for the same, negative where `other` is earlier.
    pub fn months_until(self, other: Self) -> i64 {
        other.ordinal() - self.ordinal()
    }

    /// Every month from this one to `last`, both included; empty where `last` is earlier.
    pub fn through(self, last: Self) -> impl Iterator<Item = Self> {
        (0..=self.months_until(last)).filter_map(move |months| self.plus(months))
    }

    /// The first moment, in microseconds since 1970-01-01 UTC.
    pub fn start_us(self) -> i64 {
        Date { year: self.year.into(), month: self.month, day: 1 }.days() * DAY_US
    }

    /// The first moment after this month: the beginning of the next. December 9999 ends in year 10000.
    pub fn end_us(self) -> i64 {
        let (year, month) =
            if self.month == 12 { (i64::from(self.year) + 1, 1) } else { (self.year.into(), self.month + 1) };
        Date { year, month, day: 1 }.days() * DAY_US
    }

    /// Whether a moment lies in this month.
    pub fn contains(self, timestamp_us: i64) -> bool {
        (self.start_us()..self.end_us()).contains(&timestamp_us)
    }

    /// The partition's bounds for `FOR VALUES FROM (…) TO (…)`: `2026-01-01 00:00:00+00`, the second one
    /// exclusive.
    pub fn bounds(self) -> (String, String) {
        let text = |us: i64| {
            let date = Date::from_days(us.div_euclid(DAY_US));
            format!("{:04}-{:02}-01 00:00:00+00", date.year, date.month)
        };
        (text(self.start_us()), text(self.end_us()))
    }
}

/// The months to create partitions for: that of `at` and the next `months_ahead`. Their number per call is
/// bounded, and each is between 1970 and a hundred years after `now`, both in microseconds since 1970-01-01
/// UTC: however often it is called, the number of partitions is bounded.
pub fn to_ensure(months_ahead: i64, at: i64, now: i64) -> Result<Vec<Month>, Refusal> {
    if !(0..=MONTHS_AHEAD_MAX).contains(&months_ahead) {
        return Err(Refusal::new(
            Reason::OutOfRange,
            format!("months_ahead must be between 0 and {MONTHS_AHEAD_MAX}"),
            "Pass a smaller number; three months are enough where maintenance runs daily.",
        )
        .with("argument", "months_ahead")
        .with("months_ahead", months_ahead));
    }
    let first = Month::of_timestamp(at).filter(|month| month.year >= FIRST_YEAR);
    let latest = Month::of_timestamp(now).and_then(|month| month.plus(FARTHEST));
    let last = first.and_then(|month| month.plus(months_ahead)).filter(|last| Some(*last) <= latest);
    let Some((first, last)) = first.zip(last) else {
        return Err(Refusal::new(
            Reason::OutOfRange,
            "partitions can be created for months from 1970 to a hundred years from now",
            "Leave out the argument at, or pass a time within these years.",
        )
        .with("argument", "at")
        .with("from", format!("{FIRST_YEAR}-01"))
        .with("to", latest.map(|month| month.to_string())));
    };
    Ok(first.through(last).collect())
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::civil::parse_timestamp;
    use proptest::prelude::*;

    fn months() -> impl Strategy<Value = Month> {
        (1_u16..=9_999, 1_u8..=12).prop_map(|(year, month)| Month { year, month })
    }

    #[test]
    fn the_last_microsecond_belongs_to_the_month_that_ends() {
        let turn = parse_timestamp("2026-02-01T00:00:00.000000Z").unwrap();
        assert_eq!(Month::of_timestamp(turn - 1).unwrap().to_string(), "2026-01");
        assert_eq!(Month::of_timestamp(turn).unwrap().to_string(), "2026-02");
    }

    #[test]
    fn bounds_are_explicit_utc() {
        let month = Month::of_partition("audit_logs_2025_12").unwrap();
        assert_eq!(month.bounds(), ("2025-12-01 00:00:00+00".into(), "2026-01-01 00:00:00+00".into()));
    }

    fn ensured(months_ahead: i64, at: &str) -> Result<Vec<String>, Reason> {
        let us = |text: &str| parse_timestamp(&format!("{text}T12:00:00.000000Z")).unwrap();
        let months = to_ensure(months_ahead, us(at), us("2026-11-28")).map_err(|refusal| refusal.reason)?;
        Ok(months.iter().map(Month::to_string).collect())
    }

    #[test]
    fn partitions_are_made_of_a_few_months_at_a_time_and_of_no_far_ones() {
        assert_eq!(ensured(0, "1970-01-01"), Ok(vec!["1970-01".to_owned()]));
        assert_eq!(ensured(1, "2026-12-31"), Ok(vec!["2026-12".to_owned(), "2027-01".to_owned()]));
        assert_eq!(ensured(120, "2026-11-28").map(|months| months.len()), Ok(121));
        for (months_ahead, at) in [
            (-1, "2026-11-28"),
            (121, "2026-11-28"),
            (i64::MIN, "2026-11-28"),
            (i64::MAX, "2026-11-28"),
            (0, "1969-12-31"),
            (0, "0001-01-01"),
            (0, "2126-12-01"),
            (120, "2116-12-01"),
            (2, "9999-12-01"),
        ] {
            assert_eq!(ensured(months_ahead, at), Err(Reason::OutOfRange), "{months_ahead} {at}");
        }
    }

    #[test]
    fn other_names_are_no_months() {
        for name in [
            "audit_logs",
            "audit_logs_default",
            "audit_logs_2025_2",
            "audit_logs_2025_13",
            "audit_logs_+025_02",
        ] {
            assert_eq!(Month::of_partition(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn names_and_months_agree(month in months()) {
            prop_assert_eq!(Month::of_partition(&month.partition_name()), Some(month));
        }

        #[test]
        fn months_adjoin_without_overlap(month in months()) {
            prop_assert_eq!(Month::of_timestamp(month.start_us()), Some(month));
            prop_assert_eq!(Month::of_timestamp(month.end_us() - 1), Some(month));
            if let Some(next) = month.plus(1) {
                prop_assert_eq!(month.end_us(), next.start_us());
                prop_assert_eq!(month.months_until(next), 1);
            }
        }

        #[test]
        fn moving_there_and_back_is_nothing(month in months(), by in -2_000_i64..2_000) {
            if let Some(moved) = month.plus(by) {
                prop_assert_eq!(moved.plus(-by), Some(month));
                prop_assert_eq!(month.months_until(moved), by);
                prop_assert_eq!(month.through(moved).count(), usize::try_from(by + 1).unwrap_or(0));
            }
        }
    }
}
