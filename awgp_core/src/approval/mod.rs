//! Approvals: their states and verbs, and the texts of refusals.
//!
//! docs/state_machines.md shows the state machine. [`question`] describes what is to be decided; [`decide`]
//! who decides, under the tenant's [`policy`]; [`delegation`] who may pass their authority on; [`escalate`]
//! where a request goes that nobody decides.

pub mod decide;
pub mod delegation;
pub mod escalate;
pub mod policy;
pub mod question;

use uuid::Uuid;

use crate::isolation_refusals::PUT_USER_IN_CONTEXT;
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::state_machine::state_machine;

state_machine! {
    table "approvals";
    /// The state of an approval, as in the CHECK of `approvals.status`.
    Status {
        /// Waits for a decision.
        Pending = "pending",
        /// Allowed; final.
        Approved = "approved",
        /// Not allowed; final.
        Rejected = "rejected",
        /// Waits for the decision of somebody with a higher role.
        Escalated = "escalated",
        /// Nobody decided in time, or it was withdrawn; final.
        Expired = "expired",
    }
    begins Pending;
    /// The verbs that change an approval's state.
    Verb {
        /// The last vote that was needed, or breaking glass.
        Approve = "approve": Pending => Approved, Escalated => Approved;
        /// Somebody who may decide rejects it.
        Reject = "reject": Pending => Rejected, Escalated => Rejected;
        /// Asks somebody with a higher role.
        Escalate = "escalate": Pending => Escalated, Escalated => Escalated;
        /// Its time is over, or its work is gone.
        Expire = "expire": Pending => Expired, Escalated => Expired;
    }
}

/// The verb that leads from one state to another. Refuses with reason `approval_closed` where the approval is
/// decided or expired, and with `illegal_transition` otherwise.
pub fn check_move(id: Uuid, from: Status, to: Status) -> Result<Verb, Refusal> {
    if is_open(from) { MACHINE.verb_between(from, to) } else { Err(closed(id, from)) }
}

/// True where it waits for a decision.
pub fn is_open(status: Status) -> bool {
    !MACHINE.is_final(status)
}

/// Refuses a decision where the approval is closed (`approval_closed`) or its time is over
/// (`approval_expired`). At `expires_at_us` its time is over.
pub fn check_open(id: Uuid, status: Status, expires_at_us: i64, now_us: i64) -> Result<(), Refusal> {
    if !is_open(status) {
        return Err(closed(id, status));
    }
    if now_us < expires_at_us { Ok(()) } else { Err(too_late(id)) }
}

/// It was decided, or has expired.
pub fn closed(id: Uuid, status: Status) -> Refusal {
    Refusal::new(
        Reason::ApprovalClosed,
        format!("the approval is already {}", status.name()),
        "Request it again with: SELECT awgp.request_approval(work_item_id)",
    )
    .with("approval_id", id.to_string())
    .with("status", status.name())
}

fn too_late(id: Uuid) -> Refusal {
    Refusal::new(
        Reason::ApprovalExpired,
        "the approval has expired",
        "Request it again with: SELECT awgp.request_approval(work_item_id)",
    )
    .with("approval_id", id.to_string())
}

/// No approval of the tenant has this id.
pub fn unknown_approval(id: Uuid) -> Refusal {
    Refusal::new(
        Reason::UnknownApproval,
        "no such approval in this tenant",
        "Check the approval's id with: awgp approval inbox",
    )
    .with("approval_id", id.to_string())
}

/// An approval that waits already requests the same.
pub fn already_asked(work_item: Uuid, approval: Uuid) -> Refusal {
    Refusal::new(
        Reason::ApprovalPending,
        "an approval for this work item is already waiting",
        "Wait for it, or escalate it with: SELECT awgp.escalate_approval(approval_id, reason)",
    )
    .with("work_item_id", work_item.to_string())
    .with("approval_id", approval.to_string())
}

/// A request in another user's name.
pub fn requester_not_user() -> Refusal {
    Refusal::new(
        Reason::RequesterNotUser,
        "an approval can be requested only in the name of the user in context",
        "Leave requested_by out: AWGP sets it to the user in context.",
    )
}

/// A request without a user.
pub fn no_requester() -> Refusal {
    Refusal::new(Reason::NoUserContext, "requesting an approval needs a user in context", PUT_USER_IN_CONTEXT)
}

/// The moment of expiry is not in the future, or too far in the future.
pub fn expiry_out_of_range(max_seconds: u32) -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        "the approval would expire immediately, or too late",
        format!("Let it expire in more than 0 and at most {max_seconds} seconds."),
    )
    .with("column", "expires_at")
    .with("max_lifetime_seconds", max_seconds)
}

/// What was requested does not change any more.
pub fn request_fixed(column: &str) -> Refusal {
    Refusal::new(
        Reason::RequestFixed,
        "the request of an approval cannot be changed",
        "Request it again with: SELECT awgp.request_approval(work_item_id)",
    )
    .with("column", column)
}

/// Its time is not over.
pub fn not_expired(id: Uuid) -> Refusal {
    Refusal::new(
        Reason::ApprovalNotExpired,
        "the approval's time is not over",
        "Reject it, or cancel the work item: SELECT awgp.cancel_work_item(work_item_id, reason)",
    )
    .with("approval_id", id.to_string())
}

/// Fewer people may decide it than votes are missing. It is still accepted: tomorrow there may be more.
pub fn undecidable(id: Uuid, able: usize, missing: usize) -> Refusal {
    Refusal::new(
        Reason::ApprovalUndecidable,
        "fewer people may decide this request than votes are needed, so it waits until it expires",
        "Ask others: UPDATE awgp.approvals SET approver_ids = … WHERE id = …; or give somebody the role that \
         approval_policy requires. To check whether a user may decide: SELECT \
         awgp.explain_approval(approval_id, user_id)",
    )
    .with("approval_id", id.to_string())
    .with("may_decide", able)
    .with("votes_needed", missing)
}

/// A row that only AWGP writes.
pub fn machine_written(table: &str) -> Refusal {
    Refusal::new(
        Reason::MachineWritten,
        "only AWGP writes this",
        "Decide with awgp.approve() or awgp.reject().",
    )
    .with("table", table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn expiry_is_half_open() {
        let at = |now_us| check_open(Uuid::nil(), Status::Pending, 100, now_us).map_err(|error| error.reason);
        assert_eq!(at(99), Ok(()));
        assert_eq!(at(100), Err(Reason::ApprovalExpired));
        assert_eq!(at(101), Err(Reason::ApprovalExpired));
    }

    #[test]
    fn what_is_closed_says_so_whatever_is_tried() {
        for from in [Status::Approved, Status::Rejected, Status::Expired] {
            for to in Status::ALL {
                let refusal = check_move(Uuid::nil(), from, *to).expect_err("closed");
                assert_eq!(refusal.reason, Reason::ApprovalClosed);
            }
            assert!(!is_open(from));
        }
    }

    proptest! {
        /// Whatever verbs are tried, in any order: there is one outcome, and nothing follows it.
        #[test]
        fn no_sequence_of_verbs_reaches_a_second_outcome(verbs in prop::collection::vec(0_usize..4, 0..40)) {
            let mut status = Status::Pending;
            let mut outcomes = 0;
            for verb in verbs.into_iter().map(|place| Verb::ALL[place]) {
                let Some(next) = MACHINE.transition(status, verb) else { continue };
                prop_assert_eq!(outcomes, 0);
                prop_assert!(next != Status::Pending);
                outcomes += usize::from(!is_open(next));
                status = next;
            }
        }
    }
}
