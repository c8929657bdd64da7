//! Governed actions: what an assistant does under the rules, from the request to the end.
//!
//! - [`arguments`]: the digest of an action's arguments
//! - [`approved`]: approvals of one action with its arguments
//! - [`policy`]: a tenant's policy for actions
//!
//! docs/state_machines.md shows the state machine.
//!
//! The outcome of an action whose time is over is unknown: its money and its key stay held until somebody
//! says what happened, or until the policy's time is over and maintenance abandons it. A later report still
//! records its cost: money that was spent is never lost.

pub mod approved;
pub mod arguments;
pub mod policy;

use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::state_machine::state_machine;

/// Longest result, in bytes of its JSON: the outcome of an action, not the conversation in it.
pub const RESULT_BYTES_MAX: usize = 64 << 10;

state_machine! {
    table "governed_actions";
    /// The state of an action, as in the CHECK of `governed_actions.status`.
    Status {
        /// It was allowed, and is running.
        Begun = "begun",
        /// It succeeded.
        Succeeded = "succeeded",
        /// It failed.
        Failed = "failed",
        /// Nobody reported its end in time, and nobody found out.
        Abandoned = "abandoned",
        /// Nobody knows whether it happened.
        Unknown = "unknown",
    }
    begins Begun;
    /// The verbs that end an action.
    Verb {
        /// It succeeded.
        Succeed = "succeed": Begun => Succeeded, Unknown => Succeeded, Abandoned => Succeeded;
        /// It failed.
        Fail = "fail": Begun => Failed, Unknown => Failed, Abandoned => Failed;
        /// Its time is over, or the program that ran it cannot tell.
        Doubt = "doubt": Begun => Unknown;
        /// Nobody reports its end.
        Abandon = "abandon": Begun => Abandoned, Unknown => Abandoned;
    }
}

/// The effect of a report of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The action ends now.
    Now,
    /// It had ended in this way before; the report is a repetition.
    Repeated,
}

/// The effect of `finish` with this outcome on an action in this state; refuses with `illegal_transition`.
pub fn finish(from: Status, outcome: Status) -> Result<Ending, Refusal> {
    match MACHINE.verb_between(from, outcome) {
        Ok(_) => Ok(Ending::Now),
        Err(_) if from == outcome && from != Status::Begun => Ok(Ending::Repeated),
        Err(refusal) => Err(refusal),
    }
}

/// Checks the size of a result; refuses with `out_of_range`.
pub fn check_result(result: Option<&str>) -> Result<(), Refusal> {
    let bytes = result.map_or(0, str::len);
    if bytes <= RESULT_BYTES_MAX {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::OutOfRange,
        "the result of an action is too long",
        format!(
            "Shorten it to at most {RESULT_BYTES_MAX} bytes; log conversations with awgp.log_conversation()."
        ),
    )
    .with("argument", "result")
    .with("bytes", bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_status() -> impl Strategy<Value = Status> {
        prop::sample::select(Status::ALL)
    }

    proptest! {
        /// No sequence of reports changes a reported end, or brings an action back.
        #[test]
        fn an_action_ends_once(reports in prop::collection::vec(any_status(), 0..12)) {
            let mut status = Status::Begun;
            for outcome in reports {
                let before = status;
                match finish(status, outcome) {
                    Ok(Ending::Now) => status = outcome,
                    Ok(Ending::Repeated) => prop_assert_eq!(status, outcome),
                    Err(_) => {}
                }
                prop_assert!(status == Status::Begun || before != Status::Begun || status != before);
                if matches!(before, Status::Succeeded | Status::Failed) {
                    prop_assert_eq!(status, before);
                }
                if before == Status::Abandoned {
                    prop_assert_ne!(status, Status::Unknown);
                }
                if before != Status::Begun {
                    prop_assert_ne!(status, Status::Begun);
                }
            }
        }
    }

    #[test]
    fn a_late_report_ends_what_was_abandoned_and_nothing_is_abandoned_afterwards() {
        assert_eq!(finish(Status::Abandoned, Status::Failed), Ok(Ending::Now));
        assert_eq!(finish(Status::Abandoned, Status::Abandoned), Ok(Ending::Repeated));
        for (from, outcome) in [
            (Status::Failed, Status::Abandoned),
            (Status::Begun, Status::Begun),
            (Status::Abandoned, Status::Unknown),
            (Status::Succeeded, Status::Unknown),
        ] {
            assert_eq!(
                finish(from, outcome).map_err(|refusal| refusal.reason),
                Err(Reason::IllegalTransition)
            );
        }
    }

    #[test]
    fn a_result_has_a_longest_length() {
        let longest = "x".repeat(RESULT_BYTES_MAX);
        assert!(check_result(None).is_ok() && check_result(Some(&longest)).is_ok());
        let refusal = check_result(Some(&format!("{longest}x"))).expect_err("a byte too long");
        assert_eq!(refusal.reason, Reason::OutOfRange);
    }
}
