//! Users, delegations and votes, as the rules of deciding need them: locked against changes for a decision,
//! only read for an explanation.

use super::Approval;
use crate::pg::datum::{uuid, uuids};
use crate::pg::relation;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::row_lock::{self, Strength};
use crate::pg::scan::Condition;
use crate::pg::statement::{Rows, Statement, statements};
use crate::pg::tuple::Row;
use awgp_core::approval::decide::{Person, Vote};
use awgp_core::approval::delegation::Delegation;
use awgp_core::human::Human;
use pgrx::pg_sys::{Datum, TimestampTz};
use uuid::Uuid;

/// Whether the rows are locked against changes until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Locked: demoting a user or revoking a delegation happens before or after this transaction, not during
    /// it.
    Locked,
    /// Only read.
    Seen,
}

const USERS_SQL: &str = "
    SELECT id, role, is_active, keycloak_id FROM ONLY awgp.users
    WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) ANY ($2)
    ORDER BY id USING OPERATOR(pg_catalog.<)";
const USERS_LOCKED_SQL: &str = "
    SELECT id, role, is_active, keycloak_id FROM ONLY awgp.users
    WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) ANY ($2)
    ORDER BY id USING OPERATOR(pg_catalog.<) FOR SHARE";
const HELD_SQL: &str = "
    SELECT id, delegator_id, risk_levels, starts_at, ends_at, is_active, delegator_subject FROM ONLY awgp.approval_delegations
    WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND delegate_id OPERATOR(pg_catalog.=) $2
      AND ends_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()
    ORDER BY id USING OPERATOR(pg_catalog.<)";
const HELD_LOCKED_SQL: &str = "
    SELECT id, delegator_id, risk_levels, starts_at, ends_at, is_active, delegator_subject FROM ONLY awgp.approval_delegations
    WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND delegate_id OPERATOR(pg_catalog.=) $2
      AND ends_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()
    ORDER BY id USING OPERATOR(pg_catalog.<) FOR SHARE";

statements! {
    /// Users, as they are now.
    USERS(UUIDOID, UUIDARRAYOID) = USERS_SQL;
    /// The same, locked.
    USERS_LOCKED(UUIDOID, UUIDARRAYOID) = USERS_LOCKED_SQL;
    /// Delegations that a user holds.
    HELD(UUIDOID, UUIDOID) = HELD_SQL;
    /// The same, locked.
    HELD_LOCKED(UUIDOID, UUIDOID) = HELD_LOCKED_SQL;
}

/// Runs the locking statement or the reading one.
fn ask<T>(
    keep: Keep,
    locked: &Statement,
    seen: &Statement,
    arguments: &[Option<Datum>],
    read: impl FnOnce(&Rows) -> T,
) -> T {
    match keep {
        Keep::Locked => locked.run(arguments, read),
        Keep::Seen => seen.look(arguments, read),
    }
}

/// The tenant's users with these ids, ordered by id.
pub fn users(tenant: Uuid, ids: &[Uuid], keep: Keep) -> Vec<Person> {
    let arguments = [uuid(tenant), uuids(ids)];
    as_owner_past_row_security(c"users", || {
        ask(keep, &USERS_LOCKED, &USERS, &arguments, |rows| {
            rows.iter().filter_map(|row| person(&row)).collect()
        })
    })
}

/// A user as a person who may decide; None where the row has no valid role.
pub fn person(row: &Row) -> Option<Person> {
    Some(Person {
        human: Human { user: row.uuid(c"id")?, issuer: None, subject: row.text(c"keycloak_id") },
        // A user whose role is not a valid one decides nothing.
        role: row.text(c"role").and_then(|name| name.parse().ok())?,
        is_active: row.flag(c"is_active"),
    })
}

/// One user of a tenant.
pub fn user(tenant: Uuid, id: Uuid, keep: Keep) -> Option<Person> {
    if keep == Keep::Locked && row_lock::takes_newest() {
        let locked = row_lock::find_own(c"users", c"users_tenant_id_id_key", tenant, id, Strength::Share)?;
        return person(&locked.row());
    }
    users(tenant, &[id], keep).into_iter().next()
}

/// The human as the presented token identifies them; without a token, as the subject in the user's row does.
pub fn identified(human: Human, row: &Human) -> Human {
    if human.subject.is_some() { human } else { row.clone() }
}

/// A delegation before its delegator is read.
struct Given {
    id: Uuid,
    delegator: Uuid,
    risk_levels: Option<Vec<i32>>,
    starts_at: TimestampTz,
    ends_at: TimestampTz,
    is_active: bool,
    subject: Option<String>,
}

impl Given {
    #[expect(clippy::needless_pass_by_value, reason = "called by an iterator's adapter")]
    fn read(row: Row) -> Option<Self> {
        let time = |column| row.bigint(column).unwrap_or(TimestampTz::MIN);
        Some(Self {
            id: row.uuid(c"id")?,
            delegator: row.uuid(c"delegator_id")?,
            risk_levels: row.integers(c"risk_levels"),
            starts_at: time(c"starts_at"),
            ends_at: time(c"ends_at"),
            is_active: row.flag(c"is_active"),
            subject: row.text(c"delegator_subject"),
        })
    }
}

/// The delegations that a user holds and that have not ended, each with its delegator as they are now.
pub fn delegations(tenant: Uuid, delegate: Uuid, keep: Keep) -> Vec<Delegation> {
    let arguments = [uuid(tenant), uuid(delegate)];
    let given: Vec<Given> = as_owner_past_row_security(c"approval_delegations", || {
        ask(keep, &HELD_LOCKED, &HELD, &arguments, |rows| rows.iter().filter_map(Given::read).collect())
    });
    if given.is_empty() {
        return Vec::new();
    }
    let delegators: Vec<Uuid> = given.iter().map(|given| given.delegator).collect();
    let people = users(tenant, &delegators, keep);
    let with_delegator = |given: Given| {
        let delegator = people.iter().find(|person| person.human.user == given.delegator)?.clone();
        Some(Delegation {
            id: given.id,
            delegator,
            given_by_subject: given.subject,
            risk_levels: given.risk_levels,
            starts_at_us: given.starts_at,
            ends_at_us: given.ends_at,
            is_active: given.is_active,
        })
    };
    given.into_iter().filter_map(with_delegator).collect()
}

/// The votes on an approval so far. Votes are only written under the approval's lock. Read through the index
/// that allows one vote per human: a plan made while there were few votes might read the whole table.
pub fn votes(approval: &Approval) -> Vec<Vote> {
    let mut votes = Vec::new();
    let conditions =
        [(c"tenant_id", Condition::Uuid(approval.tenant)), (c"approval_id", Condition::Uuid(approval.id))];
    let index = c"approval_decisions_one_human_key";
    relation::for_each_where(c"approval_decisions", Some(index), &conditions, |row| {
        let Some(approver) = row.uuid(c"approver_id") else { return };
        let subject = |column| row.text(column);
        votes.push(Vote {
            approver: Human {
                user: approver,
                issuer: subject(c"approver_issuer"),
                subject: subject(c"approver_subject"),
            },
            on_behalf_of: row.uuid(c"on_behalf_of").map(|user| Human {
                user,
                issuer: None,
                subject: subject(c"on_behalf_of_subject"),
            }),
        });
    });
    votes
}
