//! Locks on the trail that applications would wait behind.
//!
//! Whoever asks for such a lock stands in the queue, and every writer that comes later stands behind him: a
//! verification that reads for an hour would stop all writes for an hour. So it is asked for in short attempts, and
//! others go first between them. Where an application and we wait for each other, we are the one to give way.

use crate::pg::guc::Setting;
use crate::pg::raise::raise;
use crate::pg::{relation, subtransaction};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::{PgSqlErrorCode, pg_sys};
use std::cell::Cell;
use std::ffi::CStr;
use std::time::Duration;

thread_local! {
    /// The transaction in which this backend keeps writers out.
    static WRITERS_OUT: Cell<Option<pg_sys::TransactionId>> = const { Cell::new(None) };
}

/// True where writers of the trail wait for this transaction to end.
pub fn holds_writers_out() -> bool {
    // SAFETY: reads the backend's own state.
    WRITERS_OUT.get() == Some(unsafe { pg_sys::GetTopTransactionId() })
}

/// How long each attempt stands in the queue: as long as writers can stand behind it without harm.
const ATTEMPTS_MILLISECONDS: [(u32, u32); 4] = [(10, 100), (10, 300), (6, 1000), (8, 2000)];
/// How long others go first between two attempts.
const PAUSE: Duration = Duration::from_millis(300);

/// Locks tables of the schema awgp until the transaction ends, in this order. Raises where others use them all the time.
pub fn lock(tables: &[(&CStr, u32)]) {
    let attempts = ATTEMPTS_MILLISECONDS
        .iter()
        .flat_map(|(times, milliseconds)| std::iter::repeat_n(*milliseconds, *times as usize));
    for milliseconds in attempts {
        let outcome = subtransaction::within(|| {
            let _setting = Setting::giving_way(milliseconds);
            for (table, mode) in tables {
                // SAFETY: the lock is released with the transaction, or with this attempt.
                unsafe { pg_sys::LockRelationOid(relation::oid(table), mode.cast_signed()) };
            }
        });
        match outcome {
            Ok(()) => {
                // SAFETY: reads the backend's own state, and gives the transaction its number.
                WRITERS_OUT.set(Some(unsafe { pg_sys::GetTopTransactionId() }));
                return;
            }
            Err(error)
                if matches!(
                    error.code,
                    PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE
                        | PgSqlErrorCode::ERRCODE_T_R_DEADLOCK_DETECTED
                ) =>
            {
                std::thread::sleep(PAUSE);
                pgrx::check_for_interrupts!();
            }
            Err(error) => pgrx::error!("the audit trail could not be locked: {}", error.message()),
        }
    }
    raise(&Refusal::new(
        Reason::TrailBusy,
        "the audit trail is in use: a transaction that reads or writes it has not ended",
        "Run it again later; who it is: SELECT pid, state, query FROM pg_stat_activity ORDER BY xact_start;",
    ));
}
