//! Approvals of one action with its arguments: what is approved is what runs, once.

use crate::approval::Status;
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::work::digest::Pin;
use uuid::Uuid;

/// An approval of an action.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Its id.
    pub id: Uuid,
    /// Its state.
    pub status: Status,
    /// The risk it was requested for.
    pub risk_level: u8,
    /// The action that it is for.
    pub action: String,
    /// The digest of the arguments that it is for.
    pub arguments_digest: String,
    /// The digest of those that were asked for; an approver may have replaced them.
    pub requested_digest: String,
    /// The moment at which it expires, in microseconds.
    pub expires_at_us: i64,
    /// The action has begun under it.
    pub used: bool,
    /// The work item that it is pinned to.
    pub request_digest: Pin,
}

/// The action that is to begin.
pub struct Wanted<'a> {
    /// Its work item.
    pub item: Uuid,
    /// The item's risk: at least what was ever asked for it.
    pub risk: u8,
    /// Its name.
    pub action: &'a str,
    /// The digest of its arguments, if it has any.
    pub arguments_digest: Option<&'a str>,
    /// It may not begin without an approval of its own.
    pub must: bool,
}

/// The approval under which the action begins: the newest that is for exactly these arguments. `approvals`
/// are those of the item and this action, or the one that the caller names, the newest first; `says` is the
/// digest of the present item and its assistant, by version. None where there is no such approval and it
/// needs none. An action that a human has been asked about, and has not decided, has rejected or has replaced
/// by one with other arguments, does not begin in any case.
pub fn find(
    wanted: &Wanted<'_>,
    approvals: &[Approval],
    says: &dyn Fn(i32) -> Option<String>,
    now_us: i64,
) -> Result<Option<Uuid>, Refusal> {
    let digest = wanted.arguments_digest;
    let mut newest = None;
    for approval in approvals.iter().filter(|approval| approval.action == wanted.action) {
        let obstacle = obstacle(approval, wanted.risk, says, now_us);
        let reason = if digest == Some(approval.arguments_digest.as_str()) {
            match obstacle {
                None => return Ok(Some(approval.id)),
                Some(reason) => reason,
            }
        } else if digest == Some(approval.requested_digest.as_str()) {
            match obstacle {
                // Other arguments were approved in place of these, or may still be.
                None | Some(Reason::ApprovalPending | Reason::ApprovalUsed) => Reason::ArgumentsMismatch,
                Some(reason) => reason,
            }
        } else {
            continue;
        };
        newest = newest.or(Some((approval, reason)));
    }
    match newest {
        Some((approval, reason))
            if wanted.must
                || matches!(
                    reason,
                    Reason::ApprovalPending | Reason::ApprovalRejected | Reason::ArgumentsMismatch
                ) =>
        {
            Err(refused(wanted, reason, approval))
        }
        None if wanted.must => {
            let valid = |approval: &&Approval| {
                matches!(obstacle(approval, wanted.risk, says, now_us), None | Some(Reason::ApprovalPending))
            };
            Err(match approvals.iter().find(valid) {
                Some(other) => refused(wanted, Reason::ArgumentsMismatch, other),
                None => refusal(wanted, Reason::ApprovalRequired, None),
            })
        }
        _ => Ok(None),
    }
}

/// Why an approval does not let the action begin; None where it does.
fn obstacle(
    approval: &Approval,
    risk: u8,
    says: &dyn Fn(i32) -> Option<String>,
    now_us: i64,
) -> Option<Reason> {
    if approval.used {
        return Some(Reason::ApprovalUsed);
    }
    match approval.status {
        Status::Rejected => return Some(Reason::ApprovalRejected),
        Status::Expired => return Some(Reason::ApprovalExpired),
        Status::Pending | Status::Escalated | Status::Approved => {}
    }
    if now_us >= approval.expires_at_us {
        return Some(Reason::ApprovalExpired);
    }
    if !approval.request_digest.fits(says) || approval.risk_level < risk {
        return Some(Reason::DigestMismatch);
    }
    (approval.status != Status::Approved).then_some(Reason::ApprovalPending)
}

/// A refusal because of this approval. One of other arguments says which it is for.
fn refused(wanted: &Wanted<'_>, reason: Reason, approval: &Approval) -> Refusal {
    let refusal = refusal(wanted, reason, Some(approval.id));
    if reason != Reason::ArgumentsMismatch {
        return refusal;
    }
    refusal
        .with("approved_action", approval.action.clone())
        .with("approved_arguments_digest", approval.arguments_digest.clone())
}

