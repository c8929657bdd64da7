//! Periods: days and months of a time zone, as half-open ranges of time.
//!
//! A boundary is the first moment of a date in the zone: midnight; the first moment after the jump where the
//! clock jumps over midnight; the first midnight where there are two. Boundaries never go backwards, so
//! periods adjoin without overlap for every clock change; a moment belongs to the period whose boundaries
//! contain it.
//!
//! The zones are those of the IANA database that is compiled in: the result depends on no file of the
//! machine.

use jiff::civil::{self, Date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use thiserror::Error;

/// A range of time, in microseconds since 1970-01-01 00:00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first moment.
    pub starts_us: i64,
    /// The first moment after its end.
    pub ends_us: i64,
}

impl Period {
    /// Whether it contains a moment.
    pub fn contains(self, at_us: i64) -> bool {
        (self.starts_us..self.ends_us).contains(&at_us)
    }

    /// The part between its neighbours. Where the zone or the reset day has changed, the period before runs
    /// to its own end and this one begins there; and it ends where a later period has begun already.
    #[must_use]
    pub fn between(self, before_ends_us: Option<i64>, after_starts_us: Option<i64>) -> Self {
        Self {
            starts_us: before_ends_us.map_or(self.starts_us, |end| end.max(self.starts_us)),
            ends_us: after_starts_us.map_or(self.ends_us, |start| start.min(self.ends_us)),
        }
    }
}

/// How a limit divides time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Division {
    /// A day of the calendar.
    Day,
    /// From this day of a month, 1 to 31, to the same day of the next; in shorter months, the last day.
    Month {
        /// The day on which it begins.
        reset_day: u8,
    },
}

/// Why there is no period.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PeriodError {
    /// The zone is not in the IANA database.
    #[error("there is no time zone \"{0}\"")]
    UnknownZone(String),
    /// The moment is outside the years -9998 to 9998.
    #[error("the moment is out of range")]
    OutOfRange,
}

/// A time zone of the IANA database, by its name.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of this name, such as `Europe/Berlin`.
    pub fn named(name: &str) -> Result<Self, PeriodError> {
        TimeZone::get(name).map(Self).map_err(|_| PeriodError::UnknownZone(name.to_owned()))
    }

    /// The period that contains a moment.
    pub fn period(&self, division: Division, at_us: i64) -> Result<Period, PeriodError> {
        self.find(division, at_us).map(|(_, period)| period).ok_or(PeriodError::OutOfRange)
    }

    /// The day in which a moment counts, in days since 1970-01-01, and its bounds.
    pub fn day(&self, at_us: i64) -> Result<(i64, Period), PeriodError> {
        let (date, period) = self.find(Division::Day, at_us).ok_or(PeriodError::OutOfRange)?;
        Ok((date.duration_since(civil::date(1970, 1, 1)).as_hours() / 24, period))
    }

    fn find(&self, division: Division, at_us: i64) -> Option<(Date, Period)> {
        let date = Timestamp::from_microsecond(at_us).ok()?.to_zoned_datetime(self.0.clone()).date();
        let mut first = division.first(date)?;
        let mut period = self.between(first, division.next(first)?)?;
        // The local date can go back over a boundary where the clock is put back shortly after midnight.
        while at_us < period.starts_us {
            first = division.previous(first)?;
            period = self.between(first, division.next(first)?)?;
        }
        while at_us >= period.ends_us {
            first = division.next(first)?;
            period = self.between(first, division.next(first)?)?;
        }
        Some((first, period))
    }

    fn between(&self, first: Date, next: Date) -> Option<Period> {
        Some(Period { starts_us: self.start_of(first)?, ends_us: self.start_of(next)? })
    }

    /// The first moment of a date.
    fn start_of(&self, date: Date) -> Option<i64> {
        date.to_zoned_datetime(self.0.clone()).ok().map(|start| start.timestamp().as_microsecond())
    }
}

impl Division {
    /// The first date of the period of a date.
    fn first(self, date: Date) -> Option<Date> {
        match self {
            Self::Day => Some(date),
            Self::Month { reset_day } => {
                let boundary = clamped(date.first_of_month(), reset_day)?;
                if boundary <= date { Some(boundary) } else { self.previous(boundary) }
            }
        }
    }

    fn next(self, first: Date) -> Option<Date> {
        self.step(first, 1)
    }

    fn previous(self, first: Date) -> Option<Date> {
        self.step(first, -1)
    }

    fn step(self, first: Date, by: i32) -> Option<Date> {
        match self {
            Self::Day => first.checked_add(by.days()).ok(),
            Self::Month { reset_day } => {
                clamped(first.first_of_month().checked_add(by.months()).ok()?, reset_day)
            }
        }
    }
}

