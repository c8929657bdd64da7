//! The gate: whether a work item may begin, and if not, why.
//!
//! An item whose risk is within its assistant's tier begins when the assistant is active. Any other needs an
//! approval that is approved, not expired and not used, covers the item's present risk, and is pinned to its
//! present content.

use uuid::Uuid;

use super::digest::Pin;
use super::effective_risk;
use crate::approval;
use crate::assistant::{self, check_capability, may_begin};
use crate::reason::Reason;
use crate::refusal::Refusal;

/// The assistant that is to do it.
#[derive(Clone, Debug)]
pub struct Assistant {
    /// Its id.
    pub id: Uuid,
    /// Its state.
    pub status: assistant::Status,
    /// The highest risk that it handles without an approval.
    pub risk_tier: u8,
    /// The actions that it may take.
    pub capabilities: Vec<String>,
}

/// The work item.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Its id.
    pub id: Uuid,
    /// Its risk; None where it is not assessed.
    pub risk_level: Option<u8>,
    /// The highest risk for which an approval was ever requested.
    pub asked_risk_level: Option<u8>,
    /// The action that its context names; `Some(Err(()))` where the value is not a text.
    pub action: Option<Result<&'a str, ()>>,
}

/// An approval for the item.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Its id.
    pub id: Uuid,
    /// Its state.
    pub status: approval::Status,
    /// The risk it was requested for.
    pub risk_level: u8,
    /// The moment at which it expires, in microseconds.
    pub expires_at_us: i64,
    /// Work has begun under it.
    pub used: bool,
    /// What it is pinned to.
    pub request_digest: Pin,
}

/// What allows the item to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The risk is within the assistant's tier.
    WithinTier,
    /// An approval, which is then used.
    Approved {
        /// The approval.
        approval: Uuid,
        /// The version of the digest that it is pinned to.
        version: i32,
    },
}

/// True where the item needs an approval.
pub fn needs_approval(item: &Item<'_>, risk_tier: u8) -> bool {
    effective_risk(item.risk_level, item.asked_risk_level) > risk_tier
}

/// The assistant is active and may do what the item names; otherwise nothing begins, approved or not.
pub fn check_assistant(item: &Item<'_>, assistant: &Assistant) -> Result<(), Refusal> {
    may_begin(assistant.id, assistant.status)?;
    match item.action {
        None => Ok(()),
        Some(Ok(action)) => check_capability(assistant.id, &assistant.capabilities, action),
        Some(Err(())) => check_capability(assistant.id, &[], "(not a text)"),
    }
}

/// The approval that lets an item of this risk begin: the newest that fits. `approvals` are those of the
/// item, the newest first; `says` is the digest of the present item and its assistant, by version. Where no
/// approval fits, the newest one determines the refusal.
pub fn find_approval(
    item: &Item<'_>,
    risk_tier: u8,
    approvals: &[Approval],
    says: &dyn Fn(i32) -> Option<String>,
    now_us: i64,
) -> Result<Pass, Refusal> {
    let risk = effective_risk(item.risk_level, item.asked_risk_level);
    let mut newest = None;
    for approval in approvals {
        match obstacle(approval, risk, says, now_us) {
            None => {
                let version = approval.request_digest.version;
                return Ok(Pass::Approved { approval: approval.id, version });
            }
            Some(obstacle) => newest = newest.or(Some((approval.id, obstacle))),
        }
    }
    let reason = newest.map_or(Reason::ApprovalRequired, |(_, reason)| reason);
    Err(refusal(reason, item, risk_tier, newest.map(|(id, _)| id)))
}

/// Whether an item that has begun may go on: its risk is within the assistant's tier, which may have been
/// lowered since, or it and its assistant are as approved. `pinned` is the digest of the approval under which
/// it began, None where it began without one; `says` is the digest of their present content.
pub fn check_begun(
    item: &Item<'_>,
    risk_tier: u8,
    pinned: Option<&Pin>,
    says: &dyn Fn(i32) -> Option<String>,
) -> Result<(), Refusal> {
    match pinned {
        _ if !needs_approval(item, risk_tier) => Ok(()),
        Some(pinned) if pinned.fits(says) => Ok(()),
        Some(_) => Err(refusal(Reason::DigestMismatch, item, risk_tier, None)),
        None => Err(refusal(Reason::ApprovalRequired, item, risk_tier, None)),
    }
}

fn refusal(reason: Reason, item: &Item<'_>, risk_tier: u8, approval: Option<Uuid>) -> Refusal {
    let (reason, message, hint) = words(reason);
    Refusal::new(reason, message, hint)
        .with("work_item_id", item.id.to_string())
        .with("approval_id", approval.map(|id| id.to_string()))
        .with("risk_level", effective_risk(item.risk_level, item.asked_risk_level))
        .with("risk_tier", risk_tier)
}

/// Why an approval does not let the item begin; None where it does.
fn obstacle(
    approval: &Approval,
    risk: u8,
    says: &dyn Fn(i32) -> Option<String>,
    now_us: i64,
) -> Option<Reason> {
    use approval::Status::{Approved, Escalated, Expired, Pending, Rejected};
    if approval.used {
        return Some(Reason::ApprovalUsed);
    }
    match approval.status {
        Rejected => return Some(Reason::ApprovalRejected),
        Expired => return Some(Reason::ApprovalExpired),
        Pending | Escalated | Approved => {}
    }
    if now_us >= approval.expires_at_us {
        return Some(Reason::ApprovalExpired);
    }
    if !approval.request_digest.fits(says) || approval.risk_level < risk {
        return Some(Reason::DigestMismatch);
    }
    (approval.status != Approved).then_some(Reason::ApprovalPending)
}

