//! JSON text: what jsonb stores, what is masked, and what differs.

use crate::input::{has_nul, json, raw, sorted, text, two};
use crate::rfc8785;
use awgp_core::action::arguments::{self, BYTES_MAX};
use awgp_core::audit::mask::{MARKER, SecretNames, mask as masked_text};
use awgp_core::json::{Problem, storable as check, stored};
use awgp_core::json_difference::changes;
use awgp_core::json_members::Members;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What jsonb could not store is found, and nothing else is.
pub fn storable(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let verdict = check(text);
    let read = stored(text);
    let Some(value) = json(text) else { return };
    assert_eq!(read, value);
    match verdict {
        Ok(()) => assert!(!has_nul(&value)),
        // A reader of JSON has no text for half of a pair.
        Err(error) => match error.problem {
            Problem::HalfSurrogate => panic!("serde_json has read half of a pair at {}", error.element),
            Problem::Nul => assert!(text.contains("\\u0000")),
            Problem::Number => assert!(text.len() > 16_383 || text.contains(['e', 'E'])),
        },
    }
}

/// Secrets are masked at every depth, and nothing else changes.
pub fn mask(data: &[u8]) {
    let Some((setting, document)) = two(data) else { return };
    let names = SecretNames::parse(setting).unwrap_or_default();
    let masked = masked_text(document, &names);
    let Some(value) = json(document) else { return };
    let shown = masked.as_deref().unwrap_or(document);
    assert_eq!(json(shown).as_ref(), Some(&expected(&value, &names)));
    if let Some(again) = masked_text(shown, &names) {
        assert_eq!(again, shown);
    }
}

fn expected(value: &Value, names: &SecretNames) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| expected(item, names)).collect(),
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| {
                let hidden = names.matches(key) && !value.is_null();
                let value =
                    if hidden { Value::from(MARKER.trim_matches('"')) } else { expected(value, names) };
                (key.clone(), value)
            };
            Value::Object(members.iter().map(member).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Equal documents have no difference, others have one, and it has two directions.
pub fn difference(data: &[u8]) {
    let Some((before, after)) = two(data) else { return };
    let (Some(before), Some(after)) = (raw(before), raw(after)) else { return };
    let there = changes(Some(&before), Some(&after));
    let back = changes(Some(&after), Some(&before));
    let is_same = json(before.get()).as_ref().map(sorted) == json(after.get()).as_ref().map(sorted);
    assert_eq!(there.is_empty(), is_same);
    let fields = |changes: &[awgp_core::json_difference::Change]| {
        changes.iter().map(|change| change.field.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(fields(&there), fields(&back));
    assert_eq!(fields(&there).len(), there.len(), "two differences have one path");
    assert!(changes(Some(&before), Some(&before)).is_empty());
    let _ = (changes(None, Some(&after)), changes(Some(&before), None));
}

/// A member that is found is the one that a whole parse finds.
pub fn members(data: &[u8]) {
    let Some((name, document)) = two(data) else { return };
    let members = Members::of(document);
    let (found, string) = (members.get(name), members.text(name));
    let Some(Value::Object(object)) = json(document) else { return };
    let whole = object.get(name).filter(|value| !value.is_null());
    assert_eq!(found.and_then(|raw| json(raw.get())).as_ref(), whole);
    assert_eq!(string.as_deref(), whole.and_then(Value::as_str));
}

/// The digest of arguments is that of the canonical form, and of every other spelling of the same value.
pub fn arguments(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(digest) = arguments::digest(text, BYTES_MAX) else { return };
    let value = json(text).expect("what has a digest is JSON");
    let canonical = rfc8785::canonical(&value);
    assert_eq!(digest, hex::encode(Sha256::digest(&canonical)), "{canonical}");
    let other = respelt(&value);
    assert_eq!(json(&other).as_ref().map(rfc8785::canonical), Some(canonical));
    if other.len() <= BYTES_MAX {
        assert_eq!(arguments::digest(&other, BYTES_MAX).ok(), Some(digest), "{other}");
    }
}

/// The same value in another spelling: members backwards, every character escaped, blanks, and zeros at the
/// end of numbers.
fn respelt(value: &Value) -> String {
    match value {
        Value::Number(number) => {
            let plain = number.as_f64().unwrap_or_default().to_string();
            if plain.contains('.') { format!("{plain}00") } else { format!("{plain}.0") }
        }
        Value::String(text) => escaped(text),
        Value::Array(items) => format!("[ {} ]", items.iter().map(respelt).collect::<Vec<_>>().join(" , ")),
        Value::Object(members) => {
            let members =
                members.iter().rev().map(|(key, value)| format!("{} : {}", escaped(key), respelt(value)));
            format!("{{\n{}\t}}", members.collect::<Vec<_>>().join(" , "))
        }
        other => other.to_string(),
    }
}

fn escaped(text: &str) -> String {
    let mut string = "\"".to_owned();
    for unit in text.encode_utf16() {
        let _ = write!(string, "\\u{unit:04X}");
    }
    string + "\""
}
