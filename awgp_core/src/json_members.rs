//! The members of a JSON object with their values as text, for callers that need some of them.
//!
//! A parse of the whole could fail in a member that is not needed, such as a number too large for a float.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The members of an object, in the order of the text.
#[derive(Debug, Default)]
pub struct Members<'a>(pub Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of an object; empty for anything else.
    pub fn of(json: &'a str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// A value that exists and is not null. Of two with one name the last counts, as in most readers of JSON.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().rev().find(|(member, _)| member == name);
        found.map(|(_, value)| *value).filter(|value| value.get() != "null")
    }

    /// The same, where it is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(|value| serde_json::from_str(value.get()).ok())
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_found_beside_what_nobody_could_read() {
        let text = r#"{"huge": 1e999, "wanted": 5, "none": null, "wanted": 7}"#;
        let members = Members::of(text);
        assert_eq!(members.get("wanted").map(RawValue::get), Some("7"));
        assert!(members.get("none").is_none() && members.get("other").is_none());
        assert!(Members::of("[1]").0.is_empty());
    }
}
