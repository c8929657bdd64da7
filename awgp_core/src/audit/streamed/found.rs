//! The events in a line of a receiver's copy.
//!
//! Receivers wrap what they get: syslog puts a header before it, a search engine a document around it. So an
//! event is looked for wherever it may stand in a line: as CEF's `rawEvent`, as an object, or as a string.

use super::{BEGINS, Event};
use crate::strict_json;
use serde_json::Value;
use thiserror::Error;

/// Why a line has no event that can be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct NoEvent(pub String);

/// The field of CEF that has the event's text, and stands last.
const RAW: &str = "rawEvent=";

/// The events of a line. An empty line has none.
pub fn events(line: &str) -> Result<Vec<Event>, NoEvent> {
    let line = line.trim();
    let mut found = Vec::new();
    if line.is_empty() {
        return Ok(found);
    }
    if line.starts_with(BEGINS) {
        found.push(parse(line)?);
        return Ok(found);
    }
    if let Some((_, cef)) = line.split_once("CEF:0|AWGP|") {
        let (_, raw) = cef.split_once(RAW).ok_or_else(|| NoEvent("its CEF has no rawEvent".to_owned()))?;
        found.push(parse(&unescaped(raw))?);
        return Ok(found);
    }
    let object = strict_json::parse_object(line.as_bytes()).map_err(NoEvent)?;
    search(&Value::Object(object), &mut found)?;
    if found.is_empty() { Err(NoEvent("it has no event of AWGP".to_owned())) } else { Ok(found) }
}

fn parse(text: &str) -> Result<Event, NoEvent> {
    Event::parse(text).map_err(|error| NoEvent(error.to_string()))
}

/// Events anywhere in a value. What is within an event is not searched.
fn search(value: &Value, found: &mut Vec<Event>) -> Result<(), NoEvent> {
    match value {
        Value::String(text) if text.starts_with(BEGINS) => found.push(parse(text)?),
        Value::Object(object) if object.get("awgp") == Some(&"event".into()) => {
            found.push(parse(&value.to_string())?);
        }
        Value::Object(object) => object.values().try_for_each(|value| search(value, found))?,
        Value::Array(values) => values.iter().try_for_each(|value| search(value, found))?,
        _ => {}
    }
    Ok(())
}

/// A value of CEF's extension, as it was.
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some(other) => text.push(other),
                None => {}
            },
            (other, false) => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::format::Format;
    use super::super::tests::events as made;
    use super::*;
    use crate::audit::chain::Lane;
    use uuid::Uuid;

    #[test]
    fn events_are_found_in_every_form_and_in_what_receivers_put_around_them() {
        let made = made(Lane { tenant_id: Uuid::from_u128(1), chain_lane: 0 }, 3);
        for (form, format) in Format::ALL {
            let text = format.write(&made, "0.1.0");
            let read: Vec<Event> = text.lines().flat_map(|line| events(line).expect(form)).collect();
            assert_eq!(read, made, "{form}");
        }
        let cef = Format::Cef.write(&made[..1], "0.1.0");
        assert_eq!(
            events(&format!("<134>1 2026-01-01T00:00:00Z host awgp - - - {cef}")),
            Ok(made[..1].to_vec())
        );
        let text = made[0].to_text();
        let object: Value = serde_json::from_str(&text).expect("JSON");
        for wrapped in [
            serde_json::json!({"_index": "x", "_source": object}),
            serde_json::json!({"result": {"_raw": text}}),
            serde_json::json!({"hits": [1, {"message": text}]}),
        ] {
            assert_eq!(events(&wrapped.to_string()), Ok(made[..1].to_vec()), "{wrapped}");
        }
    }

    #[test]
    fn a_line_without_a_whole_event_says_why() {
        let text = made(Lane { tenant_id: Uuid::from_u128(1), chain_lane: 0 }, 1)[0].to_text();
        assert_eq!(events("  "), Ok(Vec::new()));
        for line in [
            "hello".to_owned(),
            "{}".to_owned(),
            "[1]".to_owned(),
            text[..text.len() / 2].to_owned(),
            "CEF:0|AWGP|AWGP|0.1.0|x|x|3|act=x".to_owned(),
            format!("{{\"a\":1,\"a\":{text}}}"),
        ] {
            assert!(events(&line).is_err(), "{line}");
        }
    }
}
