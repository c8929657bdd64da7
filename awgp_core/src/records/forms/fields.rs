//! The fields of JSON objects, with their values as text.

use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The fields of a JSON object, each with its own text.
pub type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The fields of an object.
pub fn object(value: &RawValue) -> Option<Fields<'_>> {
    value.get().starts_with('{').then(|| serde_json::from_str(value.get()).ok()).flatten()
}

/// The elements of an array.
pub fn array(value: &RawValue) -> Option<Vec<&RawValue>> {
    value.get().starts_with('[').then(|| serde_json::from_str(value.get()).ok()).flatten()
}

/// The text of a string.
pub fn string(value: &RawValue) -> Option<String> {
    value.get().starts_with('"').then(|| serde_json::from_str(value.get()).ok()).flatten()
}

/// The text of a field that is a string.
pub fn text_of(fields: &Fields<'_>, name: &str) -> Option<String> {
    fields.get(name).and_then(|value| string(value))
}
