//! Governed actions: what an assistant does under the rules, from asking to the end.
//!
//! Drawn in docs/state_machines.md.
//!
//! An action whose time is over is abandoned by maintenance, which gives its money back. Who finishes it late all the
//! same says what it cost: money that was spent is never lost.

use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::state_machine::state_machine;

/// Longest result, in bytes of its JSON: what came of an action, not what was said in it.
pub const RESULT_BYTES_MAX: usize = 64 << 10;

state_machine! {
    table "governed_actions";
    /// How far an action is, as in the CHECK of `governed_actions.status`.
    Status {
        /// It was allowed, and is going on.
        Begun = "begun",
        /// It did what it was for.
        Succeeded = "succeeded",
        /// It did not.
        Failed = "failed",
        /// Nobody said how it ended, in the time it had.
        Abandoned = "abandoned",
    }
    begins Begun;
    /// What ends an action.
    Verb {
        /// It did what it was for.
        Succeed = "succeed": Begun => Succeeded, Abandoned => Succeeded;
        /// It did not.
        Fail = "fail": Begun => Failed, Abandoned => Failed;
        /// Nobody says how it ended.
        Abandon = "abandon": Begun => Abandoned;
    }
}

/// What a report of the end leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The action ends now.
    Now,
    /// It had ended so before; the report is a repetition.
    Repeated,
}

/// What `finish` with this outcome does to an action in this state; refuses with `illegal_transition`.
pub fn finish(from: Status, outcome: Status) -> Result<Ending, Refusal> {
    match MACHINE.verb_between(from, outcome) {
        Ok(_) => Ok(Ending::Now),
        Err(_) if from == outcome && from != Status::Begun => Ok(Ending::Repeated),
        Err(refusal) => Err(refusal),
    }
}

/// A result is bounded; refuses with `out_of_range`.
pub fn check_result(result: Option<&str>) -> Result<(), Refusal> {
    let bytes = result.map_or(0, str::len);
    if bytes <= RESULT_BYTES_MAX {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::OutOfRange,
        "the result of an action is too long",
        format!("Keep it to {RESULT_BYTES_MAX} bytes; log what was said with awgp.log_conversation()."),
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
        /// No sequence of reports changes an ending that stands, or brings an action back.
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
        for (from, outcome) in [(Status::Failed, Status::Abandoned), (Status::Begun, Status::Begun)] {
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
