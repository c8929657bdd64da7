//! Times for people: in the reader's zone, and in words.

use crate::look::Look;
use jiff::Timestamp;

pub use awgp_client::durations::{away, seconds, words};

/// Whether a column holds moments.
pub fn is_moment(column: &str) -> bool {
    column.ends_with("_at")
        || column.ends_with("_until")
        || matches!(column, "at" | "timestamp" | "valid_from" | "month_begins" | "month_ends")
}

/// Whether a column holds how long something takes.
pub fn is_duration(column: &str) -> bool {
    matches!(column, "age" | "left" | "time_left")
}

/// The value of a column for people: a moment or a duration; None if it is neither.
pub fn shown(column: &str, text: &str, look: &Look) -> Option<String> {
    if is_moment(column) {
        return text.parse().ok().map(|moment| told(moment, look));
    }
    if is_duration(column) && !look.iso {
        return seconds(text).map(words);
    }
    None
}

/// The same with how far away it is, for one row.
pub fn shown_in_full(column: &str, text: &str, look: &Look) -> Option<String> {
    let told = shown(column, text, look)?;
    let Ok(moment) = text.parse::<Timestamp>() else { return Some(told) };
    Some(format!("{told} ({})", away(moment.as_second() - Timestamp::now().as_second())))
}

/// A moment in the reader's zone.
pub fn told(moment: Timestamp, look: &Look) -> String {
    let zoned = moment.to_zoned_datetime(look.zone.clone());
    if look.iso {
        return zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    }
    zoned.strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn berlin(iso: bool) -> Look {
        Look { zone: TimeZone::get("Europe/Berlin").expect("a zone"), iso, columns: None }
    }

    #[test]
    fn a_moment_is_shown_where_the_reader_is() {
        let text = "2026-07-01T22:30:59.123456+00:00";
        assert_eq!(shown("created_at", text, &berlin(false)).as_deref(), Some("2026-07-02 00:30"));
        assert_eq!(shown("created_at", text, &berlin(true)).as_deref(), Some("2026-07-02T00:30:59+02:00"));
        assert_eq!(shown("title", text, &berlin(false)), None);
        assert_eq!(shown("created_at", "", &berlin(false)), None);
    }

    #[test]
    fn a_length_of_time_is_in_words() {
        assert_eq!(shown("left", "1 day 02:03:04", &berlin(false)).as_deref(), Some("1 day 2 hours"));
        assert_eq!(shown("left", "1 day 02:03:04", &berlin(true)), None);
    }
}
