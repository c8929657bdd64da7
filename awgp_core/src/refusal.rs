//! The error of a refusal.

use crate::reason::Reason;
use serde_json::{Map, Value};

/// A refusal: a short message, a stable reason, the facts of the case and the next thing to do. The shell
/// raises it as an error; `awgp_core` only returns it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The stable reason; it determines the SQLSTATE.
    pub reason: Reason,
    /// One short sentence without a full stop, like PostgreSQL's own messages.
    pub message: String,
    /// The next thing to do or the next command to type.
    pub hint: String,
    /// The facts of the case, in DETAIL after `reason`.
    pub facts: Map<String, Value>,
}

impl Refusal {
    /// A refusal without facts.
    pub fn new(reason: Reason, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { reason, message: message.into(), hint: hint.into(), facts: Map::new() }
    }

    /// Adds one fact to DETAIL.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// DETAIL: one line of JSON that begins with the reason.
    pub fn detail(&self) -> String {
        let mut detail = Map::new();
        detail.insert("reason".to_owned(), self.reason.name().into());
        detail.extend(self.facts.clone());
        Value::Object(detail).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detail_is_one_line_of_json_that_begins_with_the_reason() {
        let refusal = Refusal::new(Reason::UnknownTenant, "m", "h").with("tenant_id", "a\nb");
        assert_eq!(refusal.detail(), r#"{"reason":"unknown_tenant","tenant_id":"a\nb"}"#);
    }

    #[test]
    fn reasons_are_distinct_snake_case_names() {
        let mut names: Vec<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Reason::ALL.len());
    }
}
