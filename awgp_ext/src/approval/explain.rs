//! Why a user may or may not decide, as data.

use super::asker::asker;
use super::{Approval, deciding::Case};
use crate::pg::clock;
use awgp_core::approval::Status;
use awgp_core::approval::check_open;
use awgp_core::approval::decide::Authority;
use awgp_core::isolation_refusals;
use awgp_core::refusal::Refusal;
use serde_json::{Value, json};
use uuid::Uuid;

/// Whether the user may decide the approval now, with what authority, or why not. Nothing is locked or
/// changed.
pub fn explain(approval: &Approval, user: Uuid) -> Result<Value, Refusal> {
    let asker = asker(approval.tenant, user);
    let case = Case::under(asker.policy.clone()?, approval);
    let person = asker.person().ok_or_else(isolation_refusals::unknown_user)?;
    let status = approval.status.unwrap_or(Status::Expired);
    let (authority, now) = asker.authority(&person, |now| case.question(approval, now));
    let open = check_open(approval.id, status, approval.expires_at, now);
    let fits = case.is_as_asked(approval);
    let least = case.policy.least_role(approval.risk_level, approval.escalated_to);
    let mut answer = json!({
        "approval_id": approval.id,
        "user_id": user,
        "status": status.name(),
        "risk_level": approval.risk_level,
        "role": person.role.name(),
        "least_role": least.name(),
        "votes": case.votes.len(),
        "votes_needed": case.policy.votes_needed(approval.risk_level),
        "work_item_changed": !fits,
        "seconds_left": ((approval.expires_at - now) / 1_000_000).max(0),
        "may_decide": false,
    });
    let refusal = open.err().or_else(|| (!fits).then(|| super::deciding::changed(approval)));
    let why_not = match authority {
        Err(why_not) => Some(why_not.refusal(approval.id, user)),
        Ok(authority) => {
            if let Authority::Delegated { delegation, delegator } = authority {
                answer["delegation_id"] = json!(delegation);
                answer["on_behalf_of"] = json!(delegator);
            }
            answer["authority"] = json!(match authority {
                Authority::InPerson => "in_person",
                Authority::Delegated { .. } => "delegated",
            });
            None
        }
    };
    // Reasons that apply to everybody come before the user's own.
    match refusal.or(why_not) {
        None => answer["may_decide"] = json!(true),
        Some(refusal) => {
            answer["reason"] = json!(refusal.reason.name());
            answer["message"] = json!(refusal.message);
            answer["hint"] = json!(refusal.hint);
            if let Some(delegations) = refusal.facts.get("delegations") {
                answer["delegations"] = delegations.clone();
            }
        }
    }
    Ok(answer)
}

/// True where it can be decided now, by whoever may.
pub fn is_open(approval: &Approval) -> bool {
    approval.status.is_some_and(|status| {
        check_open(approval.id, status, approval.expires_at, clock::timestamp()).is_ok()
    })
}
