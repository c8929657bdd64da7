//! The life of a conversation: open, ended, erased.
//!
//! Open: messages are appended, costs are filled in. Ended: only a legal hold changes. Erased: nothing
//! changes. An earlier message never changes, whoever writes; content is removed only by erasing, which
//! leaves the proof.

use crate::permissions::{PermissionError, Role, Verb};
use crate::reason::Reason;
use crate::refusal::Refusal;
use thiserror::Error;
use uuid::Uuid;

/// Longest reason for erasing, in bytes.
pub const REASON_BYTES_MAX: usize = 500;

/// The state of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// It has ended.
    pub ended: bool,
    /// Its content was erased.
    pub erased: bool,
    /// It is on legal hold.
    pub held: bool,
}

/// What a statement would change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of one change")]
pub struct Wanted {
    /// A column that is fixed when the row is created.
    pub fixed: Option<&'static str>,
    /// The messages change.
    pub messages: bool,
    /// The new messages begin with all earlier ones.
    pub extends: bool,
    /// Cost, tokens or the end change.
    pub closing: bool,
    /// The legal hold changes.
    pub hold: bool,
    /// The content is to be erased.
    pub erase: bool,
}

/// The step that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The new row is stored as given.
    Keep,
    /// Messages are appended.
    Append,
    /// The content is erased, and nothing else is changed.
    Erase,
}

/// The step, or the reason of a refusal.
pub fn step(state: State, wanted: Wanted) -> Result<Step, ConversationError> {
    if wanted == Wanted::default() {
        return Ok(Step::Keep);
    }
    if state.erased {
        return Err(ConversationError::Erased);
    }
    if wanted.erase {
        return if state.held { Err(ConversationError::Held) } else { Ok(Step::Erase) };
    }
    if let Some(column) = wanted.fixed {
        return Err(ConversationError::Fixed { column });
    }
    if state.ended && (wanted.messages || wanted.closing) {
        return Err(ConversationError::Ended);
    }
    match (wanted.messages, wanted.extends) {
        (true, false) => Err(ConversationError::Fixed { column: "messages" }),
        (true, true) => Ok(Step::Append),
        (false, _) => Ok(Step::Keep),
    }
}

/// Who may erase, and who may set or release a legal hold: an admin, where a user is in context; never an
/// assistant, which would remove the evidence of its own words. `role` is that of the user in context.
pub fn check_keeper(role: Option<Role>, assistant: bool) -> Result<(), ConversationError> {
    if assistant {
        return Err(ConversationError::ByAssistant);
    }
    match role {
        Some(role) if role < Role::Admin => Err(ConversationError::Role(role)),
        _ => Ok(()),
    }
}

/// A reason is not empty, and short.
pub fn check_reason(reason: Option<&str>) -> Result<(), ConversationError> {
    match reason {
        Some(text) if !text.trim().is_empty() && text.len() <= REASON_BYTES_MAX => Ok(()),
        _ => Err(ConversationError::Reason),
    }
}

/// The conversation and what it is about must have the same assistant.
pub fn other_assistant(table: &str, column: &str) -> Refusal {
    Refusal::new(
        Reason::OtherAssistant,
        "the work item or conversation is another assistant's",
        "Name one of the same assistant, or leave it out.",
    )
    .with("table", table)
    .with("column", column)
}

/// There is no such conversation to write to.
pub fn unknown_conversation() -> Refusal {
    Refusal::new(
        Reason::UnknownConversation,
        "no such conversation in this tenant",
        "Check the id with: awgp conversation list",
    )
}

/// A conversation with the same external id is open on the channel, with other content.
pub fn other_under_external_id(open: Uuid) -> Refusal {
    Refusal::new(
        Reason::IdempotencyConflict,
        "another conversation with this external id is open on the channel",
        "Append to it with awgp.append_conversation(), or end it with awgp.end_conversation(), then log the \
         next.",
    )
    .with("column", "external_id")
    .with("conversation_log_id", open.to_string())
}

/// Something new refers to the conversation while it is being erased.
pub fn erased_meanwhile() -> Refusal {
    Refusal::new(
        Reason::ErasedMeanwhile,
        "a flag was written while the conversation was being erased",
        "Run the transaction again.",
    )
}

/// Why a change is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConversationError {
    /// It has ended.
    #[error("the conversation has ended")]
    Ended,
    /// It was erased.
    #[error("the conversation was erased")]
    Erased,
    /// It is on legal hold.
    #[error("the conversation is on legal hold")]
    Held,
    /// A fixed column would change.
    #[error("{column} of a conversation cannot be changed")]
    Fixed {
        /// The column.
        column: &'static str,
    },
    /// An assistant would erase or hold.
    #[error("an assistant may not erase a conversation or change its hold")]
    ByAssistant,
    /// The user's role is below admin.
    #[error("a user of role {0} may not erase a conversation or change its hold")]
    Role(Role),
    /// The reason is missing or too long.
    #[error("erasing needs a reason of 1 to {REASON_BYTES_MAX} bytes")]
    Reason,
}

