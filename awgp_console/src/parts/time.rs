//! Times in the reader's zone, and in words.

use crate::visit::Reader;
use awgp_client::durations;
use jiff::Timestamp;
use maud::{Markup, html};

/// A moment in the reader's zone, with how far away it is.
pub fn when(text: &str, reader: &Reader) -> Markup {
    let Ok(moment) = text.parse::<Timestamp>() else { return html! { "–" } };
    let zoned = moment.to_zoned_datetime(reader.zone.clone());
    html! {
        time datetime=(moment.to_string()) title=(zoned.strftime("%Y-%m-%d %H:%M:%S %Z").to_string()) {
            (zoned.strftime("%Y-%m-%d %H:%M").to_string())
        }
        " " span.soft { "(" (distance(moment)) ")" }
    }
}

/// How far away a moment is: `in 3 days`, `2 hours ago`.
pub fn away(text: &str, reader: &Reader) -> Markup {
    let Ok(moment) = text.parse::<Timestamp>() else { return html! { "–" } };
    let zoned = moment.to_zoned_datetime(reader.zone.clone());
    html! {
        time datetime=(moment.to_string()) title=(zoned.strftime("%Y-%m-%d %H:%M:%S %Z").to_string()) {
            (distance(moment))
        }
    }
}

/// An interval of PostgreSQL in words.
pub fn length(interval: &str) -> String {
    durations::seconds(interval).map(durations::words).unwrap_or_default()
}

fn distance(moment: Timestamp) -> String {
    durations::away(moment.as_second() - Timestamp::now().as_second())
}
