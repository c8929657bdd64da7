//! What tools take and give, as types with a JSON schema.

use rmcp::model::JsonObject;
use rmcp::schemars::generate::SchemaSettings;
use rmcp::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// The schema of what a tool takes.
pub fn taken<T: JsonSchema>() -> Arc<JsonObject> {
    made::<T>(SchemaSettings::draft2020_12())
}

/// The schema of what a tool gives.
pub fn given<T: JsonSchema>() -> Arc<JsonObject> {
    made::<T>(SchemaSettings::draft2020_12().for_serialize())
}

/// Without references, which not every client follows, and without what only says how Rust keeps a number.
fn made<T: JsonSchema>(mut settings: SchemaSettings) -> Arc<JsonObject> {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut schema = schema.as_object().cloned().unwrap_or_default();
    schema.remove("title");
    schema.remove("description");
    schema.values_mut().for_each(simplify);
    Arc::new(schema)
}

fn simplify(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let is_of_rust = |format: &Value| format.as_str().is_some_and(|name| name.contains("int"));
            if object.get("format").is_some_and(is_of_rust) {
                object.remove("format");
            }
            object.values_mut().for_each(simplify);
        }
        Value::Array(values) => values.iter_mut().for_each(simplify),
        _ => {}
    }
}

/// An id: a uuid.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Id(String);

impl Id {
    /// Its text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match Uuid::try_parse(&text) {
            Ok(id) => Ok(Self(id.to_string())),
            Err(_) => Err(D::Error::invalid_value(Unexpected::Str(&text), &"an id, a uuid")),
        }
    }
}

impl JsonSchema for Id {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "uuid"})
    }
}

/// An amount of money that a tool takes: a text keeps every digit, and a number is taken too.
#[derive(Clone, Debug)]
pub struct Amount(String);

impl Amount {
    /// Its text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// The longest text of an amount.
const AMOUNT_CHARS_MAX: usize = 40;

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;
        impl Visitor<'_> for Digits {
            type Value = Amount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount such as \"0.05\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
                let is_amount = !text.is_empty()
                    && text.len() <= AMOUNT_CHARS_MAX
                    && text.bytes().all(|c| c.is_ascii_digit() || c == b'.')
                    && text.bytes().filter(|c| *c == b'.').count() <= 1
                    && text.bytes().any(|c| c.is_ascii_digit());
                if is_amount {
                    Ok(Amount(text.to_owned()))
                } else {
                    Err(E::invalid_value(Unexpected::Str(text), &self))
                }
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Amount, E> {
                Ok(Amount(number.to_string()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Amount, E> {
                if number.is_finite() && number >= 0.0 {
                    Ok(Amount(number.to_string()))
                } else {
                    Err(E::invalid_value(Unexpected::Float(number), &self))
                }
            }
        }
        deserializer.deserialize_any(Digits)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number"]})
    }
}

/// Any JSON value, as a tool takes it for SQL.
pub fn json(value: Option<&Value>) -> Option<String> {
    value.map(Value::to_string)
}

/// A JSON object, as a tool takes it for SQL.
pub fn object(value: Option<&Map<String, Value>>) -> Option<String> {
    value.and_then(|value| serde_json::to_string(value).ok())
}

/// A span of time in SQL.
pub fn seconds(seconds: Option<u32>) -> Option<String> {
    seconds.map(|seconds| format!("{seconds} seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_keeps_its_digits_and_is_nothing_else() {
        let read = |json: &str| serde_json::from_str::<Amount>(json).ok().map(|amount| amount.0);
        for (json, text) in [("\"0.050000\"", "0.050000"), ("0.05", "0.05"), ("12", "12"), ("\".5\"", ".5")] {
            assert_eq!(read(json).as_deref(), Some(text), "{json}");
        }
        for json in ["\"\"", "\"NaN\"", "-1", "\"1e9\"", "\"1.2.3\"", "null", "true", "\".\""] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
