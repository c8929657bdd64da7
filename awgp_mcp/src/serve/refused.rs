//! A refusal as a model reads it: a reason, a sentence, what to do next, and the facts.

use super::hints;
use awgp_client::secret::redact;
use awgp_client::{Exit, Failure};
use awgp_core::reason::Reason;
use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Map, Value, json};

/// The key of `_meta` under which programs find the same as an object.
pub const META: &str = "awgp/refusal";

/// Why a call did nothing, or was denied.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Its stable name.
    pub reason: String,
    /// One sentence.
    pub message: String,
    /// The next thing to do.
    pub hint: String,
    /// The facts of the case.
    pub facts: Map<String, Value>,
}

impl Refused {
    /// With this reason. The hint names tools; `told`, which is the database's, counts where none fits.
    pub fn new(reason: &str, message: &str, told: Option<&str>, facts: Map<String, Value>) -> Self {
        let told = told.filter(|told| hints::is_in_words(told));
        // The database says of an argument what it has to be like.
        let hint = if reason == Reason::OutOfRange.name() {
            told.or(hints::of(reason))
        } else {
            hints::of(reason).or(told)
        };
        let hint = hint.unwrap_or(hints::OTHERWISE).to_owned();
        Self { reason: reason.to_owned(), message: sentence(message), hint, facts }
    }

    /// What the client's arguments lack.
    pub fn bad_arguments(message: &str) -> Self {
        Self::new(Reason::OutOfRange.name(), message, None, Map::new())
    }

    /// The result of the tool.
    pub fn result(&self) -> CallToolResult {
        let mut text = format!("{}: {}\nNext: {}", self.reason, self.message, self.hint);
        if !self.facts.is_empty() {
            text = format!("{text}\nFacts: {}", Value::Object(self.facts.clone()));
        }
        // Not as structured content: a client compares that with the schema of an answer.
        let told = json!({
            "reason": self.reason, "message": self.message, "hint": self.hint, "facts": self.facts,
        });
        let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
        let mut meta = MetaObject::default();
        meta.0.insert(META.to_owned(), told);
        result.meta = Some(meta);
        result
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        let detail = failure.noted("detail").and_then(|detail| serde_json::from_str(detail).ok());
        let mut facts: Map<String, Value> = detail.unwrap_or_default();
        facts.remove("reason");
        if let Some(reason) = failure.noted("reason") {
            return Self::new(reason, &failure.message, failure.noted("hint"), facts);
        }
        if let Some(constraint) = failure.noted("constraint") {
            facts.insert("constraint".to_owned(), constraint.into());
            return Self::new("constraint", &failure.message, failure.noted("hint"), facts);
        }
        let (reason, message) = match failure.exit {
            Exit::BadArgument => (Reason::OutOfRange.name(), failure.message.as_str()),
            Exit::Retry => ("try_again", "another transaction was in the way"),
            // What these say is for whoever runs the program: they read it where it writes its errors.
            Exit::NoConnection => {
                eprintln!("{failure}");
                ("no_connection", "the database cannot be reached")
            }
            // The gate's: the tenant has no assistant of the name that the program was given.
            Exit::NotFound => {
                let refused = Self::new("unknown_assistant", &failure.message, None, facts);
                return Self { hint: hints::NOT_SET_UP.to_owned(), ..refused };
            }
            _ => {
                eprintln!("{failure}");
                ("unexpected", "this server has failed")
            }
        };
        Self::new(reason, message, None, facts)
    }
}

/// With a capital letter, unless it begins with a name, and a full stop, and without secrets.
fn sentence(message: &str) -> String {
    let message = redact(message);
    if message.split(' ').next().is_some_and(|word| word.contains('_')) {
        return format!("{}.", message.trim_end_matches('.'));
    }
    let mut letters = message.trim().trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_reads_reason_sentence_next_step_and_facts() {
        let failure = Failure::of_reason(Reason::ApprovalPending, "an approval is pending")
            .note("detail", r#"{"reason":"approval_pending","approval_id":"5f0c"}"#)
            .hint("SELECT awgp.explain_approval(…)");
        let result = Refused::from(failure).result();
        assert_eq!(result.is_error, Some(true));
        let text = result.content[0].as_text().expect("a text").text.clone();
        assert!(text.starts_with("approval_pending: An approval is pending.\nNext: "), "{text}");
        assert!(text.ends_with("\nFacts: {\"approval_id\":\"5f0c\"}"), "{text}");
        assert!(text.contains("wait_for_approval") && !text.contains("SELECT"), "{text}");
    }

    #[test]
    fn what_is_for_whoever_runs_the_program_is_not_told_to_a_model() {
        let failure = Failure::new(Exit::NoConnection, "cannot connect to the server at db.internal:5432");
        let refused = Refused::from(failure);
        assert_eq!(refused.reason, "no_connection");
        assert!(!refused.message.contains("db.internal"));
    }
}
