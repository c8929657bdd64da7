//! JSON-RPC messages as they came, looked into only as far as needed.
//!
//! A message keeps its text, so that what the guard does not decide passes with every field and every digit.
//! rmcp's types for whole messages would drop the fields that they do not know, so they are used for the
//! messages that the guard makes itself.
//!
//! The server reads the same text with a parser of its own. Where two parsers could read two things (a key
//! that occurs twice, or a key that differs from the protocol's in its case only), a message is refused:
//! otherwise a call could pass as something else.

use rmcp::model::ErrorData;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

/// The id of a request, as JSON: `7` and `"7"` are two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

impl Id {
    /// As JSON.
    pub fn json(&self) -> &str {
        &self.0
    }

    /// Of the value of `id`: a text or a number. None for anything else.
    pub fn of(raw: &RawValue) -> Option<Self> {
        match serde_json::from_str(raw.get()).ok()? {
            // The same text may be written in two ways.
            text @ Value::String(_) => Some(Self(text.to_string())),
            number @ Value::Number(_) => Some(Self(number.to_string())),
            _ => None,
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The members of an object, in their order, each with its value as it was written.
#[derive(Debug, Default)]
pub struct Object(Vec<(String, Box<RawValue>)>);

impl Object {
    /// Reads an object of which no key occurs twice, and no key is one of `known` in another case.
    pub fn read(text: &str, known: &[&str]) -> Result<Self, String> {
        let object: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut seen = BTreeSet::new();
        for (key, _) in &object.0 {
            if !seen.insert(key.as_str()) {
                return Err(format!("the key {key:?} occurs twice"));
            }
            if let Some(meant) = known.iter().find(|known| *known != key && folded(known) == folded(key)) {
                return Err(format!("the key {key:?} could be read as {meant:?}"));
            }
        }
        Ok(object)
    }

    /// The value of a key as it was written.
    pub fn raw(&self, key: &str) -> Option<&RawValue> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| &**value)
    }

    /// The value of a key, if it is of this type.
    pub fn get<T: for<'de> Deserialize<'de>>(&self, key: &str) -> Option<T> {
        serde_json::from_str(self.raw(key)?.get()).ok()
    }

    /// Sets the value of a key, where it was or at the end.
    pub fn set(&mut self, key: &str, value: Box<RawValue>) {
        match self.0.iter_mut().find(|(known, _)| known == key) {
            Some((_, there)) => *there = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(known, _)| known != key);
    }

    /// As JSON.
    pub fn json(&self) -> String {
        let members: Vec<String> = self
            .0
            .iter()
            .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), value.get()))
            .collect();
        format!("{{{}}}", members.join(","))
    }

    /// As JSON, to be a value of another object.
    pub fn raw_json(&self) -> Box<RawValue> {
        raw(&self.json())
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// How a parser that ignores case reads a key.
fn folded(key: &str) -> String {
    key.to_lowercase().to_uppercase()
}

/// A value all of whose keys, at every depth, occur once. What is digested is then what any parser reads.
pub struct Once;

impl Once {
    /// Checks a JSON text.
    pub fn check(text: &str) -> Result<(), String> {
        serde_json::from_str::<Self>(text).map(|_| ()).map_err(|error| error.to_string())
    }
}

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_str<E>(self, _: &str) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Once, A::Error> {
        while seq.next_element::<Once>()?.is_some() {}
        Ok(Once)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
        let mut seen = BTreeSet::new();
        while let Some((key, Once)) = map.next_entry::<String, Once>()? {
            if seen.contains(&key) {
                return Err(A::Error::custom(format!("the key {key:?} occurs twice")));
            }
            seen.insert(key);
        }
        Ok(Once)
    }
}

/// A message.
#[derive(Debug)]
pub struct Message {
    /// Its members.
    pub object: Object,
    /// What it is.
    pub kind: Kind,
    /// As it came.
    pub text: String,
}

/// What a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It wants an answer.
    Request {
        /// Its id.
        id: Id,
        /// What it asks for.
        method: String,
    },
    /// It wants none.
    Notification {
        /// What it tells.
        method: String,
    },
    /// It answers a request, with a result or an error.
    Answer {
        /// The id of the request; None: the other side could not read the request.
        id: Option<Id>,
    },
}

/// The keys of a message.
const KEYS: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];

