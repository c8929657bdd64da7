//! One row of a lane, through an index whose first columns are tenant_id and chain_lane, read below SQL.

use crate::pg::scan::{self, Condition, Order, Path, View};
use crate::pg::tuple::Row;
use awgp_core::audit::chain::{Digest, Lane, Link};
use pgrx::pg_sys;
use std::ffi::CStr;

/// The tail of a lane that this transaction holds.
pub struct Head {
    /// The lane.
    pub lane: i16,
    /// Number and hash of its last row; 0 and the genesis value where it has none.
    pub link: Link,
    /// Time of its last row.
    pub timestamp: pg_sys::TimestampTz,
}

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
    let mut conditions = vec![
        (c"tenant_id", Condition::Uuid(lane.tenant_id)),
        (c"chain_lane", Condition::Smallint(lane.chain_lane)),
    ];
    if let Which::At(seq) = which {
        conditions.push((c"chain_seq", Condition::Bigint(seq)));
    }
    let (mut read, mut found) = (Some(read), None);
    // SAFETY: the caller's promise.
    unsafe {
        scan::rows(relation, &Path::Ordered(index, Order::Backward), View::Latest, &conditions, |row, _| {
            found = read.take().map(|read| read(row));
            false
        });
    }
    found
}

/// The link that two columns of a row say. A tail that was tampered with is not built upon in silence: what follows it
/// links to a hash that no row has.
pub fn link(row: &Row, seq: &CStr, hash: &CStr) -> Link {
    let digest = row.text(hash).and_then(|hash| Digest::from_hex(hash.as_bytes()));
    Link { seq: row.bigint(seq).unwrap_or(0), hash: digest.unwrap_or_else(|| Digest::of(b"")) }
}
