//! Escalation: by a function, by a plain UPDATE, or by maintenance.

use super::deciding::Columns;
use super::people::{self, Keep};
use super::{Approval, policy};
use crate::pg::clock;
use crate::pg::datum::to_sql;
use crate::pg::encoding::to_server;
use awgp_core::approval::escalate::{self, Asked, exhausted};
use awgp_core::approval::{Status, check_open};
use awgp_core::refusal::Refusal;
use pgrx::IntoDatum;
use pgrx::pg_sys::Datum;
use uuid::Uuid;

/// Asks a higher role or other users. Returns the columns that change; the caller holds the row's lock.
pub fn escalate(
    approval: &Approval,
    reason: Option<&str>,
    named: Option<&[Uuid]>,
) -> Result<Columns, Refusal> {
    let now = clock::timestamp();
    check_open(approval.id, approval.status.unwrap_or(Status::Expired), approval.expires_at, now)?;
    let asked = Asked {
        id: approval.id,
        risk_level: approval.risk_level,
        escalated_to: approval.escalated_to,
        escalation_count: approval.escalation_count,
        created_at_us: approval.created_at,
        expires_at_us: approval.expires_at,
    };
    let named = named.filter(|named| !named.is_empty());
    let step = escalate::escalate(&policy::of(approval.tenant)?, &asked, named, now)?;
    let approvers = match (named, step.approver_ids.as_slice()) {
        // An approver named by hand who is not a user of the tenant is refused by the reference check.
        (Some(named), _) => Some(named.to_vec()),
        (None, []) => None,
        (None, users) => Some(active(approval.tenant, users).ok_or_else(|| exhausted(&asked))?),
    };
    let approvers = approvers.map(|users| users.into_iter().map(to_sql).collect::<Vec<_>>());
    let count = i32::try_from(approval.escalation_count + 1).unwrap_or(i32::MAX);
    Ok(vec![
        (c"status", to_server(Status::Escalated.name())),
        (c"escalation_count", count.into_datum()),
        (c"escalated_to", step.escalated_to.and_then(|role| to_server(role.name()))),
        (c"escalated_at", Some(Datum::from(now))),
        (c"escalation_reason", reason.and_then(to_server)),
        (c"approver_ids", approvers.and_then(IntoDatum::into_datum)),
        (c"expires_at", Some(Datum::from(step.expires_at_us))),
    ])
}

/// Those of the policy's users who exist and are active; None where there are none.
fn active(tenant: Uuid, users: &[Uuid]) -> Option<Vec<Uuid>> {
    let people = people::users(tenant, users, Keep::Seen);
    let active: Vec<Uuid> =
        people.into_iter().filter(|person| person.is_active).map(|person| person.human.user).collect();
    (!active.is_empty()).then_some(active)
}
