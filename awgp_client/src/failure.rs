//! The error of a command: one line, then a reason and a hint.

use crate::exit::Exit;
use crate::secret::redact;
use crate::shown;
use awgp_core::reason::Reason;
use serde_json::{Map, Value};
use std::fmt;

/// A failed command: its exit code, one line that says why, and notes in the order they are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// One line without a full stop.
    pub message: String,
    notes: Vec<(&'static str, String)>,
}

impl Failure {
    /// A failure with only its message.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), notes: Vec::new() }
    }

    /// A failure found by this client, with a reason that the server could have given too.
    pub fn of_reason(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(Exit::of_sqlstate(reason.family().sqlstate()), message).note("reason", reason.name())
    }

    /// Adds a note: `reason`, `constraint`, `detail`, `hint` or `sqlstate`.
    #[must_use]
    pub fn note(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.notes.push((name, text.into()));
        self
    }

    /// Adds the next thing to do.
    #[must_use]
    pub fn hint(self, text: impl Into<String>) -> Self {
        self.note("hint", text)
    }

    /// The same with another next thing to do.
    #[must_use]
    pub(crate) fn hint_instead(mut self, text: String) -> Self {
        self.notes.retain(|(name, _)| *name != "hint");
        self.hint(text)
    }

    /// The same with its hint in other words.
    #[must_use]
    pub fn rephrased(self, rephrase: impl FnOnce(&str) -> String) -> Self {
        match self.noted("hint").map(rephrase) {
            Some(hint) => self.hint_instead(hint),
            None => self,
        }
    }

    /// The text of the note with this name, if there is one.
    pub fn noted(&self, name: &str) -> Option<&str> {
        self.notes.iter().find(|(key, _)| *key == name).map(|(_, text)| text.as_str())
    }

    /// One object on one line, for programs: the message as `error`, the notes by their names, `exit_code`.
    /// Like the text for people ([`fmt::Display`]), it has no secrets and no control sequences of a terminal.
    pub fn json(&self) -> String {
        let mut object = Map::new();
        object.insert("error".to_owned(), redact(&self.message).into());
        for (name, text) in &self.notes {
            object.insert((*name).to_owned(), redact(text).into());
        }
        object.insert("exit_code".to_owned(), self.exit.code().into());
        shown::json(&Value::Object(object).to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", one_line(&self.message))?;
        // The SQLSTATE is for programs: people have the reason and the exit code.
        for (name, text) in self.notes.iter().filter(|(name, _)| *name != "sqlstate") {
            write!(f, "\n{name}: {}", one_line(text))?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// The text on one line, without secrets and with hidden characters as numbers.
fn one_line(text: &str) -> String {
    let flat = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    shown::line(&redact(&flat))
}

/// Why a command stopped: a failure ready to be shown, or an error of the server that needs an explanation,
/// which reads the catalog after the rollback.
#[derive(Debug)]
pub enum Trouble {
    /// Ready to be shown.
    Told(Failure),
    /// To be explained by [`crate::Session::explain`].
    Sql(tokio_postgres::Error),
    /// The same, and what else can be done next.
    SqlAnd(tokio_postgres::Error, &'static str),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Told(failure)
    }
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Sql(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Failure {
        Failure::of_reason(Reason::UnknownTenant, "no tenant\n\"x\"")
            .hint("list them")
            .note("sqlstate", "42501")
    }

    #[test]
    fn a_person_reads_one_line_then_reason_and_hint() {
        let text = example().to_string();
        assert_eq!(text, "error: no tenant \"x\"\nreason: unknown_tenant\nhint: list them");
    }

    #[test]
    fn a_program_reads_one_object_on_one_line() {
        let text = example().json();
        let object: Value = serde_json::from_str(&text).expect("JSON");
        assert!(!text.contains('\n'));
        assert_eq!(object["reason"], "unknown_tenant");
        assert_eq!(object["hint"], "list them");
        assert_eq!(object["sqlstate"], "42501");
        assert_eq!(object["exit_code"], 3);
    }

    #[test]
    fn no_secret_and_no_escape_sequence_reaches_the_terminal() {
        let failure = Failure::new(Exit::Unexpected, "at postgres://u:hunter2@h \u{1b}[2J\u{202e}\u{9b}");
        for text in [failure.to_string(), failure.json()] {
            assert!(!text.contains("hunter2") && !text.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{text}");
        }
    }
}
