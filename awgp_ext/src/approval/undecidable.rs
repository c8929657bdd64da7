//! Requests with fewer possible voters than votes needed: reported when they are made, and counted by the
//! doctor.
//!
//! Only users who may decide in person count: a delegation passes on what its delegator could do in person,
//! and voting by delegation uses up the delegator's own vote. Users who may only reject do not count.

use super::Approval;
use super::deciding::Case;
use super::people;
use crate::context;
use crate::pg::clock;
use crate::pg::datum::{to_sql, uuid};
use crate::pg::raise::warn;
use crate::pg::role::{as_installer_past_row_security, as_owner_past_row_security};
use crate::pg::statement::statements;
use awgp_core::approval::decide::Person;
use awgp_core::approval::undecidable;
use awgp_core::permissions::Role;
use pgrx::IntoDatum;
use uuid::Uuid;

statements! {
    /// Some users with the right role and list. A quorum plus the few users who may be barred personally is
    /// enough; the others need not be read.
    ABLE(UUIDOID, TEXTARRAYOID, UUIDARRAYOID, INT8OID) = "
        SELECT id, role, is_active, keycloak_id FROM ONLY awgp.users
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND is_active AND role OPERATOR(pg_catalog.=) ANY ($2)
          AND ($3 IS NULL OR id OPERATOR(pg_catalog.=) ANY ($3))
        LIMIT $4";
    /// Every open request.
    OPEN() = "
        SELECT tenant_id, id FROM ONLY awgp.approvals
        WHERE status OPERATOR(pg_catalog.=) ANY ('{pending,escalated}'::text[])
          AND expires_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()";
}

/// The requester and the assistant's creator, each as a user and as a subject; and for each vote both of its
/// users.
const BARRED_MAX: usize = 4;
const NAMED_BY_VOTE: usize = 4;

/// Number of possible voters and of missing votes, where there are fewer voters than votes.
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
    let candidates: Vec<Person> = as_owner_past_row_security(c"users", || {
        ABLE.look(&arguments, |rows| rows.iter().filter_map(|row| people::person(&row)).collect())
    });
    let question = case.question(approval, clock::timestamp());
    let able = candidates.iter().filter(|person| question.obstacle_in_person(person).is_none()).count();
    (able < missing).then_some(Shortage { able, missing })
}

/// Warns a caller who makes an undecidable request. Maintenance has no context and is not warned; its
/// findings come from the doctor.
pub fn warn_of(approval: &Approval) {
    if context::current_or_none().is_none() {
        return;
    }
    if let Some(Shortage { able, missing }) = shortage(approval) {
        warn(&undecidable(approval.id, able, missing));
    }
}

/// The number of undecidable open requests of all tenants.
pub fn count() -> usize {
    let open: Vec<(Uuid, Uuid)> = as_installer_past_row_security(|| {
        OPEN.look(&[], |rows| {
            rows.iter().filter_map(|row| row.uuid(c"tenant_id").zip(row.uuid(c"id"))).collect()
        })
    });
    let found = open.into_iter().filter_map(|(tenant, id)| Approval::find(tenant, id));
    found.filter(|approval| shortage(approval).is_some()).count()
}
