//! Waiting for what the trail needs, for a bounded time.
//!
//! Most of it happens in a commit, where PostgreSQL has disarmed `statement_timeout` already. So the wait has a bound of its
//! own, `awgp.audit_lane_timeout`; a `lock_timeout` of the session that is shorter stays what it is.

use crate::audit::settings;
use crate::pg::guc::Setting;
use crate::pg::raise::raise;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_sys};
use std::panic::AssertUnwindSafe;

/// Locks a relation until the transaction ends: at once where the lock is free, else as [`bounded`].
pub fn lock_relation(relation: pg_sys::Oid, mode: u32) {
    let mode = mode.cast_signed();
    // SAFETY: the caller's oid is of a relation; the lock goes with the transaction.
    unsafe {
        if !pg_sys::ConditionalLockRelationOid(relation, mode) {
            bounded("a table of the audit trail", || pg_sys::LockRelationOid(relation, mode));
        }
    }
}

/// Runs `wait`, which waits for a lock: no longer than the setting allows.
pub fn bounded(what: &str, wait: impl FnOnce()) {
    let Some(milliseconds) = settings::lane_timeout().filter(|limit| is_shorter_than_the_sessions(*limit))
    else {
        wait();
        return;
    };
    let setting = Setting::lock_timeout(milliseconds);
    PgTryBuilder::new(AssertUnwindSafe(wait))
        .catch_when(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, |_| {
            raise(
                &Refusal::new(
                    Reason::TrailBusy,
                    format!("{what} was not free in time"),
                    "Try again; look in pg_stat_activity for transactions that stay open after a write.",
                )
                .with("waited_ms", milliseconds),
            )
        })
        .execute();
    drop(setting);
}

fn is_shorter_than_the_sessions(milliseconds: u32) -> bool {
    // SAFETY: reads the session's setting; 0 is none.
    let session = unsafe { pg_sys::LockTimeout }.unsigned_abs();
    session == 0 || milliseconds < session
}
