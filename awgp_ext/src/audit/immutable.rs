//! The audit trail is append-only for every role, including the table's owner.

use super::copied::{self, Arrival};
use super::permit::{CHAIN, DRAIN, LOAD};
use super::rules;
use crate::moving::permit::ARRIVE;
use crate::pg::catalog;
use crate::pg::raise::raise;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys::Datum;

trigger_function!(awgp_guard_audit, pg_finfo_awgp_guard_audit, guard_audit);
trigger_function!(awgp_refuse_truncate, pg_finfo_awgp_refuse_truncate, refuse_truncate);

/// Allows five writes: the chain's own rows, moving rows from the default partition to that of their month,
/// loading exported rows into a detached month, the rows of a family that arrives from another installation
/// or has not arrived in the end, and in a copy the rows of its subscription. Refuses every other INSERT,
/// UPDATE, DELETE and TRUNCATE.
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
    if ARRIVE.is_held() && (call.is_row_insert() || call.operation() == "delete") {
        return call.keep();
    }
    match copied::arrival(call) {
        Arrival::New => return call.keep(),
        Arrival::Known => return nothing(),
        Arrival::Foreign => {}
    }
    raise(
        &Refusal::new(
            Reason::AuditImmutable,
            "the audit trail is append-only and only AWGP writes it",
            "Record an event with awgp.log_event(); remove old months with awgp.retire_partition().",
        )
        .with("table", call.argument(0))
        .with("operation", call.operation()),
    )
}

/// Refuses to truncate a governed table, because the audit trail could not record which rows were removed.
fn refuse_truncate(call: &TriggerCall) -> Datum {
    // SAFETY: the trigger's table is open. An application's table may have been renamed since it was tracked,
    // so its present name is read.
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
