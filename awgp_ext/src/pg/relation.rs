//! Reads AWGP's own tables by name, below SQL.
//!
//! The context is looked up for roles that must not see the rows themselves. Reading here ([`super::scan`])
//! passes no privilege check and no row-level security, so no role has to be switched and no search_path
//! matters. The snapshot is a fresh one at every isolation level: a tenant that was deactivated a moment ago
//! is inactive.

pub use super::catalog::relation_oid as oid;
use super::raise::raise;
use super::scan::{self, Condition, Path, View};
use super::tuple::Row;
use awgp_core::structure::incomplete;
use pgrx::pg_sys;
use std::ffi::CStr;
use uuid::Uuid;

/// Opens a table of AWGP's.
///
/// # Safety
/// The caller closes it, or leaves it to the resource owner after an error.
pub unsafe fn open(name: &CStr, mode: u32) -> pg_sys::Relation {
    // SAFETY: the relation exists.
    unsafe { pg_sys::table_open(existing(name), mode.cast_signed()) }
}

/// The oid of a relation that must exist; raises an error where it does not.
pub fn existing(name: &CStr) -> pg_sys::Oid {
    let oid = oid(name);
    if oid == pg_sys::InvalidOid {
        raise(&incomplete(&format!("awgp.{}", name.to_string_lossy())));
    }
    oid
}

/// The name of a relation, without its schema; empty where it does not exist.
pub fn name_of(oid: pg_sys::Oid) -> String {
    // SAFETY: a syscache look-up; null where the relation does not exist.
    unsafe {
        let name = pg_sys::get_rel_name(oid);
        if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
    }
}

/// True where `awgp.table` exists and has a row that a fresh snapshot sees.
pub fn has_rows(table: &CStr) -> bool {
    let mut found = false;
    read(table, None, &[], |_| {
        found = true;
        false
    });
    found
}

/// True where the index has an entry of a row that a fresh snapshot sees. Both must exist.
pub fn has_indexed_rows(table: &CStr, index: &CStr) -> bool {
    existing(table);
    existing(index);
    let mut found = false;
    read(table, Some(index), &[], |_| {
        found = true;
        false
    });
    found
}

/// Calls `visit` with every row of `awgp.table`; for small tables.
pub fn for_each(table: &CStr, visit: impl FnMut(&Row)) {
    for_each_where(table, None, &[], visit);
}

/// Calls `visit` with every row of `awgp.table` whose uuid `column` equals `key`, through `index`.
pub fn for_each_by_uuid(table: &CStr, index: &CStr, column: &CStr, key: Uuid, visit: impl FnMut(&Row)) {
    for_each_where(table, Some(index), &[(column, Condition::Uuid(key))], visit);
}

/// Calls `visit` with every row of `awgp.table` whose text `column` equals `key`, through `index`.
pub fn for_each_by_text(table: &CStr, index: &CStr, column: &CStr, key: &str, visit: impl FnMut(&Row)) {
    for_each_where(table, Some(index), &[(column, Condition::Text(key))], visit);
}

/// Calls `visit` with every row of `awgp.table` that meets the conditions, which are on the first columns of
/// `index`.
pub fn for_each_where(
    table: &CStr,
    index: Option<&CStr>,
    conditions: &[(&CStr, Condition<'_>)],
    mut visit: impl FnMut(&Row),
) {
    read(table, index, conditions, |row| {
        visit(row);
        true
    });
}

/// The same until `visit` answers false. A missing table or index counts as empty.
fn read(
    table: &CStr,
    index: Option<&CStr>,
    conditions: &[(&CStr, Condition<'_>)],
    mut visit: impl FnMut(&Row) -> bool,
) {
    let table = oid(table);
    let path = index.map_or(Path::Heap, |index| Path::Index(oid(index)));
    if table == pg_sys::InvalidOid || matches!(path, Path::Index(pg_sys::InvalidOid)) {
        return;
    }
    let lock = pg_sys::AccessShareLock.cast_signed();
    // SAFETY: the relation is open during the scan.
    unsafe {
        let relation = pg_sys::table_open(table, lock);
        scan::rows(relation, &path, View::Committed, conditions, |row, _| visit(row));
        pg_sys::table_close(relation, lock);
    }
}
