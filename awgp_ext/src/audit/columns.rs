//! The columns of the audit trail, which are written and read below SQL by place and type.

use super::image;
use crate::raise::raise;
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

/// Their types. A text column may have become varchar, whose bytes are the same.
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

/// Refuses a table whose columns were renamed, dropped or given another type: their bytes would be read as
/// something that they are not.
///
/// # Safety
/// The relation is open.
pub unsafe fn refuse_changed_columns(relation: pg_sys::Relation) {
    for (likely, (column, kind)) in (0_i32..).zip(COLUMNS.into_iter().zip(TYPES)) {
        // SAFETY: places are looked at only below the descriptor's width.
        let found = unsafe {
            let descriptor = (*relation).rd_att;
            let in_place = (likely < (*descriptor).natts)
                .then(|| &*image::attribute(descriptor, likely))
                .filter(|attribute| !attribute.attisdropped)
                .filter(|attribute| CStr::from_ptr(attribute.attname.data.as_ptr()) == column);
            in_place.map_or_else(
                || {
                    let number = pg_sys::SPI_fnumber(descriptor, column.as_ptr());
                    if number > 0 { pg_sys::SPI_gettypeid(descriptor, number) } else { pg_sys::InvalidOid }
                },
                |attribute| attribute.atttypid,
            )
        };
        if found != kind && !(kind == pg_sys::TEXTOID && found == pg_sys::VARCHAROID) {
            raise(
                &Refusal::new(
                    Reason::AuditColumns,
                    "the audit trail lacks a column of its own, or has it in another type",
                    "Give the column back its name and type; docs/audit_format.md lists them.",
                )
                .with("column", column.to_string_lossy()),
            );
        }
    }
}
