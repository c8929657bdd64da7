//! Times as people type them: `2027-01-03`, `tomorrow 17:00`, `in 3 days`.
//!
//! A clock time without a zone is the reader's, as tables show it. A day alone is that day where the tenant
//! is: from its first moment, or up to its end where an end is asked for. What could be two moments is
//! refused.

use crate::look::look;
use awgp_client::{Exit, Failure, Trouble, Work};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, ZonedDateTime};

/// Whether the login may ask for the zone of the tenant in context. For an auditor's login days are in UTC.
const HAS_ZONE: &str =
    "SELECT pg_catalog.has_function_privilege('awgp.accounting_zone()', 'EXECUTE')::integer::bigint";

/// The forms, for hints.
const FORMS: &str = "write 2027-01-03, \"2027-01-03 17:00\", \"tomorrow 17:00\", \"in 3 days\", \"2 hours ago\", or \
                     2027-01-03T17:00:00Z";

/// Which moment a day alone means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Its first moment.
    Begin,
    /// The moment at which it is over.
    End,
}

/// A typed time, before its day is placed in a zone.
#[derive(Debug, PartialEq)]
enum Typed {
    Moment(Timestamp),
    Day(Date),
    /// What no calendar of people has, such as infinity: the server says whether it takes it.
    Servers(String),
}

/// The moment that an option means, as the server reads it.
pub async fn moment(
    work: &Work<'_>,
    option: &str,
    text: Option<&String>,
    edge: Edge,
) -> Result<Option<String>, Trouble> {
    let Some(text) = text else { return Ok(None) };
    match typed(option, text, &Timestamp::now().to_zoned_datetime(look().zone.clone()))? {
        Typed::Moment(moment) => Ok(Some(moment.to_string())),
        Typed::Servers(text) => Ok(Some(text)),
        Typed::Day(day) => Ok(Some(edge_of(option, day, edge, &zone(work).await?)?.to_string())),
    }
}

/// The day that an option means. `today` and the like are where the tenant is.
pub async fn day(work: &Work<'_>, option: &str, text: Option<&String>) -> Result<Option<String>, Trouble> {
    let Some(text) = text else { return Ok(None) };
    let now = Timestamp::now().to_zoned_datetime(zone(work).await?);
    match typed(option, text, &now)? {
        Typed::Day(day) => Ok(Some(day.to_string())),
        Typed::Servers(text) => Ok(Some(text)),
        Typed::Moment(moment) => {
            Ok(Some(moment.to_zoned_datetime(now.time_zone().clone()).datetime().date().to_string()))
        }
    }
}

/// The moment this long ago, for an option such as `--older-than "3 days"`.
pub fn ago(option: &str, text: &str) -> Result<String, Failure> {
    let now = Timestamp::now().to_zoned_datetime(look().zone.clone());
    let age = text.trim().to_lowercase();
    let span = span(age.trim_end_matches(" ago")).ok_or_else(|| {
        refused(option, text, "is no age").hint("write an age such as \"3 days\", \"2 hours\" or \"4 weeks\"")
    })?;
    let then = now.checked_sub(span).map_err(|_| refused(option, text, "is too far away").hint(FORMS))?;
    Ok(then.timestamp().to_string())
}

async fn zone(work: &Work<'_>) -> Result<TimeZone, Trouble> {
    if work.number(HAS_ZONE, &[]).await? == 0 {
        return Ok(TimeZone::UTC);
    }
    let name = work.text("SELECT awgp.accounting_zone()", &[]).await?;
    let unknown = |error| Failure::new(Exit::Unexpected, format!("the tenant's time zone: {error}"));
    Ok(TimeZone::get(&name).map_err(unknown)?)
}

fn edge_of(option: &str, day: Date, edge: Edge, zone: &TimeZone) -> Result<Timestamp, Failure> {
    let far = |_| refused(option, &day.to_string(), "is too far away").hint(FORMS);
    let day = match edge {
        Edge::Begin => day,
        Edge::End => day.tomorrow().map_err(far)?,
    };
    Ok(zone.to_zoned_datetime(day.to_datetime(Time::midnight())).map_err(far)?.timestamp())
}

