//! Table scans below SQL, by index or sequential.
//!
//! Works as catalog code does: no plan, no privilege check, no row-level security, no search_path. Only names
//! from the extension's own source are passed in. After an error the resource owner releases locks, scans and
//! relations.

use super::encoding::to_server;
use super::tuple::Row;
use crate::pg::descriptor;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;
use uuid::Uuid;

/// A condition on a column. A column of another type would be misread: callers name columns of the type.
#[derive(Clone, Copy)]
pub enum Condition<'a> {
    /// Equal to this oid.
    Oid(pg_sys::Oid),
    /// Equal to this uuid.
    Uuid(Uuid),
    /// Equal to this text, in the column's own collation.
    Text(&'a str),
    /// Equal to this smallint.
    Smallint(i16),
    /// Above this smallint.
    SmallintAbove(i16),
    /// Equal to this bigint.
    Bigint(i64),
    /// Later than this timestamptz.
    After(pg_sys::TimestampTz),
    /// At this timestamptz or later.
    From(pg_sys::TimestampTz),
    /// At this timestamptz or earlier.
    Until(pg_sys::TimestampTz),
}

/// The direction of an index scan.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// In the order of the index.
    Forward,
    /// In the reverse order.
    Backward,
}

/// How the rows are found.
pub enum Path {
    /// A sequential scan.
    Heap,
    /// By an index whose first columns have the conditions; rows come in any order.
    Index(pg_sys::Oid),
    /// By an open index with such conditions, in its order.
    Ordered(pg_sys::Relation, Order),
}

/// Which rows are visible.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// What is committed now, at every isolation level, and what earlier commands of this transaction did.
    Committed,
    /// The same, and what the current command has done so far.
    Latest,
}

/// Calls `visit` with the rows that meet all conditions and their tuple ids, until it answers false.
///
/// # Safety
/// The relation is open. So is an index that is passed open, and it belongs to the relation.
pub unsafe fn rows(
    relation: pg_sys::Relation,
    path: &Path,
    view: View,
    conditions: &[(&CStr, Condition<'_>)],
    mut visit: impl FnMut(&Row, pg_sys::ItemPointerData) -> bool,
) {
    // Keeps the uuids of the conditions in memory while the scan uses them.
    let uuids: Vec<[u8; 16]> = conditions
        .iter()
        .map(|(_, condition)| if let Condition::Uuid(id) = condition { *id.as_bytes() } else { [0; 16] })
        .collect();
    // SAFETY: uses the access-method interface as documented; the keys' values outlive the scan.
    unsafe {
        let descriptor = (*relation).rd_att;
        let keys: Option<Vec<pg_sys::ScanKeyData>> = conditions
            .iter()
            .zip(&uuids)
            .map(|((column, is), uuid)| key(descriptor, column, *is, uuid))
            .collect();
        // No row can hold a text that the server's encoding cannot represent.
        let Some(mut keys) = keys else { return };
        let count = i32::try_from(keys.len()).unwrap_or(0);
        let snapshot = match view {
            View::Committed => std::ptr::null_mut(),
            View::Latest => &raw mut pg_sys::SnapshotSelfData,
        };
        match *path {
            Path::Ordered(index, order) => {
                let scan =
                    pg_sys::systable_beginscan_ordered(relation, index, snapshot, count, keys.as_mut_ptr());
                let direction = match order {
                    Order::Forward => pg_sys::ScanDirection::ForwardScanDirection,
                    Order::Backward => pg_sys::ScanDirection::BackwardScanDirection,
                };
                let next = || pg_sys::systable_getnext_ordered(scan, direction);
                each(next, descriptor, &mut visit);
                pg_sys::systable_endscan_ordered(scan);
            }
            Path::Heap | Path::Index(_) => {
                let index = if let Path::Index(index) = *path { index } else { pg_sys::InvalidOid };
                let by_index = index != pg_sys::InvalidOid;
                let keys = keys.as_mut_ptr();
                let scan = pg_sys::systable_beginscan(relation, index, by_index, snapshot, count, keys);
                each(|| pg_sys::systable_getnext(scan), descriptor, &mut visit);
                pg_sys::systable_endscan(scan);
            }
        }
    }
}

/// Calls `visit` with every row of a relation, which is opened and closed here.
pub fn whole(relation: pg_sys::Oid, mut visit: impl FnMut(&Row)) {
    let lock = pg_sys::AccessShareLock.cast_signed();
    // SAFETY: the relation is open during the scan.
    unsafe {
        let relation = pg_sys::table_open(relation, lock);
        rows(relation, &Path::Heap, View::Committed, &[], |row, _| {
            visit(row);
            true
        });
        pg_sys::table_close(relation, lock);
    }
}

unsafe fn each(
    mut next: impl FnMut() -> pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
    visit: &mut impl FnMut(&Row, pg_sys::ItemPointerData) -> bool,
) {
    loop {
        let tuple = next();
        // SAFETY: null, or a tuple that is valid until the next call.
        if tuple.is_null() || !visit(&Row::new(tuple, descriptor), unsafe { (*tuple).t_self }) {
            return;
        }
    }
}

/// # Safety
/// The descriptor is the table's.
unsafe fn key(
    descriptor: pg_sys::TupleDesc,
    column: &CStr,
    condition: Condition<'_>,
    uuid: &[u8; 16],
) -> Option<pg_sys::ScanKeyData> {
    use pg_sys::{
        BTEqualStrategyNumber, BTGreaterEqualStrategyNumber, BTGreaterStrategyNumber,
        BTLessEqualStrategyNumber,
    };
    let (strategy, function, value) = match condition {
        Condition::Oid(oid) => (BTEqualStrategyNumber, pg_sys::F_OIDEQ, Datum::from(oid)),
        Condition::Uuid(_) => {
            (BTEqualStrategyNumber, pg_sys::F_UUID_EQ, Datum::from(uuid.as_ptr().cast_mut()))
        }
        Condition::Text(text) => (BTEqualStrategyNumber, pg_sys::F_TEXTEQ, to_server(text)?),
        Condition::Smallint(number) => (BTEqualStrategyNumber, pg_sys::F_INT2EQ, Datum::from(number)),
        Condition::SmallintAbove(number) => (BTGreaterStrategyNumber, pg_sys::F_INT2GT, Datum::from(number)),
        Condition::Bigint(number) => (BTEqualStrategyNumber, pg_sys::F_INT8EQ, Datum::from(number)),
        Condition::After(at) => (BTGreaterStrategyNumber, pg_sys::F_TIMESTAMPTZ_GT, Datum::from(at)),
        Condition::From(at) => (BTGreaterEqualStrategyNumber, pg_sys::F_TIMESTAMPTZ_GE, Datum::from(at)),
        Condition::Until(at) => (BTLessEqualStrategyNumber, pg_sys::F_TIMESTAMPTZ_LE, Datum::from(at)),
    };
    // The column's own collation: the index is ordered by it. Types other than text have no collation.
    let is_text = matches!(condition, Condition::Text(_));
    let collation = if is_text { pg_sys::DEFAULT_COLLATION_OID } else { pg_sys::InvalidOid };
    let mut key = pg_sys::ScanKeyData::default();
    // SAFETY: fills in a local struct.
    unsafe {
        pg_sys::ScanKeyEntryInitialize(
            &raw mut key,
            0,
            descriptor::attribute_number(descriptor, column),
            strategy as pg_sys::StrategyNumber,
            pg_sys::InvalidOid,
            collation,
            pg_sys::Oid::from(function),
            value,
        );
    }
    Some(key)
}
