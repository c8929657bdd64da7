//! The end of a lane whose last rows were retired: its last anchor.

use super::lane_row::{self, Which};
use crate::pg::relation;
use awgp_core::audit::chain::{Lane, Link};
use pgrx::pg_sys;

/// The last link of a lane that any seal has recorded; read while holding the lane's lock.
pub fn tail(lane: Lane) -> Option<Link> {
    // SAFETY: the index is on (tenant_id, chain_lane, last_seq) of the table; both are closed again.
    unsafe {
        let relation = relation::open(c"audit_chain_anchors", pg_sys::AccessShareLock);
        let index = relation::existing(c"idx_audit_chain_anchors_lane");
        let index = pg_sys::index_open(index, pg_sys::AccessShareLock.cast_signed());
        let link = lane_row::find(relation, index, lane, Which::Last, |row| {
            lane_row::link(row, c"last_seq", c"last_hash")
        });
        pg_sys::index_close(index, pg_sys::NoLock.cast_signed());
        pg_sys::table_close(relation, pg_sys::NoLock.cast_signed());
        link
    }
}
