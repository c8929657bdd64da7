//! Requests that nobody can decide, or fewer than votes are needed: said when they are asked for, and counted by the doctor.
//!
//! Only those count who may decide in person: a delegation passes on what its delegator may do in person, and a vote by
//! it uses that up. Whoever can only say no is counted among those who may not.

use super::Approval;
use super::deciding::Case;
use super::people;
use crate::context;
use crate::pg::clock;
use crate::pg::datum::{to_sql, uuid};
use crate::pg::raise::warn;
use crate::pg::role::{as_installer_past_row_security, as_owner_past_row_security};
use crate::pg::statement::statements;
use awgp_core::approval::undecidable;
use awgp_core::permissions::Role;
use pgrx::IntoDatum;
use uuid::Uuid;

statements! {
    /// Some of those whose role and list would do. Of more than a quorum and the few who are barred by who they are, none
    /// need be looked at.
    ABLE(UUIDOID, TEXTARRAYOID, UUIDARRAYOID, INT8OID) = "
        SELECT id FROM ONLY awgp.users
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND is_active AND role OPERATOR(pg_catalog.=) ANY ($2)
          AND ($3 IS NULL OR id OPERATOR(pg_catalog.=) ANY ($3))
        LIMIT $4";
    /// Every open request.
    OPEN() = "
        SELECT tenant_id, id FROM ONLY awgp.approvals
        WHERE status OPERATOR(pg_catalog.=) ANY ('{pending,escalated}'::text[])
          AND expires_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()";
}

/// The requester and the assistant's creator, each by their user and by their subject, and both users of each vote.
const BARRED_MAX: usize = 4;
const NAMED_BY_VOTE: usize = 4;

/// How many may vote and how many votes are missing, where the first are fewer.
struct Shortage {
    able: usize,
    missing: usize,
}

fn shortage(approval: &Approval) -> Option<Shortage> {
    let case = Case::of(approval).ok()?;
    let missing = case.policy.votes_needed(approval.risk_level).saturating_sub(case.votes.len()).max(1);
    let least = case.policy.least_role(approval.risk_level, approval.escalated_to);
    let roles: Vec<String> =
        Role::ALL.iter().filter(|role| **role >= least).map(|role| role.name().to_owned()).collect();
    let listed: Vec<pgrx::Uuid> = approval.approver_ids.iter().copied().map(to_sql).collect();
    let most = missing + BARRED_MAX + NAMED_BY_VOTE * case.votes.len();
    let arguments = [
        uuid(approval.tenant),
        roles.into_datum(),
        (!listed.is_empty()).then_some(listed).into_datum(),
        i64::try_from(most).unwrap_or(i64::MAX).into_datum(),
    ];
    let candidates: Vec<Uuid> = as_owner_past_row_security(c"users", || {
        ABLE.look(&arguments, |rows| rows.iter().filter_map(|row| row.uuid(c"id")).collect())
    });
    let question = case.question(approval, clock::timestamp());
    let people = people::users(approval.tenant, &candidates, people::Keep::Seen);
    let able = people.iter().filter(|person| question.obstacle_in_person(person).is_none()).count();
    (able < missing).then_some(Shortage { able, missing })
}

/// Warns whoever asks for what nobody can decide; maintenance, which asks nobody, is told by the doctor.
pub fn warn_of(approval: &Approval) {
    if context::current_or_none().is_none() {
        return;
    }
    if let Some(Shortage { able, missing }) = shortage(approval) {
        warn(&undecidable(approval.id, able, missing));
    }
}

/// How many open requests nobody can decide, of every tenant.
pub fn count() -> usize {
    let open: Vec<(Uuid, Uuid)> = as_installer_past_row_security(|| {
        OPEN.look(&[], |rows| {
            rows.iter().filter_map(|row| row.uuid(c"tenant_id").zip(row.uuid(c"id"))).collect()
        })
    });
    let found = open.into_iter().filter_map(|(tenant, id)| Approval::find(tenant, id));
    found.filter(|approval| shortage(approval).is_some()).count()
}
