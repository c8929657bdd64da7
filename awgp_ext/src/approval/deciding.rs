//! Deciding: loads what `awgp_core::approval::decide` needs, asks it, and writes the vote.

use super::intent::Verdict;
use super::people::{self, Keep};
use super::{Approval, policy};
use crate::assistant::creator_of;
use crate::context;
use crate::pg::clock;
use crate::pg::datum::{text, uuid};
use crate::pg::direct::{Access, Target};
use crate::pg::encoding::to_server;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::row_lock;
use crate::pg::statement::statements;
use crate::state_machine::EFFECT;
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
use pgrx::pg_sys::{Datum, TimestampTz};
use std::ffi::CStr;
use uuid::Uuid;

statements! {
    /// Writes a vote.
    INSERT(UUIDOID, UUIDOID, UUIDOID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID) = "
        INSERT INTO awgp.approval_decisions
            (tenant_id, approval_id, approver_id, on_behalf_of, delegation_id, decision, comment,
             approver_issuer, approver_subject, on_behalf_of_subject, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
}

const TABLE: &CStr = c"approval_decisions";

/// The approval is locked, by the UPDATE that decides it, and names the tenant; the approver is locked.
static VOTES: Target = Target::new(
    TABLE,
    &[
        c"approval_decisions_tenant_id_fkey",
        c"approval_decisions_approval_id_fkey",
        c"approval_decisions_approver_id_fkey",
    ],
);

/// New values of an approval's columns.
pub type Columns = Vec<(&'static CStr, Option<Datum>)>;

/// What is known about an approval to be decided.
pub struct Case {
    /// The policy in force.
    pub policy: ApprovalPolicy,
    /// The votes so far.
    pub votes: Vec<Vote>,
    /// The work item that waits for it, as it is now.
    pub item: Option<WorkItem>,
    /// The creator of the assistant.
    pub assistant_creator: Option<Human>,
}

impl Case {
    /// Loads it.
    pub fn of(approval: &Approval) -> Result<Self, Refusal> {
        Ok(Self::under(policy::of(approval.tenant)?, approval))
    }

    /// Loads it, with a policy that is known.
    pub fn under(policy: ApprovalPolicy, approval: &Approval) -> Self {
        let item = WorkItem::find(approval.tenant, approval.work_item);
        let creator = item.as_ref().and_then(|item| creator_of(approval.tenant, item.assistant));
        Self { policy, votes: people::votes(approval), item, assistant_creator: creator }
    }

    /// The creator of the assistant that will do the work, as far as known.
    pub fn creator(approval: &Approval) -> Option<Human> {
        let item = WorkItem::find(approval.tenant, approval.work_item)?;
        creator_of(approval.tenant, item.assistant)
    }

    /// The user's authority to decide, or why they have none, and the time at which that holds, read after
    /// all rows are locked.
    fn authority(&self, approval: &Approval, person: &Person) -> (Result<Authority, WhyNot>, TimestampTz) {
        let in_person = may_decide(&self.question(approval, clock::timestamp()), person, &[]);
        if in_person.is_ok() {
            return (in_person, clock::timestamp());
        }
        let held = people::delegations(approval.tenant, person.human.user, Keep::Locked);
        let now = clock::timestamp();
        (may_decide(&self.question(approval, now), person, &held), now)
    }

    /// The question whether a person may decide it at this time.
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

    /// True where the item and its assistant are unchanged since the approval was requested.
    pub fn is_as_asked(&self, approval: &Approval) -> bool {
        self.item.as_ref().is_some_and(|item| approval.request_digest.fits(&|version| item.digest(version)))
    }
}

/// The human in context, who decides; refuses where an assistant is in context too.
pub fn human(tenant: Uuid) -> Result<Human, Refusal> {
    let context = context::current().filter(|context| context.tenant == tenant);
    let context = context.ok_or_else(no_user)?;
    if context.assistant.is_some() {
        return Err(assistant_decides());
    }
    context.user.map(context::human).ok_or_else(no_user)
}

/// The user in context votes on an approval. Returns the columns that change; the caller holds the row's
/// lock.
pub fn vote(approval: &Approval, verdict: Verdict, comment: Option<&str>) -> Result<Columns, Refusal> {
    // A value that is not a status is not open.
    let status = approval.status.unwrap_or(Status::Expired);
    check_open(approval.id, status, approval.expires_at, clock::timestamp())?;
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
    let person = Person { human: people::identified(human, &person.human), ..person };
    let (authority, now) = case.authority(approval, &person);
    let authority = authority.map_err(|why_not| why_not.refusal(approval.id, user))?;
    // Checked again: the approval may have expired while this transaction waited for a lock.
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

/// The columns that change when it is approved.
pub fn approved(user: Uuid, now: TimestampTz) -> Columns {
    vec![
        (c"status", to_server("approved")),
        (c"approved_by", uuid(user)),
        (c"approved_at", Some(Datum::from(now))),
    ]
}

/// The delegation that was used, and its delegator.
fn delegated(tenant: Uuid, authority: Authority) -> Option<(Uuid, Human)> {
    let Authority::Delegated { delegation, delegator } = authority else { return None };
    let human = people::user(tenant, delegator, Keep::Seen).map(|person| person.human);
    Some((delegation, human.unwrap_or_else(|| delegator.into())))
}

/// Writes the decision, in place of the user, with the subject of the presented token. The caller holds the
/// locks of the approval and of the user.
pub fn record(
    approval: &Approval,
    human: &Human,
    delegated: Option<(Uuid, Human)>,
    decision: &str,
    comment: Option<&str>,
) {
    let (delegation, delegator) = delegated.unzip();
    // Without an issuer, no token was presented.
    let presented = human.subject.as_deref().filter(|_| human.issuer.is_some());
    let vote = [
        (c"tenant_id", uuid(approval.tenant)),
        (c"approval_id", uuid(approval.id)),
        (c"approver_id", uuid(human.user)),
        (c"on_behalf_of", delegator.as_ref().and_then(|delegator| uuid(delegator.user))),
        (c"delegation_id", delegation.and_then(uuid)),
        (c"decision", text(decision)),
        (c"comment", comment.and_then(text)),
        (c"approver_issuer", human.issuer.as_deref().and_then(text)),
        (c"approver_subject", presented.and_then(text)),
        (
            c"on_behalf_of_subject",
            delegator.as_ref().and_then(|delegator| text(delegator.subject.as_deref()?)),
        ),
        (c"decided_at", Some(Datum::from(clock::timestamp()))),
    ];
    let effect = EFFECT.hold();
    as_owner_past_row_security(TABLE, || {
        let written = row_lock::takes_newest().then(|| VOTES.insert(Access::Owner, &vote, |_| ())).flatten();
        if written.is_none() {
            INSERT.count(&vote.map(|(_, value)| value));
        }
    });
    drop(effect);
    super::notice::push(approval.id);
}

/// The work item or its assistant no longer matches the request.
pub fn changed(approval: &Approval) -> Refusal {
    Refusal::new(
        Reason::DigestMismatch,
        "the work item or its assistant has changed since the approval was requested",
        "Request it again with: SELECT awgp.request_approval(work_item_id)",
    )
    .with("approval_id", approval.id.to_string())
    .with("work_item_id", approval.work_item.to_string())
}
