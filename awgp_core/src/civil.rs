//! The proleptic Gregorian calendar in UTC, over the whole range of a 64-bit count of microseconds.
//!
//! PostgreSQL's timestamps reach from 4713 BC to 294276 AD; the well-known calendar libraries stop earlier.
//! The two conversions are Howard Hinnant's `days_from_civil` and `civil_from_days`.

/// Microseconds in a day.
pub const DAY_US: i64 = 86_400_000_000;

/// A day. `year` is astronomical: 0 is 1 BC, -1 is 2 BC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The astronomical year.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Date {
    /// The day `days` after 1970-01-01.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "1..=31 and 1..=12 by the algorithm"
    )]
    pub fn from_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u8;
        Self { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
    }

    /// Days from 1970-01-01 to this day. `month` and `day` must be in their ranges.
    pub fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted_month = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }
}

/// Writes a moment as `2026-02-05T12:34:56.000789Z`: UTC, always six decimals. A year outside 0000 to 9999
/// has a sign and at least six digits, as in ISO 8601's expanded form: `-004712-01-01T…`.
///
/// `timestamp_us`: microseconds since 1970-01-01 00:00:00 UTC.
pub fn format_timestamp(timestamp_us: i64) -> String {
    let Date { year, month, day } = Date::from_days(timestamp_us.div_euclid(DAY_US));
    let in_day = timestamp_us.rem_euclid(DAY_US);
    let (second, us) = (in_day / 1_000_000, in_day % 1_000_000);
    let (h, m, s) = (second / 3_600, second / 60 % 60, second % 60);
    if !(0..=9_999).contains(&year) {
        return format!("{year:+07}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{us:06}Z");
    }
    // Written digit by digit, because every event has several of them.
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let mut put = |end: usize, width: usize, mut number: i64| {
        for place in (end - width..end).rev() {
            text[place] = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
    };
    for (end, width, number) in [
        (4, 4, year),
        (7, 2, i64::from(month)),
        (10, 2, i64::from(day)),
        (13, 2, h),
        (16, 2, m),
        (19, 2, s),
        (26, 6, us),
    ] {
        put(end, width, number);
    }
    String::from_utf8(text.to_vec()).unwrap_or_default()
}

/// Reads only what [`format_timestamp`] writes; `None` for any other text, and for a moment that does not fit
/// in 64 bits.
pub fn parse_timestamp(text: &str) -> Option<i64> {
    let split = text.len().checked_sub(23).filter(|at| text.is_char_boundary(*at))?;
    let (year, rest) = text.split_at(split);
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = rest.get(from..to)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let date = Date {
        year: year.parse().ok()?,
        month: u8::try_from(number(1, 3)?).ok()?,
        day: u8::try_from(number(4, 6)?).ok()?,
    };
    let second = number(7, 9)? * 3_600 + number(10, 12)? * 60 + number(13, 15)?;
    // The year is bounded before any arithmetic; writing the moment again then checks the form and the
    // ranges.
    if date.year.abs() > 300_000 || !(1..=12).contains(&date.month) {
        return None;
    }
    let timestamp_us = i128::from(date.days()) * i128::from(DAY_US)
        + i128::from(second) * 1_000_000
        + i128::from(number(16, 22)?);
    let timestamp_us = i64::try_from(timestamp_us).ok()?;
    (format_timestamp(timestamp_us) == text).then_some(timestamp_us)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments_have_known_texts() {
        for (us, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
            (253_402_300_800_000_000, "+010000-01-01T00:00:00.000000Z"),
            (-62_167_219_200_000_001, "-000001-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(format_timestamp(us), text);
            assert_eq!(parse_timestamp(text), Some(us));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2026-02-30T00:00:00.000000Z",
            "2026-02-05 00:00:00.000000Z",
            "2026-02-05T00:00:00.00000Z",
            "2026-02-05T00:00:60.000000Z",
            "2026-02-05T24:00:00.000000Z",
            "2026-13-05T00:00:00.000000Z",
            "+002026-02-05T00:00:00.000000Z",
            "+2026-02-05T00:00:00.000000Z",
            "+300000-01-01T00:00:00.000000Z",
            "2026-02-05T00:00:00.000000+",
            "é26-02-05T00:00:00.000000Z",
        ] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_survives_its_text(us: i64) {
            prop_assert_eq!(parse_timestamp(&format_timestamp(us)), Some(us));
        }

        #[test]
        fn days_and_dates_agree_and_keep_their_order(days in -110_000_000_i64..110_000_000) {
            prop_assert_eq!(Date::from_days(days).days(), days);
            prop_assert!(Date::from_days(days) < Date::from_days(days + 1));
        }
    }
}