/// Reason, message and hint of an item that may not begin.
fn words(reason: Reason) -> (Reason, &'static str, &'static str) {
    const ASK: &str = "Request an approval with: SELECT awgp.request_approval(work_item_id)";
    const ASK_AGAIN: &str = "Request it again with: SELECT awgp.request_approval(work_item_id)";
    let (message, hint) = match reason {
        Reason::ApprovalPending => (
            "the approval is not decided yet",
            "To check who may decide: SELECT awgp.explain_approval(approval_id, user_id)",
        ),
        Reason::ApprovalRejected => ("the approval was rejected", ASK_AGAIN),
        Reason::ApprovalExpired => ("the approval has expired", ASK_AGAIN),
        Reason::ApprovalUsed => ("the approval was used before", ASK_AGAIN),
        Reason::DigestMismatch => {
            ("the work item or its assistant has changed since the approval was requested", ASK_AGAIN)
        }
        _ => ("the risk is above the assistant's tier", ASK),
    };
    (reason, message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approval::Status;

    const ITEM: Item<'static> =
        Item { id: Uuid::from_u128(1), risk_level: Some(4), asked_risk_level: Some(4), action: None };

    fn pin(version: i32, digest: &str) -> Pin {
        Pin { version, digest: digest.to_owned() }
    }

    /// The present content: "d" in the first version, "e" in the second.
    fn says(version: i32) -> Option<String> {
        [(1, "d"), (2, "e")]
            .iter()
            .find(|(known, _)| *known == version)
            .map(|(_, digest)| (*digest).to_owned())
    }

    fn approval(status: Status) -> Approval {
        Approval {
            id: Uuid::from_u128(2),
            status,
            risk_level: 4,
            expires_at_us: 100,
            used: false,
            request_digest: pin(1, "d"),
        }
    }

    fn reason(approvals: &[Approval], now_us: i64) -> Option<Reason> {
        find_approval(&ITEM, 2, approvals, &says, now_us).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn each_obstacle_has_its_reason() {
        let approved = approval(Status::Approved);
        assert_eq!(reason(std::slice::from_ref(&approved), 99), None);
        for (approvals, now_us, expected) in [
            (vec![], 0, Reason::ApprovalRequired),
            (vec![approval(Status::Pending)], 99, Reason::ApprovalPending),
            (vec![approval(Status::Escalated)], 99, Reason::ApprovalPending),
            (vec![approval(Status::Pending)], 100, Reason::ApprovalExpired),
            (vec![approval(Status::Rejected)], 99, Reason::ApprovalRejected),
            (vec![approval(Status::Expired)], 0, Reason::ApprovalExpired),
            (vec![approved.clone()], 100, Reason::ApprovalExpired),
            (vec![Approval { used: true, ..approved.clone() }], 99, Reason::ApprovalUsed),
            (vec![Approval { request_digest: pin(1, "e"), ..approved.clone() }], 99, Reason::DigestMismatch),
            (vec![Approval { request_digest: pin(2, "d"), ..approved.clone() }], 99, Reason::DigestMismatch),
            (vec![Approval { request_digest: pin(3, "d"), ..approved.clone() }], 99, Reason::DigestMismatch),
            (vec![Approval { risk_level: 3, ..approved.clone() }], 99, Reason::DigestMismatch),
        ] {
            assert_eq!(reason(&approvals, now_us), Some(expected), "{approvals:?} at {now_us}");
        }
    }

    #[test]
    fn an_older_approval_that_fits_counts_and_else_the_newest_says_why() {
        let old = approval(Status::Approved);
        assert_eq!(reason(&[approval(Status::Pending), old.clone()], 99), None);
        let used = Approval { used: true, ..old };
        assert_eq!(reason(&[approval(Status::Rejected), used], 99), Some(Reason::ApprovalRejected));
    }

    #[test]
    fn above_the_tier_means_strictly_above_and_unassessed_is_above_all_but_five() {
        let item = |risk_level, asked_risk_level| Item { risk_level, asked_risk_level, ..ITEM };
        assert!(!needs_approval(&item(Some(2), None), 2));
        assert!(needs_approval(&item(Some(3), None), 2));
        assert!(needs_approval(&item(None, None), 4));
        assert!(!needs_approval(&item(None, None), 5));
        assert!(needs_approval(&item(Some(1), Some(3)), 2));
    }

    #[test]
    fn an_action_that_is_no_text_is_no_capability() {
        let assistant = Assistant {
            id: Uuid::nil(),
            status: assistant::Status::Active,
            risk_tier: 2,
            capabilities: vec!["pay".to_owned()],
        };
        let item = |action| Item { action, ..ITEM };
        assert!(check_assistant(&item(Some(Ok("pay"))), &assistant).is_ok());
        assert!(check_assistant(&item(None), &assistant).is_ok());
        for action in [Ok("fly"), Err(())] {
            let refusal = check_assistant(&item(Some(action)), &assistant).expect_err("not listed");
            assert_eq!(refusal.reason, Reason::CapabilityMissing);
        }
    }

    #[test]
    fn what_has_begun_goes_on_within_the_tier_or_as_it_was_approved() {
        let go_on = |tier, pinned: Option<Pin>| {
            check_begun(&ITEM, tier, pinned.as_ref(), &says).map_err(|refusal| refusal.reason)
        };
        assert_eq!(go_on(4, None), Ok(()));
        assert_eq!(go_on(3, Some(pin(1, "d"))), Ok(()));
        assert_eq!(go_on(3, Some(pin(2, "e"))), Ok(()));
        assert_eq!(go_on(3, Some(pin(1, "e"))), Err(Reason::DigestMismatch));
        assert_eq!(go_on(3, Some(pin(2, "d"))), Err(Reason::DigestMismatch));
        assert_eq!(go_on(3, None), Err(Reason::ApprovalRequired));
    }
}
