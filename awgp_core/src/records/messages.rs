//! An array of messages: objects with a role and words, bounded in number and bytes.
//!
//! The form decides what a message is ([`super::forms`]). A message is checked and compared by its own JSON
//! text, as jsonb prints it, so that `1.10` and `1.1` differ as they do in the database. An error names the
//! position of a message and never quotes it: errors reach logs that nobody erases.

use super::forms::Outline;
use crate::reason::Reason;
use crate::refusal::Refusal;
use serde_json::value::RawValue;
use thiserror::Error;

/// The most messages of a conversation.
pub const MESSAGES_MAX: usize = 10_000;

/// The most bytes of a message's JSON text. A tsvector of its words stays below PostgreSQL's megabyte in
/// every case.
pub const MESSAGE_BYTES_MAX: usize = 128 << 10;

/// The most bytes of the JSON text of all messages, about 250,000 tokens. Every append writes the whole
/// array.
pub const CONVERSATION_BYTES_MAX: usize = 1 << 20;

/// Messages that follow the rules.
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    messages: Vec<&'a RawValue>,
    tokens: Option<u64>,
}

impl<'a> Messages<'a> {
    /// Reads a JSON array of messages; refuses with reasons `messages_invalid` and `messages_too_large`.
    pub fn parse(json: &'a str) -> Result<Self, MessagesError> {
        if json.len() > CONVERSATION_BYTES_MAX {
            let bound = Bound::ConversationBytes;
            return Err(MessagesError::TooLarge { message: None, bound, found: json.len() });
        }
        let messages: Vec<&RawValue> = serde_json::from_str(json)
            .map_err(|_| MessagesError::invalid(None, "messages is a JSON array"))?;
        if messages.len() > MESSAGES_MAX {
            return Err(MessagesError::TooLarge {
                message: None,
                bound: Bound::Messages,
                found: messages.len(),
            });
        }
        let mut tokens = None;
        for (place, message) in messages.iter().enumerate() {
            if let Some(used) = check(place, message)?.tokens {
                tokens = Some(tokens.unwrap_or(0_u64).saturating_add(used));
            }
        }
        Ok(Self { messages, tokens })
    }

    /// The tokens that they report, where one of them does.
    pub fn tokens(&self) -> Option<u64> {
        self.tokens
    }

    /// Their number.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// True where there are no messages.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// True where these begin with all of the earlier ones, unchanged.
    pub fn extend(&self, earlier: &Self) -> bool {
        earlier.len() <= self.len()
            && self.messages.iter().zip(&earlier.messages).all(|(a, b)| a.get() == b.get())
    }
}

/// One message by itself.
pub fn outline(message: &str) -> Result<Outline<'_>, MessagesError> {
    let message =
        serde_json::from_str(message).map_err(|_| MessagesError::invalid(None, "a message is JSON"))?;
    Outline::of(message).map_err(|rule| MessagesError::invalid(None, rule))
}

/// The elements of an array, whatever they are; None where it is not an array.
pub fn each(messages: &str) -> Vec<&RawValue> {
    serde_json::from_str(messages).unwrap_or_default()
}

fn check(place: usize, message: &RawValue) -> Result<Outline<'_>, MessagesError> {
    let bytes = message.get().len();
    if bytes > MESSAGE_BYTES_MAX {
        let bound = Bound::MessageBytes;
        return Err(MessagesError::TooLarge { message: Some(place), bound, found: bytes });
    }
    Outline::of(message).map_err(|rule| MessagesError::invalid(Some(place), rule))
}

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// [`MESSAGES_MAX`].
    Messages,
    /// [`MESSAGE_BYTES_MAX`].
    MessageBytes,
    /// [`CONVERSATION_BYTES_MAX`].
    ConversationBytes,
}

impl Bound {
    /// Its name in DETAIL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::MessageBytes => "message_bytes",
            Self::ConversationBytes => "conversation_bytes",
        }
    }

    /// Its value.
    pub fn limit(self) -> usize {
        match self {
            Self::Messages => MESSAGES_MAX,
            Self::MessageBytes => MESSAGE_BYTES_MAX,
            Self::ConversationBytes => CONVERSATION_BYTES_MAX,
        }
    }
}

/// Why messages are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MessagesError {
    /// A rule is broken.
    #[error("messages cannot be read: {rule}")]
    Invalid {
        /// Which message, counted from 0.
        message: Option<usize>,
        /// The rule.
        rule: &'static str,
    },
    /// A bound is exceeded.
    #[error("messages are too large: {found} {}, at most {}", .bound.name(), .bound.limit())]
    TooLarge {
        /// Which message, counted from 0.
        message: Option<usize>,
        /// Which bound.
        bound: Bound,
        /// The number of messages.
        found: usize,
    },
}

impl MessagesError {
    fn invalid(message: Option<usize>, rule: &'static str) -> Self {
        Self::Invalid { message, rule }
    }
}

