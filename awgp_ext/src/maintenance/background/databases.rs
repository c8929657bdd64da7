//! The databases of the server, as a process without a database can read them.

use super::process;
use pgrx::pg_sys;
use std::ffi::CStr;

/// A row of pg_database.
pub struct Database {
    /// Its oid.
    pub oid: pg_sys::Oid,
    /// Its name.
    pub name: String,
    /// Whether anybody may connect.
    pub takes_connections: bool,
}

/// All of them. A worker for one that is not there would end with a FATAL each time.
pub fn all() -> Vec<Database> {
    process::within(|| {
        let mut found = Vec::new();
        // SAFETY: a scan of a shared catalog without its indexes, as the autovacuum launcher does it: where there is no
        // database there are no other catalogs. Lock and scan are released here, or with the process.
        unsafe {
            let relation =
                pg_sys::table_open(pg_sys::DatabaseRelationId, pg_sys::AccessShareLock.cast_signed());
            let null = std::ptr::null_mut();
            let scan = pg_sys::systable_beginscan(
                relation,
                pg_sys::InvalidOid,
                false,
                null,
                0,
                std::ptr::null_mut(),
            );
            loop {
                let tuple = pg_sys::systable_getnext(scan);
                if tuple.is_null() {
                    break;
                }
                let row = &*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_database>();
                let name = CStr::from_ptr(row.datname.data.as_ptr()).to_string_lossy().into_owned();
                found.push(Database { oid: row.oid, name, takes_connections: row.datallowconn });
            }
            pg_sys::systable_endscan(scan);
            pg_sys::table_close(relation, pg_sys::AccessShareLock.cast_signed());
        }
        found
    })
}
