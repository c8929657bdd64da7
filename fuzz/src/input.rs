//! Bytes as what a target takes.

use serde_json::Value;
use serde_json::value::RawValue;

/// The bytes as text.
pub fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The bytes as JSON that serde_json reads.
pub fn json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// The text as JSON in the form that serde_json prints, where it is JSON.
pub fn raw(text: &str) -> Option<Box<RawValue>> {
    let printed = json(text)?.to_string();
    RawValue::from_string(printed).ok()
}

/// The first line, and what comes after it: for targets that take two texts.
pub fn two(data: &[u8]) -> Option<(&str, &str)> {
    text(data)?.split_once('\n')
}

/// A number from the first bytes, and the rest.
pub fn number(data: &[u8]) -> Option<(i64, &[u8])> {
    let (bytes, rest) = data.split_first_chunk::<8>()?;
    Some((i64::from_le_bytes(*bytes), rest))
}

/// Whether a character with the number 0 is in a key or a text.
pub fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// The value with the members of its objects in order: two values are one where this is one text.
pub fn sorted(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut members: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), sorted(value)))
                .collect();
            members.sort_unstable();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}
