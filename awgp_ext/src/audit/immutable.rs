//! The trail is append-only: for everyone, the table's owner included.

use super::permit::{CHAIN, DRAIN, LOAD};
use super::rules;
use crate::pg::catalog;
use crate::pg::raise::raise;
use crate::pg::trigger::{TriggerCall, trigger_function};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys::Datum;

trigger_function!(awgp_guard_audit, pg_finfo_awgp_guard_audit, guard_audit);
trigger_function!(awgp_refuse_truncate, pg_finfo_awgp_refuse_truncate, refuse_truncate);

/// Lets the chain's own rows in, and rows that move from the default partition to their month's out of it, and
/// exported rows into a month that is not attached; refuses every other INSERT, UPDATE, DELETE and TRUNCATE.
fn guard_audit(call: &TriggerCall) -> Datum {
    if call.is_row_insert() && CHAIN.is_held() {
        return call.keep();
    }
    let table = call.relation_oid();
    if DRAIN.is_held_for(table) && call.operation() == "delete" {
        return call.keep();
    }
    if LOAD.is_held_for(table) && call.is_row_insert() {
        return call.keep();
    }
    raise(
        &Refusal::new(
            Reason::AuditImmutable,
            "the audit trail is append-only and written by the chain alone",
            "Record an event with awgp.log_event(); remove old months with awgp.retire_partition().",
        )
        .with("table", call.argument(0))
        .with("operation", call.operation()),
    )
}

/// A governed table is not truncated: the trail could not say which rows went.
fn refuse_truncate(call: &TriggerCall) -> Datum {
    // SAFETY: the trigger's table is open. An application's own may be called otherwise than when it was tracked.
    let table = unsafe {
        let relation = call.relation();
        let is_own = (*(*relation).rd_rel).relnamespace == catalog::namespace();
        if is_own { call.argument(0).to_owned() } else { rules::name_of(relation) }
    };
    raise(
        &Refusal::new(
            Reason::TruncateRefused,
            "a governed table cannot be truncated",
            "Use DELETE, which the audit trail records row by row.",
        )
        .with("table", table),
    )
}
