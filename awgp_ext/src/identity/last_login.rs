//! `users.last_login_at`: when a user last authenticated, to the minute.
//!
//! Written as the last act of the commit. So the row is locked only for a moment, and a row that another
//! session has locked is skipped: written earlier, two sessions that change each other's user rows could
//! deadlock. Nothing is written on a standby, nor in a transaction that is read-only, rolled back or
//! prepared. The audit trail does not record it: the trail shows what users do anyway.
//!
//! Failure handling: a login that cannot be stored is skipped; the commit goes on.

use crate::moving;
use crate::pg::clock;
use crate::pg::datum::uuid;
use crate::pg::permit::Permit;
use crate::pg::relation;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use crate::pg::subtransaction;
use pgrx::pg_sys;
use std::cell::RefCell;
use uuid::Uuid;

statements! {
    /// Stores the time of a login, unless another session holds the row or has just stored one.
    KEEP(UUIDOID, UUIDOID) = "
        UPDATE ONLY awgp.users SET last_login_at = pg_catalog.clock_timestamp()
        WHERE id OPERATOR(pg_catalog.=) ANY (ARRAY(
            SELECT id FROM ONLY awgp.users
            WHERE id OPERATOR(pg_catalog.=) $2 AND pg_catalog.uuid_eq(tenant_id, $1)
              AND (last_login_at IS NULL OR last_login_at OPERATOR(pg_catalog.<=)
                   (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) '1 minute'::pg_catalog.interval))
            FOR NO KEY UPDATE SKIP LOCKED))";
}

const MINUTE_US: i64 = 60_000_000;

thread_local! {
    /// Tenant and user of those who authenticated in the running transaction and whose time is to be written.
    static NOTED: RefCell<Vec<(Uuid, Uuid)>> = const { RefCell::new(Vec::new()) };
}

/// The time of a login is written, which is not a change made by a user.
pub static LOGIN_TIME: Permit = Permit::to("write when a user last authenticated");

/// Notes that a user has authenticated.
pub fn note(tenant: Uuid, user: Uuid) {
    if reads_only() {
        return;
    }
    let mut due = false;
    relation::for_each_by_uuid(c"users", c"users_pkey", c"id", user, |row| {
        due = row.bigint(c"last_login_at").is_none_or(|last| last <= clock::timestamp() - MINUTE_US);
    });
    NOTED.with_borrow_mut(|noted| {
        if due && !noted.contains(&(tenant, user)) {
            noted.push((tenant, user));
        }
    });
}

/// The transaction is about to commit; everything else is written.
pub fn before_commit() {
    let noted = NOTED.take();
    if noted.is_empty() || reads_only() || !may_lock() {
        return;
    }
    let _keeping = LOGIN_TIME.hold();
    // SAFETY: pushed and popped in pairs; the statements' own snapshots are gone by now.
    unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
    for (tenant, user) in noted {
        // A tenant that is being moved, or has moved, keeps the time that moves.
        if !moving::works_here(tenant) {
            continue;
        }
        let arguments = [uuid(tenant), uuid(user)];
        // Fails, for instance, where the row is newer than the transaction's snapshot; the login is then
        // skipped.
        let _ = subtransaction::within(|| {
            as_owner_past_row_security(c"users", || KEEP.count(&arguments));
        });
    }
    // SAFETY: pops the snapshot pushed above.
    unsafe { pg_sys::PopActiveSnapshot() };
}

/// The transaction has ended.
pub fn forget() {
    NOTED.with_borrow_mut(Vec::clear);
}

fn reads_only() -> bool {
    // SAFETY: reads the backend's own state; on a standby every transaction is read-only.
    unsafe { pg_sys::XactReadOnly || pg_sys::RecoveryInProgress() }
}

/// Takes the lock that an UPDATE of the table takes; false where that would have to wait.
fn may_lock() -> bool {
    let table = relation::oid(c"users");
    // SAFETY: locks a relation that exists; the lock is released with the transaction.
    table != pg_sys::InvalidOid
        && unsafe { pg_sys::ConditionalLockRelationOid(table, pg_sys::RowExclusiveLock.cast_signed()) }
}
