//! One row of a lane, through an index whose first columns are tenant_id and chain_lane, read below SQL.

use crate::pg::catalog;
use crate::pg::relation::Row;
use awgp_core::audit::chain::{Digest, Lane, Link};
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;

/// Which row of the lane.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// The last one in the order of the index.
    Last,
    /// The one with this chain_seq, which is the index's third column.
    At(i64),
}

/// What `read` makes of the row; None where the lane has no such row here.
///
/// The snapshot sees all that is committed and all that this transaction has done: the calling statement's own may be
/// older than the lane's lock, and a chain that goes on from an older tail forks. Rows of a lane are only ever added, and
/// only by the holder of its lock.
///
/// # Safety
/// Both are open; the index is of the relation, on (tenant_id, chain_lane, …).
pub unsafe fn find<T>(
    relation: pg_sys::Relation,
    index: pg_sys::Relation,
    lane: Lane,
    which: Which,
    read: impl FnOnce(&Row) -> T,
) -> Option<T> {
    // SAFETY: an ordered scan as catalog code does it; the tenant outlives it.
    unsafe {
        let descriptor = (*relation).rd_att;
        let mut tenant = *lane.tenant_id.as_bytes();
        let key = |column: &CStr, function: u32, value: Datum| {
            let mut key = pg_sys::ScanKeyData::default();
            pg_sys::ScanKeyInit(
                &raw mut key,
                catalog::attribute_number(descriptor, column),
                pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
                pg_sys::Oid::from(function),
                value,
            );
            key
        };
        let mut keys = vec![
            key(c"tenant_id", pg_sys::F_UUID_EQ, Datum::from(tenant.as_mut_ptr())),
            key(c"chain_lane", pg_sys::F_INT2EQ, Datum::from(lane.chain_lane)),
        ];
        if let Which::At(seq) = which {
            keys.push(key(c"chain_seq", pg_sys::F_INT8EQ, Datum::from(seq)));
        }
        let scan = pg_sys::systable_beginscan_ordered(
            relation,
            index,
            &raw mut pg_sys::SnapshotSelfData,
            i32::try_from(keys.len()).unwrap_or(0),
            keys.as_mut_ptr(),
        );
        let tuple = pg_sys::systable_getnext_ordered(scan, pg_sys::ScanDirection::BackwardScanDirection);
        let found = (!tuple.is_null()).then(|| read(&Row::new(tuple, descriptor)));
        pg_sys::systable_endscan_ordered(scan);
        found
    }
}

/// The link that two columns of a row say. A tail that was tampered with is not built upon in silence: what follows it
/// links to a hash that no row has.
pub fn link(row: &Row, seq: &CStr, hash: &CStr) -> Link {
    let digest = row.text(hash).and_then(|hash| Digest::from_hex(hash.as_bytes()));
    Link { seq: row.bigint(seq).unwrap_or(0), hash: digest.unwrap_or_else(|| Digest::of(b"")) }
}
