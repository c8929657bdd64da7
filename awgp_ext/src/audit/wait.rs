//! Waiting for locks of the audit trail, for a limited time.
//!
//! Most of this waiting happens during COMMIT, where PostgreSQL has already disabled `statement_timeout`. So
//! there is a limit of its own, `awgp.audit_lane_timeout`; a shorter `lock_timeout` of the session remains in
//! force.

use crate::audit::settings;
use crate::pg::guc::Setting;
use crate::pg::raise::raise;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_sys};
use std::panic::AssertUnwindSafe;

/// Locks a relation until the transaction ends: immediately where the lock is free, otherwise with the limit
/// of [`bounded`].
pub fn lock_relation(relation: pg_sys::Oid, mode: u32) {
    let mode = mode.cast_signed();
    // SAFETY: the oid is a relation's; the lock is released with the transaction.
    unsafe {
        if !pg_sys::ConditionalLockRelationOid(relation, mode) {
            bounded("a table of the audit trail", || pg_sys::LockRelationOid(relation, mode));
        }
    }
}

/// Runs `wait`, which waits for a lock, for at most the time that the setting allows.
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
                    format!("waiting for {what} timed out"),
                    "Retry the transaction. Look in pg_stat_activity for transactions that stay open after a write.",
                )
                .with("waited_ms", milliseconds),
            )
        })
        .execute();
    drop(setting);
}

fn is_shorter_than_the_sessions(milliseconds: u32) -> bool {
    // SAFETY: reads the session's setting; 0 means no timeout.
    let session = unsafe { pg_sys::LockTimeout }.unsigned_abs();
    session == 0 || milliseconds < session
}
