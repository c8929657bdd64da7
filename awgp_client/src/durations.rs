//! Lengths of time in words.

/// How far from now: `in 3 days`, `2 hours ago`.
pub fn away(seconds: i64) -> String {
    match seconds {
        0..60 => "now".to_owned(),
        60.. => format!("in {}", words(seconds)),
        -59..0 => "just now".to_owned(),
        _ => format!("{} ago", words(-seconds)),
    }
}

/// A length of time in its two largest units at most.
pub fn words(seconds: i64) -> String {
    if seconds < 0 {
        return "over".to_owned();
    }
    let parts = [("day", 86_400), ("hour", 3_600), ("minute", 60)];
    let Some(largest) = parts.iter().position(|(_, size)| seconds >= *size) else {
        return "under a minute".to_owned();
    };
    let (unit, size) = parts[largest];
    let whole = seconds / size;
    let rest = match parts.get(largest + 1) {
        // Beside many days, hours say nothing.
        Some((unit, smaller)) if whole < 3 => ((seconds % size) / smaller, *unit),
        _ => (0, ""),
    };
    let count = |number: i64, unit: &str| format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    if rest.0 == 0 { count(whole, unit) } else { format!("{} {}", count(whole, unit), count(rest.0, rest.1)) }
}

/// The seconds of an interval as PostgreSQL writes it: `1 day 02:03:04`.
pub fn seconds(interval: &str) -> Option<i64> {
    let mut total = 0;
    let mut words = interval.split_whitespace().peekable();
    words.peek()?;
    while let Some(word) = words.next() {
        if word.contains(':') {
            let (sign, clock) = word.strip_prefix('-').map_or((1, word), |clock| (-1, clock));
            let mut place = 3_600;
            for part in clock.split(':') {
                total += sign * place * part.split('.').next()?.parse::<i64>().ok()?;
                place /= 60;
            }
            continue;
        }
        let number: i64 = word.parse().ok()?;
        total += number
            * match words.next()?.trim_end_matches('s') {
                "day" => 86_400,
                "mon" => 30 * 86_400,
                "year" => 365 * 86_400,
                _ => return None,
            };
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_in_words() {
        for (interval, said) in [
            ("00:00:30", "under a minute"),
            ("00:01:00", "1 minute"),
            ("02:03:04", "2 hours 3 minutes"),
            ("1 day 02:03:04", "1 day 2 hours"),
            ("12 days 02:03:04", "12 days"),
            ("1 mon 2 days", "32 days"),
            ("-00:05:00", "over"),
        ] {
            assert_eq!(seconds(interval).map(words).as_deref(), Some(said), "{interval}");
        }
        assert_eq!(seconds("soon"), None);
        assert_eq!((away(7_200), away(-90_000)), ("in 2 hours".to_owned(), "1 day 1 hour ago".to_owned()));
    }
}
