//! The databases of the server, as a process that is connected to no database can read them.

use super::process;
use crate::pg::scan;
use pgrx::pg_sys;

/// A row of pg_database.
pub struct Database {
    /// Its oid.
    pub oid: pg_sys::Oid,
    /// Its name.
    pub name: String,
    /// True where it accepts connections.
    pub takes_connections: bool,
}

/// All databases. Read first, because a worker for a missing database would end with a FATAL each time.
pub fn all() -> Vec<Database> {
    process::within(|| {
        let mut found = Vec::new();
        // Scanned without the catalog's indexes, as the autovacuum launcher does: without a database there
        // are no other catalogs.
        scan::whole(pg_sys::DatabaseRelationId, |row| {
            let name = row.name(c"datname");
            found.extend(row.oid(c"oid").zip(name).map(|(oid, name)| Database {
                oid,
                name,
                takes_connections: row.flag(c"datallowconn"),
            }));
        });
        found
    })
}
