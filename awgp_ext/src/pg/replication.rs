//! Workers of logical replication.

use super::scan::{self, Condition, Path, View};
use pgrx::pg_sys;
use std::ffi::{CStr, c_char};

/// The beginning of the server's struct of a subscription, the same in all versions; pgrx does not bind it.
#[repr(C)]
struct ServerSubscription {
    oid: pg_sys::Oid,
    dbid: pg_sys::Oid,
    skiplsn: u64,
    name: *const c_char,
}

unsafe extern "C-unwind" {
    /// Of a worker of logical replication, once it has read its subscription.
    static MySubscription: *const ServerSubscription;
}

/// The subscription that a worker applies.
pub struct Subscription {
    /// Its name.
    pub name: String,
    /// The tables that it writes.
    pub relations: Vec<pg_sys::Oid>,
}

/// The subscription of this process, if it is a worker that applies changes or copies a table's first rows.
pub fn subscription_of_this_worker() -> Option<Subscription> {
    // SAFETY: both are the process's own state; a worker sets them before it applies anything.
    unsafe {
        if !pg_sys::IsLogicalWorker() || MySubscription.is_null() {
            return None;
        }
        let name = CStr::from_ptr((*MySubscription).name).to_string_lossy().into_owned();
        Some(Subscription { name, relations: relations_of((*MySubscription).oid) })
    }
}

/// The tables of a subscription.
fn relations_of(subscription: pg_sys::Oid) -> Vec<pg_sys::Oid> {
    // pgrx does not bind catalog/pg_subscription_rel.h.
    const PG_SUBSCRIPTION_REL: u32 = 6102;
    let mut relations = Vec::new();
    let lock = pg_sys::AccessShareLock.cast_signed();
    // SAFETY: the catalog is open during the scan.
    unsafe {
        let catalog = pg_sys::table_open(pg_sys::Oid::from(PG_SUBSCRIPTION_REL), lock);
        let of_it = [(c"srsubid", Condition::Oid(subscription))];
        scan::rows(catalog, &Path::Heap, View::Committed, &of_it, |row, _| {
            relations.extend(row.oid(c"srrelid"));
            true
        });
        pg_sys::table_close(catalog, lock);
    }
    relations
}

/// How many triggers are running, the calling one included.
pub fn trigger_depth() -> i32 {
    // SAFETY: a function without arguments that reads a counter.
    unsafe { pgrx::direct_function_call::<i32>(pg_sys::pg_trigger_depth, &[]).unwrap_or(0) }
}