/// This day of the month, or the last where the month is shorter.
fn clamped(first_of_month: Date, day: u8) -> Option<Date> {
    let day = i8::try_from(day).ok()?.clamp(1, first_of_month.days_in_month());
    first_of_month.with().day(day).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn us(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    fn period(zone: &str, division: Division, at: &str) -> (String, String) {
        let period = Zone::named(zone).unwrap().period(division, us(at)).unwrap();
        let text = |us| Timestamp::from_microsecond(us).unwrap().to_string();
        (text(period.starts_us), text(period.ends_us))
    }

    fn pair(starts: &str, ends: &str) -> (String, String) {
        (starts.to_owned(), ends.to_owned())
    }

    fn month(reset_day: u8) -> Division {
        Division::Month { reset_day }
    }

    #[test]
    fn the_last_microsecond_belongs_to_the_period_that_ends() {
        let expected = pair("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
        assert_eq!(period("UTC", month(1), "2026-01-31T23:59:59.999999Z"), expected);
        let expected = pair("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
        assert_eq!(period("UTC", month(1), "2026-02-01T00:00:00Z"), expected);
    }

    /// The 29th to 31st in short months and leap years.
    #[test]
    fn reset_days_29_to_31_are_the_last_day_of_shorter_months() {
        for (day, at, starts, ends) in [
            (31, "2026-02-27T12:00:00Z", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"),
            (31, "2026-02-28T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"),
            (31, "2026-04-30T00:00:00Z", "2026-04-30T00:00:00Z", "2026-05-31T00:00:00Z"),
            (30, "2026-03-01T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-30T00:00:00Z"),
            (29, "2026-03-01T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-29T00:00:00Z"),
            (29, "2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "2028-03-29T00:00:00Z"),
            (31, "2026-01-01T00:00:00Z", "2025-12-31T00:00:00Z", "2026-01-31T00:00:00Z"),
        ] {
            assert_eq!(period("UTC", month(day), at), pair(starts, ends), "reset day {day} at {at}");
        }
    }

    #[test]
    fn a_day_has_as_many_hours_as_the_clock_gives_it() {
        let spring = period("Europe/Berlin", Division::Day, "2026-03-29T12:00:00Z");
        assert_eq!(spring, pair("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"));
        let autumn = period("Europe/Berlin", Division::Day, "2026-10-25T12:00:00Z");
        assert_eq!(autumn, pair("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"));
    }

    #[test]
    fn a_midnight_that_does_not_exist_or_comes_twice_is_one_boundary() {
        // Beirut's clock jumps from 00:00 to 01:00.
        let gap = period("Asia/Beirut", Division::Day, "2024-03-31T12:00:00Z");
        assert_eq!(gap, pair("2024-03-30T22:00:00Z", "2024-03-31T21:00:00Z"));
        // Havana's clock goes back from 01:00 to 00:00.
        let fold = period("America/Havana", Division::Day, "2024-11-03T12:00:00Z");
        assert_eq!(fold, pair("2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z"));
        // St John's clock once went back from 00:01 to 23:01: the local date went backwards.
        let at = "2006-10-29T02:45:00Z";
        let back = period("America/St_Johns", Division::Day, at);
        assert!(us(&back.0) <= us(at) && us(at) < us(&back.1), "{back:?}");
        // Samoa had no 30 December 2011.
        let skipped = period("Pacific/Apia", Division::Day, "2011-12-30T09:59:59Z");
        assert_eq!(skipped, pair("2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"));
    }

    #[test]
    fn a_moment_counts_in_the_day_whose_period_holds_it() {
        for (zone, at, day) in [
            ("UTC", "1970-01-01T00:00:00Z", 0),
            ("UTC", "1969-12-31T23:59:59.999999Z", -1),
            ("America/Vancouver", "2026-11-28T07:30:00Z", 20_785),
            // The clock was put back over midnight: the date went back, the day did not.
            ("America/St_Johns", "2006-10-29T02:45:00Z", 13_450),
        ] {
            let (got, period) = Zone::named(zone).unwrap().day(us(at)).unwrap();
            assert_eq!(got, day, "{zone} {at}");
            assert!(period.contains(us(at)));
        }
    }

    #[test]
    fn names_that_are_no_zones_are_refused() {
        for name in ["", "Mars/Olympus", "../etc/passwd", "UTC0", "CET-1CEST"] {
            assert!(Zone::named(name).is_err(), "{name}");
        }
        assert!(Zone::named("UTC").is_ok());
    }

    #[test]
    fn a_period_lies_between_its_neighbours() {
        let natural = Period { starts_us: 10, ends_us: 20 };
        assert_eq!(natural.between(None, None), natural);
        assert_eq!(natural.between(Some(5), Some(25)), natural);
        assert_eq!(natural.between(Some(12), Some(18)), Period { starts_us: 12, ends_us: 18 });
    }

    const ZONES: [&str; 8] = [
        "UTC",
        "Europe/Berlin",
        "America/St_Johns",
        "America/Sao_Paulo",
        "Asia/Beirut",
        "America/Havana",
        "Pacific/Apia",
        "Antarctica/Troll",
    ];

    fn divisions() -> impl Strategy<Value = Division> {
        prop_oneof![Just(Division::Day), (1_u8..=31).prop_map(month)]
    }

    proptest! {
        // 1970 to 2100.
        #[test]
        fn every_moment_lies_in_its_period_and_periods_adjoin(
            zone in 0..ZONES.len(), division in divisions(), at_us in 0_i64..4_102_444_800_000_000,
        ) {
            let zone = Zone::named(ZONES[zone]).unwrap();
            let period = zone.period(division, at_us).unwrap();
            prop_assert!(period.contains(at_us));
            prop_assert_eq!(zone.period(division, period.starts_us).unwrap(), period);
            prop_assert_eq!(zone.period(division, period.ends_us - 1).unwrap(), period);
            prop_assert_eq!(zone.period(division, period.ends_us).unwrap().starts_us, period.ends_us);
            prop_assert_eq!(zone.period(division, period.starts_us - 1).unwrap().ends_us, period.starts_us);
        }
    }
}