impl From<MessagesError> for Refusal {
    fn from(error: MessagesError) -> Self {
        let text = error.to_string();
        // Counted from 1 for people, like SQL's array elements and message_number.
        let number = |message: Option<usize>| message.map(|place| place + 1);
        match error {
            MessagesError::Invalid { message, rule } => Self::new(
                Reason::MessagesInvalid,
                text,
                "Pass an array of objects such as {\"role\": \"user\", \"content\": \"…\"}, or as \
                 OpenAI, Anthropic, Gemini or LangChain write them.",
            )
            .with("message_number", number(message))
            .with("rule", rule),
            MessagesError::TooLarge { message, bound, found } => Self::new(
                Reason::MessagesTooLarge,
                text,
                match bound {
                    Bound::MessageBytes => "Keep large payloads elsewhere and refer to them.",
                    _ => "End this conversation and log further messages as the next one.",
                },
            )
            .with("message_number", number(message))
            .with("bound", bound.name())
            .with("limit", bound.limit())
            .with("found", found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn invalid(json: &Value) -> Option<usize> {
        match Messages::parse(&json.to_string()) {
            Err(MessagesError::Invalid { message, .. }) => message,
            other => panic!("{json} gives {other:?}"),
        }
    }

    #[test]
    fn each_rule_names_the_message_that_breaks_it() {
        let good = json!({"role": "user", "content": "hi", "name": "Ada", "n": 1.10});
        for bad in [
            json!("hi"),
            json!([]),
            json!({"content": "hi"}),
            json!({"role": "narrator", "content": "hi"}),
            json!({"role": 1, "content": "hi"}),
            json!({"role": "user"}),
            json!({"role": "user", "content": null}),
            json!({"role": "user", "content": {"type": "text"}}),
            json!({"role": "user", "content": []}),
            json!({"role": "user", "content": [7]}),
            json!({"role": "user", "content": [["x"]]}),
            json!({"role": "user", "content": [{"type": 1, "text": "x"}]}),
            json!({"role": "user", "content": [{"type": "text", "text": 1}]}),
            json!({"role": "user", "content": null, "tool_calls": []}),
            json!({"role": null, "content": "hi"}),
            json!({"role": "assistant"}),
            json!({"type": "text", "text": "a part is no message"}),
            json!({"choices": [{"delta": {"content": "a piece is no message"}}]}),
            json!({"type": "remove", "data": {"content": "", "type": "remove"}}),
        ] {
            assert_eq!(invalid(&json!([good, bad])), Some(1), "{bad}");
        }
        for bad in [json!({}), json!("[]"), json!(null), json!(1)] {
            assert_eq!(invalid(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_content_is_a_text_or_parts_and_a_conversation_may_begin_empty() {
        let parts = json!([{"type": "text", "text": "a"}, {"type": "image", "source": {"id": 7}}]);
        let messages =
            json!([{"role": "tool", "content": ""}, {"role": "assistant", "content": parts}]).to_string();
        assert_eq!(Messages::parse(&messages).map(|messages| messages.len()), Ok(2));
        assert!(Messages::parse("[]").is_ok_and(|messages| messages.is_empty()));
    }

    #[test]
    fn every_bound_holds_at_its_edge() {
        let one = |bytes: usize| {
            let empty = r#"{"role": "user", "content": ""}"#.len();
            format!(r#"{{"role": "user", "content": "{}"}}"#, "x".repeat(bytes - empty))
        };
        let outcome = |json: &str| match Messages::parse(json) {
            Ok(_) => None,
            Err(MessagesError::TooLarge { bound, .. }) => Some(bound),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(outcome(&format!("[{}]", one(MESSAGE_BYTES_MAX))), None);
        assert_eq!(outcome(&format!("[{}]", one(MESSAGE_BYTES_MAX + 1))), Some(Bound::MessageBytes));
        let many = |count: usize| format!("[{}]", vec![one(31); count].join(","));
        assert_eq!(outcome(&many(MESSAGES_MAX)), None);
        assert_eq!(outcome(&many(MESSAGES_MAX + 1)), Some(Bound::Messages));
        let last = |bytes: usize| {
            let large = vec![one(MESSAGE_BYTES_MAX); 7].join(",");
            format!("[{large},{}]", one(bytes - large.len() - 3))
        };
        assert_eq!(outcome(&last(CONVERSATION_BYTES_MAX)), None);
        assert_eq!(outcome(&last(CONVERSATION_BYTES_MAX + 1)), Some(Bound::ConversationBytes));
    }

    #[test]
    fn a_refusal_quotes_nothing() {
        let secret = json!([{"role": "hunter2", "content": "hunter2"}]).to_string();
        let refusal: Refusal = Messages::parse(&secret).expect_err("a bad role").into();
        assert!(!format!("{refusal:?}").contains("hunter2"));
        assert_eq!(refusal.facts["message_number"], json!(1));
    }

    #[test]
    fn nesting_is_bounded_by_bytes_alone() {
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let messages = format!(r#"[{{"role": "tool", "content": "", "data": {deep}}}]"#);
        assert!(Messages::parse(&messages).is_ok());
    }

    fn message() -> impl Strategy<Value = Value> {
        (
            prop::sample::select(&["system", "developer", "user", "assistant", "tool"][..]),
            ".{0,20}",
            any::<Option<i32>>(),
        )
            .prop_map(|(role, content, n)| json!({"role": role, "content": content, "n": n}))
    }

    proptest! {
        #[test]
        fn appending_extends_and_any_other_change_does_not(
            earlier in prop::collection::vec(message(), 0..6),
            more in prop::collection::vec(message(), 0..6),
            edited in message(),
            place in any::<prop::sample::Index>(),
        ) {
            let text = |messages: &[Value]| Value::from(messages.to_vec()).to_string();
            let appended: Vec<Value> = earlier.iter().chain(&more).cloned().collect();
            let (before, after) = (text(&earlier), text(&appended));
            let (before, after) = (Messages::parse(&before).unwrap(), Messages::parse(&after).unwrap());
            prop_assert!(after.extend(&before));
            prop_assert_eq!(before.extend(&after), more.is_empty());
            if !earlier.is_empty() {
                let mut changed = appended.clone();
                let place = place.index(earlier.len());
                let same = changed[place] == edited;
                changed[place] = edited;
                let changed = text(&changed);
                prop_assert_eq!(Messages::parse(&changed).unwrap().extend(&before), same);
            }
        }

        #[test]
        fn any_json_is_judged_without_a_panic(text in ".{0,80}") {
            let _ = Messages::parse(&text);
        }
    }
}