fn typed(option: &str, text: &str, now: &ZonedDateTime) -> Result<Typed, Failure> {
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Ok(moment) = plain.parse::<Timestamp>() {
        return Ok(Typed::Moment(moment));
    }
    if let Ok(zoned) = plain.parse::<ZonedDateTime>() {
        return Ok(Typed::Moment(zoned.timestamp()));
    }
    let words = plain.to_lowercase();
    if is_boundless(&words) {
        return Ok(Typed::Servers(plain));
    }
    let (first, rest) = words.split_once([' ', 't']).unwrap_or((&words, ""));
    if is_ambiguous(first) {
        return Err(refused(option, text, "may be read as two days").hint("write the year first: 2027-01-03"));
    }
    if words.is_empty() {
        return Err(refused(option, text, "is no time").hint(FORMS));
    }
    if words == "now" {
        return Ok(Typed::Moment(now.timestamp()));
    }
    let far = |_| refused(option, text, "is too far away").hint(FORMS);
    if let Some(ahead) = words.strip_prefix("in ").and_then(span) {
        return Ok(Typed::Moment(now.checked_add(ahead).map_err(far)?.timestamp()));
    }
    if let Some(back) = words.strip_suffix(" ago").and_then(span) {
        return Ok(Typed::Moment(now.checked_sub(back).map_err(far)?.timestamp()));
    }
    let (day, rest) = match named_day(&words, now.datetime().date()) {
        Some((day, rest)) => (Some(day), rest),
        None if is_dated(first) => (first.parse().ok(), rest),
        None => (Some(now.datetime().date()), words.as_str()),
    };
    let unreadable = || refused(option, text, "is no time").hint(FORMS);
    let day: Date = day.ok_or_else(unreadable)?;
    if rest.is_empty() {
        return Ok(Typed::Day(day));
    }
    let time = clock(rest).ok_or_else(unreadable)?;
    at(option, text, day.to_datetime(time), now.time_zone()).map(Typed::Moment)
}

/// `today`, `tomorrow` and `yesterday`, and what follows.
fn named_day(words: &str, today: Date) -> Option<(Date, &str)> {
    for (name, days) in [("today", 0), ("tomorrow", 1), ("yesterday", -1)] {
        if let Some(rest) = words.strip_prefix(name) {
            let rest = rest.trim_start();
            return Some((today.checked_add(days.days()).ok()?, rest.strip_prefix("at ").unwrap_or(rest)));
        }
    }
    None
}

/// Whether it is outside of the years 1 to 9999.
fn is_boundless(words: &str) -> bool {
    let year = words.split('-').next().unwrap_or_default();
    matches!(words, "infinity" | "-infinity") || words.ends_with(" bc") || (year.len() > 4 && is_digits(year))
}

/// Whether the text has a day with the year first.
fn is_dated(text: &str) -> bool {
    let mut parts = text.split('-');
    parts.next().is_some_and(|year| year.len() == 4 && is_digits(year)) && parts.count() == 2
}

