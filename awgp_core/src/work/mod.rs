//! Work items: their states and verbs, and what is said when something is refused.
//!
//! The machine is drawn in docs/state_machines.md. What must be true for a start besides the state is [`gate`];
//! what an approval is pinned to is [`digest`].

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
        /// Under way.
        InProgress = "in_progress",
        /// Waiting until a human has decided.
        AwaitingApproval = "awaiting_approval",
        /// Done; final.
        Completed = "completed",
        /// Given up by the assistant; final.
        Failed = "failed",
        /// Called off; final.
        Cancelled = "cancelled",
    }
    begins Backlog;
    /// What moves a work item.
    Verb {
        /// Begin, or go on after an approval; passes the gate.
        Start = "start": Backlog => InProgress, AwaitingApproval => InProgress;
        /// Ask for an approval and wait.
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

/// What was approved, or what runs, was to change under way.
pub fn pinned(id: Uuid) -> Refusal {
    Refusal::new(
        Reason::WorkItemPinned,
        "what was approved does not change while it runs",
        "Put it back to awaiting_approval and ask again, with awgp.request_approval(), or make a new work item.",
    )
    .with("work_item_id", id.to_string())
}

/// The risk was to fall below what an approval was asked for.
pub fn risk_lowered(id: Uuid, asked: u8) -> Refusal {
    Refusal::new(
        Reason::RiskLowered,
        "the risk does not fall below what an approval was asked for",
        "Leave the risk as it is, or cancel the work item and make a new one.",
    )
    .with("work_item_id", id.to_string())
    .with("asked_risk_level", asked)
}

/// The risk a work item counts with: not assessed is the highest, and never below what was asked for.
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
        /// Whatever verbs are tried, in whatever order: work ends only after it has begun, is begun only through
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
