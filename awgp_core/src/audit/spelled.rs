//! The one spelling of a uuid in files: 36 characters, lower case, with hyphens.
//!
//! A field that could be written in two ways would let two readers disagree about one file.

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use std::fmt;
use uuid::Uuid;

const SPELLING: &str = "a uuid of 36 characters in lower case";

/// Reads a uuid in its one spelling.
pub fn parse(text: &str) -> Option<Uuid> {
    let is_lower = text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
    is_lower.then(|| Uuid::try_parse(text).ok()).flatten()
}

struct Spelled;

impl Visitor<'_> for Spelled {
    type Value = Uuid;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SPELLING)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Uuid, E> {
        parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &SPELLING))
    }
}

/// For `deserialize_with` of a field that is a uuid.
pub fn uuid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    deserializer.deserialize_str(Spelled)
}

/// For `deserialize_with` of a field that is a uuid or null, and must be there.
pub fn uuid_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    struct OrNull;
    impl<'de> Visitor<'de> for OrNull {
        type Value = Option<Uuid>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{SPELLING}, or null")
        }

        fn visit_none<E: Error>(self) -> Result<Option<Uuid>, E> {
            Ok(None)
        }

        fn visit_unit<E: Error>(self) -> Result<Option<Uuid>, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Uuid>, D::Error> {
            uuid(deserializer).map(Some)
        }
    }
    deserializer.deserialize_option(OrNull)
}

/// For `deserialize_with` of a field that is a list of uuids.
pub fn uuids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Uuid>, D::Error> {
    let texts: Vec<String> = Vec::deserialize(deserializer)?;
    let read =
        |text: &String| parse(text).ok_or_else(|| D::Error::invalid_value(Unexpected::Str(text), &SPELLING));
    texts.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_one_spelling() {
        let id = Uuid::from_u128(0xabc);
        assert_eq!(parse(&id.to_string()), Some(id));
        for other in [
            id.to_string().to_uppercase(),
            id.simple().to_string(),
            id.braced().to_string(),
            id.urn().to_string(),
            format!("{id} "),
        ] {
            assert_eq!(parse(&other), None, "{other}");
        }
    }
}