fn refusal(wanted: &Wanted<'_>, reason: Reason, approval: Option<Uuid>) -> Refusal {
    const ASK: &str =
        "Request an approval with: SELECT awgp.request_action_approval(work_item_id, action, arguments)";
    let (message, hint) = match reason {
        Reason::ArgumentsMismatch => (
            "the approval is for another action or for other arguments",
            "Begin the action with the arguments that are approved, or request an approval for these.",
        ),
        Reason::ApprovalPending => (
            "the approval of the action is not decided yet",
            "To check who may decide: SELECT awgp.explain_approval(approval_id, user_id)",
        ),
        Reason::ApprovalRejected => {
            ("the approval of the action was rejected", "Ask those who decide, or do something else.")
        }
        Reason::ApprovalExpired => ("the approval of the action has expired", ASK),
        Reason::ApprovalUsed => ("the action has begun under this approval before", ASK),
        Reason::DigestMismatch => {
            ("the work item or its assistant has changed since the approval was requested", ASK)
        }
        _ => ("the action needs an approval with its arguments", ASK),
    };
    Refusal::new(reason, message, hint)
        .with("work_item_id", wanted.item.to_string())
        .with("approval_id", approval.map(|id| id.to_string()))
        .with("action", wanted.action)
        .with("arguments_digest", wanted.arguments_digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(version: i32) -> Option<String> {
        (version == 2).then(|| "item".to_owned())
    }

    fn approval(number: u128, status: Status, arguments: &str) -> Approval {
        Approval {
            id: Uuid::from_u128(number),
            status,
            risk_level: 3,
            action: "pay".to_owned(),
            arguments_digest: arguments.to_owned(),
            requested_digest: arguments.to_owned(),
            expires_at_us: 100,
            used: false,
            request_digest: Pin { version: 2, digest: "item".to_owned() },
        }
    }

    fn found(must: bool, approvals: &[Approval]) -> Result<Option<Uuid>, Reason> {
        let wanted = Wanted { item: Uuid::nil(), risk: 3, action: "pay", arguments_digest: Some("a"), must };
        find(&wanted, approvals, &says, 99).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn exactly_what_is_approved_begins_and_once() {
        let approved = approval(1, Status::Approved, "a");
        for must in [false, true] {
            assert_eq!(found(must, std::slice::from_ref(&approved)), Ok(Some(approved.id)));
            assert_eq!(
                found(must, &[approval(2, Status::Approved, "b"), approved.clone()]),
                Ok(Some(approved.id))
            );
        }
        let used = Approval { used: true, ..approved.clone() };
        assert_eq!(found(true, std::slice::from_ref(&used)), Err(Reason::ApprovalUsed));
        assert_eq!(found(false, &[used]), Ok(None));
    }

    #[test]
    fn other_arguments_do_not_begin() {
        for status in [Status::Approved, Status::Pending, Status::Escalated] {
            assert_eq!(found(true, &[approval(1, status, "b")]), Err(Reason::ArgumentsMismatch));
            assert_eq!(found(false, &[approval(1, status, "b")]), Ok(None));
        }
        let other = Approval { action: "send".to_owned(), ..approval(1, Status::Approved, "a") };
        assert_eq!(found(true, &[other]), Err(Reason::ArgumentsMismatch));
        // What cannot be used any more does not say what to begin with.
        for status in [Status::Rejected, Status::Expired] {
            assert_eq!(found(true, &[approval(1, status, "b")]), Err(Reason::ApprovalRequired));
        }
        assert_eq!(found(true, &[]), Err(Reason::ApprovalRequired));
    }

    #[test]
    fn what_an_approver_has_replaced_does_not_begin_whether_or_not_it_had_to_be_asked() {
        let replaced = |status| Approval { requested_digest: "a".to_owned(), ..approval(1, status, "b") };
        for must in [false, true] {
            for status in [Status::Approved, Status::Pending] {
                assert_eq!(found(must, &[replaced(status)]), Err(Reason::ArgumentsMismatch));
            }
            assert_eq!(found(must, &[replaced(Status::Rejected)]), Err(Reason::ApprovalRejected));
            let used = Approval { used: true, ..replaced(Status::Approved) };
            assert_eq!(found(must, &[used]), Err(Reason::ArgumentsMismatch));
            // One for exactly these stands beside it.
            let exactly = approval(2, Status::Approved, "a");
            assert_eq!(found(must, &[replaced(Status::Approved), exactly.clone()]), Ok(Some(exactly.id)));
        }
        assert_eq!(found(false, &[replaced(Status::Expired)]), Ok(None));
    }

    #[test]
    fn what_a_human_was_asked_about_waits_for_them_whether_or_not_it_had_to_be_asked() {
        for must in [false, true] {
            assert_eq!(found(must, &[approval(1, Status::Pending, "a")]), Err(Reason::ApprovalPending));
            assert_eq!(found(must, &[approval(1, Status::Rejected, "a")]), Err(Reason::ApprovalRejected));
        }
        for obstacle in [
            Approval { expires_at_us: 99, ..approval(1, Status::Approved, "a") },
            Approval { risk_level: 2, ..approval(1, Status::Approved, "a") },
            Approval {
                request_digest: Pin { version: 2, digest: "other".to_owned() },
                ..approval(1, Status::Approved, "a")
            },
        ] {
            assert!(found(true, std::slice::from_ref(&obstacle)).is_err());
            assert_eq!(found(false, &[obstacle]), Ok(None));
        }
    }
}