impl Message {
    /// Reads one message.
    pub fn read(text: &str) -> Result<Self, String> {
        let object = Object::read(text, &KEYS)?;
        if object.get::<String>("jsonrpc").as_deref() != Some("2.0") {
            return Err("jsonrpc is not \"2.0\"".to_owned());
        }
        let id = object.raw("id").map(|id| Id::of(id).ok_or(id.get() == "null"));
        let is_answer = object.raw("result").is_some() || object.raw("error").is_some();
        let kind = match (object.raw("method"), id) {
            (Some(_), _) if is_answer => return Err("it is a request and an answer".to_owned()),
            (Some(_), Some(Err(_))) => return Err("the id is neither a text nor a number".to_owned()),
            (Some(_), id) => {
                let method = object.get("method").ok_or("the method is not a text")?;
                match id {
                    Some(Ok(id)) => Kind::Request { id, method },
                    _ => Kind::Notification { method },
                }
            }
            (None, Some(Ok(id))) if is_answer => Kind::Answer { id: Some(id) },
            (None, Some(Err(true)) | None) if is_answer => Kind::Answer { id: None },
            _ => return Err("it is neither a request, nor a notification, nor an answer".to_owned()),
        };
        Ok(Self { object, kind, text: text.to_owned() })
    }

    /// The members of `params`; without any, nothing.
    pub fn params(&self, known: &[&str]) -> Result<Object, String> {
        match self.object.raw("params") {
            None => Ok(Object::default()),
            Some(params) => Object::read(params.get(), known).map_err(|why| format!("params: {why}")),
        }
    }
}

/// The messages of a text: one, or those of a batch.
pub enum Heard {
    /// A message, or why it cannot be read.
    One(Result<Message, String>),
    /// A batch.
    Batch(Vec<Result<Message, String>>),
}

/// Reads a message or a batch.
pub fn read(text: &str) -> Heard {
    if !text.trim_start().starts_with('[') {
        return Heard::One(Message::read(text));
    }
    match serde_json::from_str::<Vec<Box<RawValue>>>(text) {
        Err(error) => Heard::One(Err(error.to_string())),
        Ok(parts) if parts.is_empty() => Heard::One(Err("the batch is empty".to_owned())),
        Ok(parts) => Heard::Batch(parts.iter().map(|part| Message::read(part.get())).collect()),
    }
}

/// JSON text as a value.
pub fn raw(json: &str) -> Box<RawValue> {
    let value = RawValue::from_string(json.to_owned());
    debug_assert!(value.is_ok(), "{json}");
    value.unwrap_or_default()
}

/// A value as JSON text.
pub fn raw_of(value: &impl serde::Serialize) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_default()
}

/// An answer with a result.
pub fn result(id: &Id, result: &RawValue) -> String {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{}}}", result.get())
}

/// An answer with an error. Without an id, the request could not be read.
pub fn error(id: Option<&Id>, error: &ErrorData) -> String {
    let id = id.map_or("null", Id::json);
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{}}}", raw_of(error).get())
}

/// A notification.
pub fn notification(method: &str, params: Map<String, Value>) -> String {
    let mut message = Map::new();
    message.insert("jsonrpc".to_owned(), "2.0".into());
    message.insert("method".to_owned(), method.into());
    message.insert("params".to_owned(), params.into());
    Value::Object(message).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Result<Kind, String> {
        Message::read(text).map(|message| message.kind)
    }

    #[test]
    fn a_message_is_a_request_a_notification_or_an_answer() {
        let id = |json: &str| Id(json.to_owned());
        let request = |json: &str| Ok(Kind::Request { id: id(json), method: "m".to_owned() });
        assert_eq!(kind(r#"{"jsonrpc":"2.0","id":7,"method":"m"}"#), request("7"));
        assert_eq!(kind(r#"{"jsonrpc":"2.0","id":"\u0061","method":"m"}"#), request("\"a\""));
        let notification = Ok(Kind::Notification { method: "m".to_owned() });
        assert_eq!(kind(r#"{"jsonrpc":"2.0","method":"m","params":{"x":1}}"#), notification);
        let answer = |id| Ok(Kind::Answer { id });
        assert_eq!(kind(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#), answer(Some(id("7"))));
        assert_eq!(kind(r#"{"jsonrpc":"2.0","id":null,"error":{}}"#), answer(None));
    }

    #[test]
    fn what_two_parsers_could_read_as_two_things_is_refused() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"param\u{17f}\":{}}",
            r#"{"jsonrpc":"2.0","id":1,"meth\u006fd":"ping","method":"tools/call"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":{},"method":"tools/call"}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"tools/call"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
            r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            "7",
            "",
        ] {
            assert!(kind(text).is_err(), "{text}");
        }
        assert!(Once::check(r#"{"a":[{"b":1,"b":2}]}"#).is_err());
        assert!(Once::check(r#"{"a":[{"b":1},{"b":2.5,"c":null}]}"#).is_ok());
    }

    #[test]
    fn what_is_not_looked_into_stays_as_it_was() {
        let params = r#"{"n": 12345678901234567890123.10, "text":"\ud800", "name":"x"}"#;
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{params},"more":[1]}}"#);
        let message = Message::read(&text).expect("a message");
        assert_eq!(message.text, text);
        let mut read = message.params(&["name"]).expect("an object");
        read.set("name", raw("\"y\""));
        read.remove("text");
        assert_eq!(read.json(), r#"{"n":12345678901234567890123.10,"name":"y"}"#);
    }
}