impl From<ConversationError> for Refusal {
    fn from(error: ConversationError) -> Self {
        let refusal = |reason, hint: &str| Self::new(reason, error.to_string(), hint);
        match error {
            ConversationError::Ended => {
                refusal(Reason::ConversationEnded, "Log further messages as a new conversation.")
            }
            ConversationError::Erased => refusal(
                Reason::ConversationErased,
                "See who erased it and why with: awgp audit history conversation_logs ID",
            ),
            ConversationError::Held => refusal(
                Reason::LegalHold,
                "Release it first: SELECT awgp.hold_conversation(ID, false), once the hold is over.",
            ),
            ConversationError::Fixed { column } => refusal(
                Reason::AppendOnly,
                "Append messages with awgp.append_conversation(); remove content with \
                 awgp.erase_conversation().",
            )
            .with("column", column),
            ConversationError::ByAssistant => refusal(
                Reason::HumanNeeded,
                "Ask an admin of the tenant to do it without an assistant in context.",
            ),
            ConversationError::Role(role) => PermissionError::NotSufficient {
                role,
                table: "conversation_logs".to_owned(),
                verb: Verb::Update,
                least: Some(Role::Admin),
            }
            .into(),
            ConversationError::Reason => refusal(
                Reason::OutOfRange,
                "Give a reason that names no person: it stays in the audit trail.",
            )
            .with("argument", "reason"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OPEN: State = State { ended: false, erased: false, held: false };
    const ENDED: State = State { ended: true, erased: false, held: false };
    const ERASED: State = State { ended: true, erased: true, held: false };

    fn wanted() -> impl Strategy<Value = Wanted> {
        let fixed = prop::option::of(Just("channel"));
        (fixed, any::<[bool; 5]>()).prop_map(|(fixed, [messages, extends, closing, hold, erase])| Wanted {
            fixed,
            messages,
            extends: messages && extends,
            closing,
            hold,
            erase,
        })
    }

    #[test]
    fn a_conversation_grows_ends_and_is_erased() {
        let append = Wanted { messages: true, extends: true, ..Wanted::default() };
        let edit = Wanted { messages: true, ..Wanted::default() };
        let end = Wanted { closing: true, ..Wanted::default() };
        let hold = Wanted { hold: true, ..Wanted::default() };
        let erase = Wanted { erase: true, ..Wanted::default() };
        assert_eq!(step(OPEN, append), Ok(Step::Append));
        assert_eq!(step(OPEN, edit), Err(ConversationError::Fixed { column: "messages" }));
        assert_eq!(step(OPEN, end), Ok(Step::Keep));
        for refused in [append, edit, end] {
            assert_eq!(step(ENDED, refused), Err(ConversationError::Ended));
        }
        assert_eq!(step(ENDED, hold), Ok(Step::Keep));
        for state in [OPEN, ENDED] {
            assert_eq!(step(state, erase), Ok(Step::Erase));
            assert_eq!(step(State { held: true, ..state }, erase), Err(ConversationError::Held));
        }
    }

    proptest! {
        #[test]
        fn nothing_of_an_erased_conversation_changes(wanted in wanted()) {
            let changes = wanted != Wanted::default();
            prop_assert_eq!(step(ERASED, wanted).is_err(), changes);
        }

        #[test]
        fn whatever_is_not_an_erasure_leaves_earlier_messages_as_they_are(
            ended: bool, held: bool, wanted in wanted(),
        ) {
            if let Ok(step) = step(State { ended, erased: false, held }, wanted) {
                prop_assert_eq!(step == Step::Erase, wanted.erase);
                prop_assert!(step == Step::Erase || !wanted.messages || (wanted.extends && !ended));
                prop_assert!(step != Step::Erase || !held);
            }
        }
    }

    #[test]
    fn an_admin_or_the_system_erases_and_never_an_assistant() {
        for role in Role::ALL {
            assert_eq!(check_keeper(Some(role), false).is_ok(), role >= Role::Admin, "{role}");
            assert_eq!(check_keeper(Some(role), true), Err(ConversationError::ByAssistant));
        }
        assert_eq!(check_keeper(None, false), Ok(()));
        assert_eq!(check_keeper(None, true), Err(ConversationError::ByAssistant));
    }

    #[test]
    fn a_reason_is_said_and_short() {
        assert!(check_reason(Some("request 17")).is_ok());
        assert!(check_reason(Some(&"x".repeat(REASON_BYTES_MAX))).is_ok());
        for bad in [None, Some(""), Some(" \n"), Some(&*"x".repeat(REASON_BYTES_MAX + 1))] {
            assert_eq!(check_reason(bad), Err(ConversationError::Reason), "{bad:?}");
        }
    }
}
