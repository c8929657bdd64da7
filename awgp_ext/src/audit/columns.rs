//! The columns of the audit trail, which are written and read below SQL by position and type.

use crate::pg::descriptor;
use crate::pg::raise::raise;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys;
use std::ffi::CStr;

/// The columns of audit_logs, in the order in which [`super::append`] fills them.
pub const COLUMNS: [&CStr; 14] = [
    c"id",
    c"timestamp",
    c"tenant_id",
    c"actor_type",
    c"actor_id",
    c"action",
    c"entity_type",
    c"entity_id",
    c"before_state",
    c"after_state",
    c"metadata",
    c"integrity_hash",
    c"chain_lane",
    c"chain_seq",
];

/// Their types. A text column may have become varchar, which has the same representation.
const TYPES: [pg_sys::Oid; 14] = [
    pg_sys::INT8OID,
    pg_sys::TIMESTAMPTZOID,
    pg_sys::UUIDOID,
    pg_sys::TEXTOID,
    pg_sys::UUIDOID,
    pg_sys::TEXTOID,
    pg_sys::TEXTOID,
    pg_sys::UUIDOID,
    pg_sys::JSONBOID,
    pg_sys::JSONBOID,
    pg_sys::JSONBOID,
    pg_sys::TEXTOID,
    pg_sys::INT2OID,
    pg_sys::INT8OID,
];

/// Refuses a table whose columns were renamed, dropped or given another type: their bytes would be misread.
///
/// # Safety
/// The relation is open.
pub unsafe fn refuse_changed_columns(relation: pg_sys::Relation) {
    for (column, kind) in COLUMNS.into_iter().zip(TYPES) {
        // SAFETY: the number comes from the descriptor.
        let found = unsafe {
            let descriptor = (*relation).rd_att;
            let number = i32::from(descriptor::attribute_number(descriptor, column));
            if number > 0 {
                (*descriptor::attribute(descriptor, number - 1)).atttypid
            } else {
                pg_sys::InvalidOid
            }
        };
        if found != kind && !(kind == pg_sys::TEXTOID && found == pg_sys::VARCHAROID) {
            raise(
                &Refusal::new(
                    Reason::AuditColumns,
                    "a column of awgp.audit_logs is missing or has another type",
                    "Restore the column: a database in which the extension is new has its name and type.",
                )
                .with("column", column.to_string_lossy()),
            );
        }
    }
}
