//! Assistants: their states and verbs, and what lets one begin work.

use crate::machine::{illegal_beginning, illegal_transition};
use crate::named::named;
use crate::reason::Reason;
use crate::refusal::Refusal;
use uuid::Uuid;

named! {
    /// The state of an assistant, as in the CHECK of `assistants.status`.
    Status {
        /// Works.
        Active = "active",
        /// Not in use.
        Inactive = "inactive",
        /// Stopped by somebody, with a reason.
        Suspended = "suspended",
        /// Stopped because something is wrong with it.
        Error = "error",
    }
}

named! {
    /// What moves an assistant.
    Verb {
        /// Put it to use.
        Activate = "activate",
        /// Stop it, with a reason.
        Suspend = "suspend",
        /// Let it go on.
        Resume = "resume",
        /// Something is wrong with it.
        Fail = "fail",
        /// It is right again.
        Recover = "recover",
        /// Take it out of use.
        Retire = "retire",
    }
}

/// The state after the verb; None where the verb is not possible in this state.
pub fn transition(from: Status, verb: Verb) -> Option<Status> {
    use Status::{Active, Error, Inactive, Suspended};
    match (from, verb) {
        (Inactive, Verb::Activate) | (Suspended, Verb::Resume) | (Error, Verb::Recover) => Some(Active),
        (Active | Inactive | Error, Verb::Suspend) => Some(Suspended),
        (Active, Verb::Fail) => Some(Error),
        (Active | Suspended | Error, Verb::Retire) => Some(Inactive),
        _ => None,
    }
}

/// The verb that leads from one state to another; refuses with reason `illegal_transition`.
pub fn verb_between(from: Status, to: Status) -> Result<Verb, Refusal> {
    let leads = |verb: &&Verb| transition(from, **verb) == Some(to);
    Verb::ALL.iter().find(leads).copied().ok_or_else(|| {
        let possible = Verb::ALL.iter().filter_map(|verb| transition(from, *verb)).map(Status::name);
        illegal_transition("assistants", from.name(), to.name(), possible)
    })
}

/// An assistant begins inactive, or active at once.
pub fn begin(status: Status) -> Result<(), Refusal> {
    match status {
        Status::Inactive | Status::Active => Ok(()),
        _ => Err(illegal_beginning("assistants", status.name(), Status::Inactive.name())),
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
    Err(Refusal::new(reason, message, "A manager lets it work with: awgp assistant resume ASSISTANT")
        .with("assistant_id", id.to_string()))
}

/// An assistant takes only actions that its capabilities list; where work names one. Refuses with
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

/// An assistant was to be stopped without a reason.
pub fn reason_required(what: &str) -> Refusal {
    Refusal::new(Reason::ReasonRequired, format!("{what} needs a reason"), "Say why, in a few words.")
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
    fn what_leads_somewhere_is_found_again_between_the_two_states() {
        for from in Status::ALL {
            for verb in Verb::ALL {
                if let Some(to) = transition(*from, *verb) {
                    assert_eq!(verb_between(*from, to), Ok(*verb));
                }
            }
        }
        assert!(verb_between(Status::Inactive, Status::Error).is_err());
        assert!(verb_between(Status::Suspended, Status::Error).is_err());
    }

    #[test]
    fn an_action_must_be_listed_exactly() {
        let capabilities = ["pay".to_owned()];
        assert!(check_capability(Uuid::nil(), &capabilities, "pay").is_ok());
        assert!(check_capability(Uuid::nil(), &capabilities, "Pay").is_err());
        assert!(check_capability(Uuid::nil(), &[], "pay").is_err());
    }
}
