//! Deciding: loads what `awgp_core::approval::decide` asks for, asks it, and writes the vote.

use super::intent::Verdict;
use super::people::{self, Keep};
use super::{Approval, policy};
use crate::context;
use crate::encoding::to_server;
use crate::machine::{now, writing};
use crate::relation::{self, as_owner_past_row_security, to_sql};
use crate::statement::{statements, text};
use crate::work::WorkItem;
use awgp_core::approval::decide::{
    Authority, Person, Question, Vote, WhyNot, assistant_decides, may_decide, no_user,
};
use awgp_core::approval::policy::ApprovalPolicy;
use awgp_core::approval::{Status, check_open};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use awgp_core::tenancy;
use pgrx::IntoDatum;
use pgrx::pg_sys::{Datum, TimestampTz};
use std::ffi::CStr;
use uuid::Uuid;

statements! {
    /// Writes a vote.
    INSERT(UUIDOID, UUIDOID, UUIDOID, UUIDOID, UUIDOID, TEXTOID, TEXTOID) = "
        INSERT INTO awgp.approval_decisions
            (tenant_id, approval_id, approver_id, on_behalf_of, delegation_id, decision, comment, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, pg_catalog.clock_timestamp())";
}

/// New values of columns of an approval.
pub type Columns = Vec<(&'static CStr, Option<Datum>)>;

/// What is known about an approval that somebody is to decide.
pub struct Case {
    /// The policy in force.
    pub policy: ApprovalPolicy,
    /// The votes so far.
    pub votes: Vec<Vote>,
    /// What waits for it, as it is now.
    pub item: Option<WorkItem>,
    /// Who made the assistant.
    pub assistant_creator: Option<Uuid>,
}

impl Case {
    /// Loads it.
    pub fn of(approval: &Approval) -> Result<Self, Refusal> {
        let item = WorkItem::find(approval.tenant, approval.work_item);
        let creator = item.as_ref().and_then(|item| creator_of(item.assistant));
        Ok(Self {
            policy: policy::of(approval.tenant)?,
            votes: people::votes(approval),
            item,
            assistant_creator: creator,
        })
    }

    /// By what right the user decides, or why not, at a moment that is read when all rows are there.
    pub fn authority(
        &self,
        approval: &Approval,
        person: &Person,
        keep: Keep,
    ) -> (Result<Authority, WhyNot>, TimestampTz) {
        let question = |now_us| Question {
            policy: &self.policy,
            risk_level: approval.risk_level,
            escalated_to: approval.escalated_to,
            approver_ids: &approval.approver_ids,
            requester: approval.requested_by,
            assistant_creator: self.assistant_creator,
            votes: &self.votes,
            now_us,
        };
        let in_person = may_decide(&question(now()), person, &[]);
        if in_person.is_ok() {
            return (in_person, now());
        }
        let held = people::delegations(approval.tenant, person.id, keep);
        let now = now();
        (may_decide(&question(now), person, &held), now)
    }

    /// True where the item says what it said when the approval was asked for.
    pub fn is_as_asked(&self, approval: &Approval) -> bool {
        self.item.as_ref().is_some_and(|item| item.digest() == approval.request_digest)
    }
}

fn creator_of(assistant: Uuid) -> Option<Uuid> {
    let mut creator = None;
    relation::for_each_by_uuid(c"assistants", c"assistants_pkey", c"id", assistant, |row| {
        creator = row.uuid(c"created_by");
    });
    creator
}

/// The human in context who decides; no assistant is beside him.
pub fn human(tenant: Uuid) -> Result<Uuid, Refusal> {
    let context = context::current().filter(|context| context.tenant == tenant);
    let context = context.ok_or_else(no_user)?;
    if context.assistant.is_some() {
        return Err(assistant_decides());
    }
    context.user.ok_or_else(no_user)
}

/// The user in context votes on an approval, whose lock the caller holds. Answers what changes in its row.
pub fn vote(approval: &Approval, verdict: Verdict, comment: Option<&str>) -> Result<Columns, Refusal> {
    // A status that is none of the five is not open.
    let status = approval.status.unwrap_or(Status::Expired);
    check_open(approval.id, status, approval.expires_at, now())?;
    let user = human(approval.tenant)?;
    if verdict == Verdict::Reject && comment.is_none_or(|comment| comment.trim().is_empty()) {
        return Err(awgp_core::assistant::reason_required("a rejection"));
    }
    let case = Case::of(approval)?;
    if verdict == Verdict::Approve && !case.is_as_asked(approval) {
        return Err(changed(approval));
    }
    let person = people::user(approval.tenant, user, Keep::Locked).ok_or_else(tenancy::unknown_user)?;
    let (authority, now) = case.authority(approval, &person, Keep::Locked);
    let authority = authority.map_err(|why_not| why_not.refusal(approval.id, user))?;
    // Whoever had to wait for a lock until the time was over is too late.
    check_open(approval.id, status, approval.expires_at, now)?;
    let name = if verdict == Verdict::Approve { "approve" } else { "reject" };
    record(approval, user, authority, name, comment);
    Ok(match verdict {
        Verdict::Reject => {
            vec![(c"status", to_server("rejected")), (c"rejected_reason", comment.and_then(to_server))]
        }
        Verdict::Approve if case.votes.len() + 1 < case.policy.votes_needed(approval.risk_level) => {
            Vec::new()
        }
        Verdict::Approve => approved(user, now),
    })
}

/// What changes in the row when it is approved.
pub fn approved(user: Uuid, now: TimestampTz) -> Columns {
    vec![
        (c"status", to_server("approved")),
        (c"approved_by", to_sql(user).into_datum()),
        (c"approved_at", Some(Datum::from(now))),
    ]
}

/// Writes the decision, as the machine.
pub fn record(approval: &Approval, user: Uuid, authority: Authority, decision: &str, comment: Option<&str>) {
    let (on_behalf_of, delegation) = match authority {
        Authority::InPerson => (None, None),
        Authority::Delegated { delegation, delegator } => (Some(to_sql(delegator)), Some(to_sql(delegation))),
    };
    let arguments = [
        to_sql(approval.tenant).into(),
        to_sql(approval.id).into(),
        to_sql(user).into(),
        on_behalf_of.into(),
        delegation.into(),
        text(Some(decision)),
        text(comment),
    ];
    writing(|| {
        as_owner_past_row_security(c"approval_decisions", || {
            INSERT.with(|statement| statement.count(&arguments));
        });
    });
    super::notice::push(approval.id);
}

/// The work item is not any more what was asked.
pub fn changed(approval: &Approval) -> Refusal {
    Refusal::new(
        Reason::DigestMismatch,
        "the work item has changed since the approval was asked for",
        "Ask again with: SELECT awgp.request_approval(work_item_id)",
    )
    .with("approval_id", approval.id.to_string())
    .with("work_item_id", approval.work_item.to_string())
}
