//! Takes locks on the audit trail that block applications.
//!
//! A request for such a lock waits in the lock queue, and every later writer waits behind it: a verification
//! that reads for an hour would block all writes for an hour. So the lock is requested in short attempts with
//! pauses between them, in which writers can go first. In a deadlock between an application and this code,
//! this code gives way. A prepared transaction ends only when a person says so: where one that somebody has
//! left is in the way, this code gives up at once and names it, so that writers do not wait for nothing.

use crate::pg::guc::Setting;
use crate::pg::raise::raise;
use crate::pg::{relation, subtransaction};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::prelude::*;
use std::cell::Cell;
use std::ffi::CStr;
use std::time::Duration;

thread_local! {
    /// The transaction in which this backend blocks writers.
    static WRITERS_OUT: Cell<Option<pg_sys::TransactionId>> = const { Cell::new(None) };
}

/// True where writers of the audit trail have to wait for this transaction to end.
pub fn holds_writers_out() -> bool {
    // SAFETY: reads the backend's own state.
    WRITERS_OUT.get() == Some(unsafe { pg_sys::GetTopTransactionId() })
}

/// Number of attempts, and how long each may wait: no longer than writers can wait behind it without harm.
const ATTEMPTS_MILLISECONDS: [(u32, u32); 4] = [(10, 100), (10, 300), (6, 1000), (8, 2000)];
/// The pause between two attempts, in which others go first.
const PAUSE: Duration = Duration::from_millis(300);

/// The transactions that were prepared a while ago, so that nobody is about to end them, and hold one of the
/// tables $1. They have no process; the lock on its own id says which one it is.
const LEFT: &str = "
    SELECT DISTINCT prepared.gid
    FROM pg_locks AS held
    JOIN pg_locks AS own
      ON own.virtualtransaction = held.virtualtransaction AND own.pid IS NULL AND own.locktype = 'transactionid'
    JOIN pg_prepared_xacts AS prepared ON prepared.transaction = own.transactionid
    WHERE held.locktype = 'relation' AND held.pid IS NULL AND held.relation = ANY ($1)
      AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND prepared.prepared < clock_timestamp() - interval '10 seconds'
    ORDER BY prepared.gid";

/// Locks tables of the schema awgp in this order, until the transaction ends. Raises an error where they stay
/// in use.
pub fn lock(tables: &[(&CStr, u32)]) {
    let attempts = ATTEMPTS_MILLISECONDS
        .iter()
        .flat_map(|(times, milliseconds)| std::iter::repeat_n(*milliseconds, *times as usize));
    for milliseconds in attempts {
        let outcome = subtransaction::within(|| {
            let _setting = Setting::giving_way(milliseconds);
            for (table, mode) in tables {
                // SAFETY: the lock is released with the transaction, or with this attempt's subtransaction.
                unsafe { pg_sys::LockRelationOid(relation::oid(table), mode.cast_signed()) };
            }
        });
        match outcome {
            Ok(()) => {
                // SAFETY: reads the backend's own state, and assigns a transaction id.
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
                refuse_left(tables);
                std::thread::sleep(PAUSE);
                pgrx::check_for_interrupts!();
            }
            Err(error) => pgrx::error!("the audit trail could not be locked: {}", error.message()),
        }
    }
    raise(&Refusal::new(
        Reason::TrailBusy,
        "the audit trail is in use by a transaction that has not ended",
        "Retry later. To find the transaction: SELECT pid, state, query FROM pg_stat_activity ORDER BY xact_start;",
    ));
}

/// Raises an error where a prepared transaction that somebody has left holds one of the tables.
fn refuse_left(tables: &[(&CStr, u32)]) {
    let tables: Vec<pg_sys::Oid> = tables.iter().map(|(table, _)| relation::oid(table)).collect();
    let left = Spi::connect(|client| {
        client.select(LEFT, None, &[tables.into()])?.map(|row| row.get(1)).collect::<spi::Result<Vec<_>>>()
    });
    let left = left.unwrap_or_else(|error| error!("prepared transactions could not be read: {error}"));
    let left: Vec<String> = left.into_iter().flatten().collect();
    if !left.is_empty() {
        raise(
            &Refusal::new(
                Reason::TrailBusy,
                "the audit trail is in use by a transaction that is prepared and not ended",
                "COMMIT PREPARED or ROLLBACK PREPARED each of them, as whoever prepared it says; then retry.",
            )
            .with("prepared", left),
        );
    }
}
