//! Deciding: loads what `awgp_core::approval::decide` asks for, asks it, and writes the vote.

use super::intent::Verdict;
use super::people::{self, Keep};
use super::{Approval, policy};
use crate::assistant::creator_of;
use crate::context;
use crate::encoding::to_server;
use crate::machine::{now, writing};
use crate::relation::{as_owner_past_row_security, to_sql};
use crate::statement::{statements, text};
use crate::work::WorkItem;
use awgp_core::approval::decide::{
    Authority, Person, Question, Vote, WhyNot, assistant_decides, may_decide, no_user,
};
use awgp_core::approval::policy::ApprovalPolicy;
use awgp_core::approval::{Status, check_open};
use awgp_core::human::Human;
use awgp_core::isolation_refusals;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::IntoDatum;
use pgrx::pg_sys::{Datum, TimestampTz};
use std::ffi::CStr;
use uuid::Uuid;

statements! {
    /// Writes a vote.
    INSERT(UUIDOID, UUIDOID, UUIDOID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID) = "
        INSERT INTO awgp.approval_decisions
            (tenant_id, approval_id, approver_id, on_behalf_of, delegation_id, decision, comment,
             approver_issuer, approver_subject, on_behalf_of_subject, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, pg_catalog.clock_timestamp())";
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
    pub assistant_creator: Option<Human>,
}

impl Case {
    /// Loads it.
    pub fn of(approval: &Approval) -> Result<Self, Refusal> {
        let item = WorkItem::find(approval.tenant, approval.work_item);
        let creator = item.as_ref().and_then(|item| creator_of(approval.tenant, item.assistant));
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
        let in_person = may_decide(&self.question(approval, now()), person, &[]);
        if in_person.is_ok() {
            return (in_person, now());
        }
        let held = people::delegations(approval.tenant, person.human.user, keep);
        let now = now();
        (may_decide(&self.question(approval, now), person, &held), now)
    }

    /// What is asked of whoever is to decide it at a moment.
    pub fn question<'a>(&'a self, approval: &'a Approval, now_us: TimestampTz) -> Question<'a> {
        Question {
            policy: &self.policy,
            risk_level: approval.risk_level,
            escalated_to: approval.escalated_to,
            approver_ids: &approval.approver_ids,
            requester: &approval.requester,
            assistant_creator: self.assistant_creator.as_ref(),
            votes: &self.votes,
            now_us,
        }
    }

    /// True where the item and its assistant say what they said when the approval was asked for.
    pub fn is_as_asked(&self, approval: &Approval) -> bool {
        self.item.as_ref().is_some_and(|item| approval.request_digest.fits(&|version| item.digest(version)))
    }
}

/// The human in context who decides; no assistant is beside him.
pub fn human(tenant: Uuid) -> Result<Human, Refusal> {
    let context = context::current().filter(|context| context.tenant == tenant);
    let context = context.ok_or_else(no_user)?;
    if context.assistant.is_some() {
        return Err(assistant_decides());
    }
    context.user.map(people::in_context).ok_or_else(no_user)
}

/// The user in context votes on an approval, whose lock the caller holds. Answers what changes in its row.
pub fn vote(approval: &Approval, verdict: Verdict, comment: Option<&str>) -> Result<Columns, Refusal> {
    // A status that is none of the five is not open.
    let status = approval.status.unwrap_or(Status::Expired);
    check_open(approval.id, status, approval.expires_at, now())?;
    let human = human(approval.tenant)?;
    let user = human.user;
    if verdict == Verdict::Reject && comment.is_none_or(|comment| comment.trim().is_empty()) {
        return Err(awgp_core::assistant::reason_required("a rejection"));
    }
    let case = Case::of(approval)?;
    if verdict == Verdict::Approve && !case.is_as_asked(approval) {
        return Err(changed(approval));
    }
    let person =
        people::user(approval.tenant, user, Keep::Locked).ok_or_else(isolation_refusals::unknown_user)?;
    let person = Person { human: people::known(human, &person.human), ..person };
    let (authority, now) = case.authority(approval, &person, Keep::Locked);
    let authority = authority.map_err(|why_not| why_not.refusal(approval.id, user))?;
    // Whoever had to wait for a lock until the time was over is too late.
    check_open(approval.id, status, approval.expires_at, now)?;
    let name = if verdict == Verdict::Approve { "approve" } else { "reject" };
    record(approval, &person.human, delegated(approval.tenant, authority), name, comment);
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

/// The delegation that was used, and whose it is.
fn delegated(tenant: Uuid, authority: Authority) -> Option<(Uuid, Human)> {
    let Authority::Delegated { delegation, delegator } = authority else { return None };
    let human = people::user(tenant, delegator, Keep::Seen).map(|person| person.human);
    Some((delegation, human.unwrap_or_else(|| delegator.into())))
}

/// Writes the decision, as the machine, with the subject that was presented.
pub fn record(
    approval: &Approval,
    human: &Human,
    delegated: Option<(Uuid, Human)>,
    decision: &str,
    comment: Option<&str>,
) {
    let (delegation, delegator) = delegated.unzip();
    // Without an issuer nobody has presented it.
    let presented = human.subject.as_deref().filter(|_| human.issuer.is_some());
    let arguments = [
        to_sql(approval.tenant).into(),
        to_sql(approval.id).into(),
        to_sql(human.user).into(),
        delegator.as_ref().map(|delegator| to_sql(delegator.user)).into(),
        delegation.map(to_sql).into(),
        text(Some(decision)),
        text(comment),
        text(human.issuer.as_deref()),
        text(presented),
        text(delegator.as_ref().and_then(|delegator| delegator.subject.as_deref())),
    ];
    writing(|| {
        as_owner_past_row_security(c"approval_decisions", || {
            INSERT.with(|statement| statement.count(&arguments));
        });
    });
    super::notice::push(approval.id);
}

/// The work item, or what its assistant is, is not any more what was asked.
pub fn changed(approval: &Approval) -> Refusal {
    Refusal::new(
        Reason::DigestMismatch,
        "the work item or its assistant has changed since the approval was asked for",
        "Ask again with: SELECT awgp.request_approval(work_item_id)",
    )
    .with("approval_id", approval.id.to_string())
    .with("work_item_id", approval.work_item.to_string())
}
