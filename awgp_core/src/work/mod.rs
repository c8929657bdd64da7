//! Work items: their states and verbs, and the texts of refusals.
//!
//! docs/state_machines.md shows the state machine. [`gate`] holds the conditions of a start besides the
//! state; [`digest`] is what an approval is pinned to.

pub mod digest;
pub mod gate;

use uuid::Uuid;

use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::state_machine::state_machine;

state_machine! {
    table "work_items";
    /// The state of a work item, as in the CHECK of `work_items.status`.
    Status {
        /// Not begun.
        Backlog = "backlog",
        /// Running.
        InProgress = "in_progress",
        /// Waiting for a human's decision.
        AwaitingApproval = "awaiting_approval",
        /// Done; final.
        Completed = "completed",
        /// Given up by the assistant; final.
        Failed = "failed",
        /// Cancelled; final.
        Cancelled = "cancelled",
    }
    begins Backlog;
    /// The verbs that change a work item's state.
    Verb {
        /// Begins, or continues after an approval; passes the gate.
        Start = "start": Backlog => InProgress, AwaitingApproval => InProgress;
        /// Requests an approval and waits.
        Ask = "ask": Backlog => AwaitingApproval, InProgress => AwaitingApproval;
        /// It is done.
        Complete = "complete": InProgress => Completed;
        /// It could not be done.
        Fail = "fail": InProgress => Failed;
        /// It is no longer wanted.
        Cancel = "cancel": Backlog => Cancelled, InProgress => Cancelled, AwaitingApproval => Cancelled;
    }
}

/// No work item of the tenant has this id.
pub fn unknown_work_item(id: Uuid) -> Refusal {
    Refusal::new(
        Reason::UnknownWorkItem,
        "no such work item in this tenant",
        "Check the work item's id with: awgp work list",
    )
    .with("work_item_id", id.to_string())
}

/// A statement would change approved work while it runs.
pub fn pinned(id: Uuid) -> Refusal {
    Refusal::new(
        Reason::WorkItemPinned,
        "approved work cannot be changed while it runs",
        "Set it to awaiting_approval and request an approval again with awgp.request_approval(), or create a \
         new work item.",
    )
    .with("work_item_id", id.to_string())
}

/// A statement would lower the risk below that of a requested approval.
pub fn risk_lowered(id: Uuid, asked: u8) -> Refusal {
    Refusal::new(
        Reason::RiskLowered,
        "the risk cannot be lower than that of a requested approval",
        "Leave the risk as it is, or cancel the work item and create a new one.",
    )
    .with("work_item_id", id.to_string())
    .with("asked_risk_level", asked)
}

/// The risk that counts for a work item: work that is not assessed has the highest, and it is never below
/// that of a requested approval.
pub fn effective_risk(risk: Option<u8>, asked: Option<u8>) -> u8 {
    use crate::approval::policy::RISK_MAX;
    risk.unwrap_or(RISK_MAX).max(asked.unwrap_or(0)).min(RISK_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn final_states_are_completed_failed_and_cancelled() {
        let finals: Vec<_> = Status::ALL.iter().filter(|status| MACHINE.is_final(**status)).collect();
        assert_eq!(finals, [&Status::Completed, &Status::Failed, &Status::Cancelled]);
    }

    #[test]
    fn what_is_not_assessed_counts_as_the_highest_risk() {
        assert_eq!(effective_risk(None, None), 5);
        assert_eq!(effective_risk(Some(1), Some(4)), 4);
        assert_eq!(effective_risk(Some(3), Some(2)), 3);
    }

    proptest! {
        /// Whatever verbs are tried, in any order: work ends only after it has begun, begins only through
        /// start, and nothing follows a final state.
        #[test]
        fn no_sequence_of_verbs_reaches_an_illegal_state(verbs in prop::collection::vec(0_usize..5, 0..40)) {
            let (mut status, mut started, mut ended) = (Status::Backlog, false, false);
            for verb in verbs.into_iter().map(|place| Verb::ALL[place]) {
                let Some(next) = MACHINE.transition(status, verb) else { continue };
                prop_assert!(!ended, "{verb:?} after the end");
                prop_assert!(next != Status::InProgress || verb == Verb::Start);
                started |= verb == Verb::Start;
                prop_assert!(started || !matches!(next, Status::Completed | Status::Failed));
                ended = MACHINE.is_final(next);
                status = next;
            }
        }
    }
}
