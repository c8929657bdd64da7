//! Assistants: their states and verbs, and when one may begin work.

use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::state_machine::state_machine;
use uuid::Uuid;

state_machine! {
    table "assistants";
    /// The state of an assistant, as in the CHECK of `assistants.status`.
    Status {
        /// Works.
        Active = "active",
        /// Not in use.
        Inactive = "inactive",
        /// Stopped by a user, with a reason.
        Suspended = "suspended",
        /// Stopped because something is wrong with it.
        Error = "error",
    }
    begins Inactive | Active;
    /// The verbs that change an assistant's state.
    Verb {
        /// Puts it in use.
        Activate = "activate": Inactive => Active;
        /// Stops it, with a reason.
        Suspend = "suspend": Active => Suspended, Inactive => Suspended, Error => Suspended;
        /// Lets it continue.
        Resume = "resume": Suspended => Active;
        /// Something is wrong with it.
        Fail = "fail": Active => Error;
        /// It works again.
        Recover = "recover": Error => Active;
        /// Takes it out of use.
        Retire = "retire": Active => Inactive, Suspended => Inactive, Error => Inactive;
    }
}

/// Only an active assistant begins work; refuses with `assistant_inactive`, `assistant_suspended` and
/// `assistant_error`.
pub fn may_begin(id: Uuid, status: Status) -> Result<(), Refusal> {
    let (reason, message) = match status {
        Status::Active => return Ok(()),
        Status::Inactive => (Reason::AssistantInactive, "the assistant is inactive"),
        Status::Suspended => (Reason::AssistantSuspended, "the assistant is suspended"),
        Status::Error => (Reason::AssistantError, "the assistant is in error"),
    };
    Err(Refusal::new(reason, message, "Ask a manager to activate it: awgp assistant resume ASSISTANT")
        .with("assistant_id", id.to_string()))
}

/// An assistant takes only actions that its capabilities list, where work names an action. Refuses with
/// `capability_missing`.
pub fn check_capability(id: Uuid, capabilities: &[String], action: &str) -> Result<(), Refusal> {
    if capabilities.iter().any(|capability| capability == action) {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::CapabilityMissing,
        "the assistant's capabilities do not list this action",
        "Add the action to the assistant's capabilities, or give the work to an assistant that has it.",
    )
    .with("assistant_id", id.to_string())
    .with("action", action))
}

/// A suspension without a reason.
pub fn reason_required(what: &str) -> Refusal {
    Refusal::new(Reason::ReasonRequired, format!("{what} needs a reason"), "Give a reason in a few words.")
        .with("what", what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_active_assistant_begins_work() {
        for status in Status::ALL {
            assert_eq!(may_begin(Uuid::nil(), *status).is_ok(), *status == Status::Active);
        }
    }

    #[test]
    fn an_action_must_be_listed_exactly() {
        let capabilities = ["pay".to_owned()];
        assert!(check_capability(Uuid::nil(), &capabilities, "pay").is_ok());
        assert!(check_capability(Uuid::nil(), &capabilities, "Pay").is_err());
        assert!(check_capability(Uuid::nil(), &[], "pay").is_err());
    }
}
