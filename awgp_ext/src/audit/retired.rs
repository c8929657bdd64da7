//! Where a lane ends when its last rows were retired: at the last anchor.

use crate::relation;
use awgp_core::audit::chain::{Digest, Lane, Link};
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;

/// The last link of a lane that any seal has recorded. Read below SQL, with a view of all that is committed, by the holder
/// of the lane's lock.
pub fn tail(lane: Lane) -> Option<Link> {
    // SAFETY: an ordered scan as catalog code does it, of an index on (tenant_id, chain_lane, last_seq).
    unsafe {
        let relation = relation::open(c"audit_chain_anchors", pg_sys::AccessShareLock);
        let index = relation::oid(c"idx_audit_chain_anchors_lane");
        if index == pg_sys::InvalidOid {
            pgrx::error!(
                "the index idx_audit_chain_anchors_lane is missing; call awgp.install(force => true)"
            );
        }
        let index = pg_sys::index_open(index, pg_sys::AccessShareLock.cast_signed());
        let mut tenant = *lane.tenant_id.as_bytes();
        let key = |column: &CStr, function: u32, value: Datum| {
            let mut key = pg_sys::ScanKeyData::default();
            let number = pg_sys::SPI_fnumber((*relation).rd_att, column.as_ptr());
            pg_sys::ScanKeyInit(
                &raw mut key,
                pg_sys::AttrNumber::try_from(number).unwrap_or(0),
                pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
                pg_sys::Oid::from(function),
                value,
            );
            key
        };
        let mut keys = [
            key(c"tenant_id", pg_sys::F_UUID_EQ, Datum::from(tenant.as_mut_ptr())),
            key(c"chain_lane", pg_sys::F_INT2EQ, Datum::from(lane.chain_lane)),
        ];
        let scan = pg_sys::systable_beginscan_ordered(
            relation,
            index,
            &raw mut pg_sys::SnapshotSelfData,
            2,
            keys.as_mut_ptr(),
        );
        let tuple = pg_sys::systable_getnext_ordered(scan, pg_sys::ScanDirection::BackwardScanDirection);
        let link = (!tuple.is_null()).then(|| {
            let row = relation::Row::new(tuple, (*relation).rd_att);
            let hash = row.text(c"last_hash").and_then(|hash| Digest::from_hex(hash.as_bytes()));
            Link { seq: row.bigint(c"last_seq").unwrap_or(0), hash: hash.unwrap_or_else(|| Digest::of(b"")) }
        });
        pg_sys::systable_endscan_ordered(scan);
        pg_sys::index_close(index, pg_sys::NoLock.cast_signed());
        pg_sys::table_close(relation, pg_sys::NoLock.cast_signed());
        link
    }
}
