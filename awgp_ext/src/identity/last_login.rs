//! `users.last_login_at`: when a user last authenticated, to the minute.
//!
//! Written when the transaction commits, as its last act: the row is locked for a moment only, and whoever holds it is not
//! waited for. Written any earlier, two users who are about each other's rows would wait for one another. Nothing is
//! written on a standby, in a transaction that only reads, that is rolled back or that is prepared; and the trail does
//! not grow by it: who did what stands there anyway.
//!
//! Failure handling: a login that cannot be kept is left out; the commit goes on.

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
    /// The time of a login, unless somebody holds the row, or another session was quicker.
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
    /// Users who have authenticated in the running transaction, and whose last time is to be written.
    static NOTED: RefCell<Vec<(Uuid, Uuid)>> = const { RefCell::new(Vec::new()) };
}

/// The time of a login is written: no change that anybody made.
pub static LOGIN_TIME: Permit = Permit::to("write when a user last authenticated");

/// A user has authenticated.
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

/// The transaction is about to commit, and everything else is written.
pub fn before_commit() {
    let noted = NOTED.take();
    if noted.is_empty() || reads_only() || !may_lock() {
        return;
    }
    let _keeping = LOGIN_TIME.hold();
    // SAFETY: pushed and popped in pairs; no statement's snapshot is active any more.
    unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
    for (tenant, user) in noted {
        let arguments = [uuid(tenant), uuid(user)];
        // A snapshot that is older than the row, for one, cannot change it: then it is left out.
        let _ = subtransaction::within(|| {
            as_owner_past_row_security(c"users", || KEEP.count(&arguments));
        });
    }
    // SAFETY: the one pushed above.
    unsafe { pg_sys::PopActiveSnapshot() };
}

/// The transaction has ended.
pub fn forget() {
    NOTED.with_borrow_mut(Vec::clear);
}

fn reads_only() -> bool {
    // SAFETY: reads the backend's own state; a standby's transactions only read, whatever they say.
    unsafe { pg_sys::XactReadOnly || pg_sys::RecoveryInProgress() }
}

/// Takes the lock that an UPDATE of the table takes, where that needs no waiting.
fn may_lock() -> bool {
    let table = relation::oid(c"users");
    // SAFETY: a relation that is there, or InvalidOid, which is not asked; the lock goes with the transaction.
    table != pg_sys::InvalidOid
        && unsafe { pg_sys::ConditionalLockRelationOid(table, pg_sys::RowExclusiveLock.cast_signed()) }
}
