//! The tables are locked before they change.
//!
//! Policies, triggers and migrations lock table after table. Clients lock the same tables in other orders, so
//! one that is taken half-way would wait for a client that waits for it. All are taken first, and given back
//! and taken again when that happens: the change waits, and is not undone by the clients.

use super::run::run;
use crate::pg::query;
use crate::pg::subtransaction;
use pgrx::PgSqlErrorCode;

/// How often a deadlock is given way to. Each time somebody else goes on, so few are enough.
const TRIES: usize = 20;

/// Locks the tables, in the order in which they were made, until the transaction ends.
pub fn lock_tables() {
    let tables = query::one::<String>(
        "SELECT string_agg(format('awgp.%I', relname), ', ' ORDER BY oid) FROM pg_class
         WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition",
        &[],
    );
    let Ok(Some(tables)) = tables else { return };
    let lock = format!("LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE");
    for _ in 1..TRIES {
        match subtransaction::within(|| run(&lock)) {
            Ok(()) => return,
            Err(failed) if failed.code == PgSqlErrorCode::ERRCODE_T_R_DEADLOCK_DETECTED => {}
            Err(failed) => failed.raise_on(),
        }
    }
    run(&lock);
}
