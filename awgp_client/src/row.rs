//! A row of a result, in the server's order of columns. Values stay the JSON text that the server wrote, so
//! that money keeps every decimal.

use crate::exit::Exit;
use crate::failure::Failure;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use std::fmt;

/// A row.
#[derive(Clone, Debug, Default)]
pub struct Row(Vec<(String, Box<RawValue>)>);

impl Row {
    /// The columns with their values as JSON text.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.get()))
    }

    /// The columns with their values as JSON.
    pub fn columns_raw(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), &**value))
    }

    /// The value of a column as JSON. None where the column does not exist.
    pub fn raw(&self, name: &str) -> Option<&RawValue> {
        self.columns_raw().find(|(column, _)| *column == name).map(|(_, value)| value)
    }

    /// The value of a column as text for people: a string without its quotes, null as nothing. None where the
    /// column does not exist.
    pub fn text(&self, name: &str) -> Option<String> {
        self.columns().find(|(column, _)| *column == name).map(|(_, value)| readable(value))
    }

    /// The same with another text in a column that is there.
    #[must_use]
    pub fn with_text(&self, name: &str, text: &str) -> Self {
        let mut row = self.clone();
        let quoted = serde_json::value::to_raw_value(text).ok();
        if let (Some((_, value)), Some(quoted)) =
            (row.0.iter_mut().find(|(column, _)| column == name), quoted)
        {
            *value = quoted;
        }
        row
    }

    /// The same with a column of text before all others.
    #[must_use]
    pub fn led_by(&self, name: &str, text: &str) -> Self {
        let first = serde_json::value::to_raw_value(text).ok().map(|value| (name.to_owned(), value));
        Self(first.into_iter().chain(self.0.iter().cloned()).collect())
    }

    /// A row as the server wrote it.
    pub fn of_answer(text: &str) -> Result<Self, Failure> {
        Self::from_json(text).map_err(|error| {
            Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"))
        })
    }

    /// A row from a text of the server's `row_to_json`.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// A JSON value as text for people.
pub fn readable(json: &str) -> String {
    match json {
        "null" => String::new(),
        string if string.starts_with('"') => {
            serde_json::from_str(string).unwrap_or_else(|_| string.to_owned())
        }
        other => other.to_owned(),
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Columns;
        impl<'de> Visitor<'de> for Columns {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row as a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut columns = Vec::new();
                while let Some(column) = map.next_entry()? {
                    columns.push(column);
                }
                Ok(Row(columns))
            }
        }
        deserializer.deserialize_map(Columns)
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_their_order_and_money_its_decimals() {
        let text = r#"{"slug":"a","cost":10.500000,"big":12345678901234567890.123456,"none":null}"#;
        let row = Row::from_json(text).expect("a row");
        assert_eq!(serde_json::to_string(&row).expect("JSON"), text);
        assert_eq!(row.text("cost").as_deref(), Some("10.500000"));
        assert_eq!(row.text("none").as_deref(), Some(""));
        assert_eq!(row.text("absent"), None);
    }
}