/// Whether it is a day whose month and day may be taken for each other.
fn is_ambiguous(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['/', '.', '-']).collect();
    parts.len() == 3 && parts.iter().all(|part| is_digits(part)) && !is_dated(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `17:00` or `17:00:30`.
fn clock(text: &str) -> Option<Time> {
    let (hour, _) = text.split_once(':')?;
    (hour.len() <= 2 && is_digits(hour)).then(|| format!("{text:0>5}").parse().ok()).flatten()
}

/// `3 days`.
fn span(text: &str) -> Option<Span> {
    let (number, unit) = text.trim().split_once(' ')?;
    let number: i64 = if matches!(number, "a" | "an" | "one") { 1 } else { number.parse().ok()? };
    let (span, unit) = (Span::new(), unit.trim().trim_end_matches('s'));
    match unit {
        _ if number < 0 => None,
        "second" | "sec" => span.try_seconds(number).ok(),
        "minute" | "min" => span.try_minutes(number).ok(),
        "hour" | "h" => span.try_hours(number).ok(),
        "day" | "d" => span.try_days(number).ok(),
        "week" => span.try_weeks(number).ok(),
        "month" => span.try_months(number).ok(),
        "year" => span.try_years(number).ok(),
        _ => None,
    }
}

/// A clock time in a zone. Where clocks are put back an hour comes twice, where they are put forward one is
/// missing: both are refused.
fn at(option: &str, text: &str, time: DateTime, zone: &TimeZone) -> Result<Timestamp, Failure> {
    zone.to_ambiguous_timestamp(time).unambiguous().map_err(|_| {
        refused(option, text, "is no single moment: the clocks change then")
            .hint("add the difference from UTC, such as 2027-10-31T02:30:00+02:00")
    })
}

fn refused(option: &str, text: &str, why: &str) -> Failure {
    Failure::new(Exit::BadArgument, format!("{option}: \"{text}\" {why}")).note("sqlstate", "22007")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon of a Sunday in Berlin.
    fn now() -> ZonedDateTime {
        "2026-11-29T12:00:00+01:00[Europe/Berlin]".parse().expect("a time")
    }

    fn moment(text: &str) -> String {
        match typed("--at", text, &now()) {
            Ok(Typed::Moment(moment)) => moment.to_string(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_time_is_the_readers_unless_it_says_where() {
        assert_eq!(moment("tomorrow 17:00"), "2026-11-30T16:00:00Z");
        assert_eq!(moment("Tomorrow at 9:05"), "2026-11-30T08:05:00Z");
        assert_eq!(moment("17:00"), "2026-11-29T16:00:00Z");
        assert_eq!(moment("2027-07-03 17:00"), "2027-07-03T15:00:00Z");
        assert_eq!(moment("2027-07-03T17:00:30"), "2027-07-03T15:00:30Z");
        assert_eq!(moment("2027-01-03T17:00:00Z"), "2027-01-03T17:00:00Z");
        assert_eq!(moment("2027-01-03 17:00:00.123456+00"), "2027-01-03T17:00:00.123456Z");
        assert_eq!(moment("2027-01-03T17:00[America/New_York]"), "2027-01-03T22:00:00Z");
        assert_eq!(moment("now"), "2026-11-29T11:00:00Z");
    }

    #[test]
    fn a_distance_counts_from_now_and_days_keep_the_clock() {
        assert_eq!(moment("in 3 days"), "2026-12-02T11:00:00Z");
        assert_eq!(moment("in an hour"), "2026-11-29T12:00:00Z");
        assert_eq!(moment("2 weeks ago"), "2026-11-15T11:00:00Z");
        assert_eq!(moment("in 6 months"), "2027-05-29T10:00:00Z");
    }

    #[test]
    fn a_day_alone_is_the_tenants_and_an_end_includes_it() {
        let day = |text: &str| typed("--until", text, &now()).expect("a day");
        let christmas = Date::constant(2026, 12, 24);
        assert_eq!(day("2026-12-24"), Typed::Day(christmas));
        assert_eq!(day("yesterday"), Typed::Day(Date::constant(2026, 11, 28)));
        let auckland = TimeZone::get("Pacific/Auckland").expect("a zone");
        let edge = |edge| edge_of("--until", christmas, edge, &auckland).expect("a moment").to_string();
        assert_eq!(edge(Edge::Begin), "2026-12-23T11:00:00Z");
        assert_eq!(edge(Edge::End), "2026-12-24T11:00:00Z");
    }

    #[test]
    fn what_may_be_two_moments_or_no_time_is_refused() {
        for text in [
            "03/01/2027",
            "3.1.2027",
            "03-01-2027 17:00",
            "27-01-03",
            "2027/01/03",
            "someday",
            "",
            "2027-13-01",
            "2027-02-30",
            "in days",
            "in -3 days",
            "in 99999999 years",
            "tomorrow 25:00",
            "2026-10-25 02:30",
            "2027-03-28 02:30",
        ] {
            let failure = typed("--at", text, &now()).expect_err(text);
            assert_eq!(failure.exit, Exit::BadArgument, "{text}");
            assert!(failure.noted("hint").is_some(), "{text}");
        }
    }
}
