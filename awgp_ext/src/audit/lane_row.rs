//! Reads one row of a lane below SQL, by an index whose first columns are tenant_id and chain_lane.

use crate::pg::scan::{self, Condition, Order, Path, View};
use crate::pg::tuple::Row;
use awgp_core::audit::chain::{Digest, Lane, Link};
use pgrx::pg_sys;
use std::ffi::CStr;
use uuid::Uuid;

/// The tail of a lane that this transaction holds.
pub struct Head {
    /// The lane.
    pub lane: i16,
    /// Number and hash of its last row; 0 and the genesis value where the lane has no row.
    pub link: Link,
    /// Time of its last row.
    pub timestamp: pg_sys::TimestampTz,
}

/// The row to find.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// The last one in the order of the index.
    Last,
    /// The one with this chain_seq, the third column of the index.
    At(i64),
}

/// Finds the row and returns what `read` makes of it; None where the lane has no such row here.
///
/// The snapshot sees everything committed and everything this transaction has done. The calling statement's
/// snapshot may be older than the lock on the lane, and a chain continued from an older tail forks. Rows of a
/// lane are only ever added, and only by the holder of its lock.
///
/// # Safety
/// Both relations are open; the index belongs to the relation and is on (tenant_id, chain_lane, …).
pub unsafe fn find<T>(
    relation: pg_sys::Relation,
    index: pg_sys::Relation,
    lane: Lane,
    which: Which,
    read: impl FnOnce(&Row) -> T,
) -> Option<T> {
    let mut conditions = vec![
        (c"tenant_id", Condition::Uuid(lane.tenant_id)),
        (c"chain_lane", Condition::Smallint(lane.chain_lane)),
    ];
    if let Which::At(seq) = which {
        conditions.push((c"chain_seq", Condition::Bigint(seq)));
    }
    let (mut read, mut found) = (Some(read), None);
    // SAFETY: the caller guarantees both.
    unsafe {
        scan::rows(relation, &Path::Ordered(index, Order::Backward), View::Latest, &conditions, |row, _| {
            found = read.take().map(|read| read(row));
            false
        });
    }
    found
}

/// The next lane of a tenant that has a row.
///
/// # Safety
/// As for [`find`].
pub unsafe fn lane_after(
    relation: pg_sys::Relation,
    index: pg_sys::Relation,
    tenant: Uuid,
    after: i16,
) -> Option<i16> {
    let conditions =
        [(c"tenant_id", Condition::Uuid(tenant)), (c"chain_lane", Condition::SmallintAbove(after))];
    let mut found = None;
    // SAFETY: the caller guarantees both.
    unsafe {
        scan::rows(
            relation,
            &Path::Ordered(index, Order::Forward),
            View::Committed,
            &conditions,
            |row, _| {
                found = row.smallint(c"chain_lane");
                false
            },
        );
    }
    found
}

/// The link in two columns of a row. A tail that was tampered with does not go unnoticed: the next row links
/// to a hash that no row has.
pub fn link(row: &Row, seq: &CStr, hash: &CStr) -> Link {
    let digest = row.text(hash).and_then(|hash| Digest::from_hex(hash.as_bytes()));
    Link { seq: row.bigint(seq).unwrap_or(0), hash: digest.unwrap_or_else(|| Digest::of(b"")) }
}
