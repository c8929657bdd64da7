//! Rows of AWGP's own tables, found by an index and locked, below SQL.
//!
//! As `SELECT … FOR NO KEY UPDATE` at READ COMMITTED does: the newest version is locked, after whoever writes
//! it. No plan is needed, so none made while a table was small reads all of it later; and no privilege and no
//! policy is asked.

use super::relation;
use super::scan::{self, Condition, Order, Path, View};
use super::transaction::refuse_read_only;
use super::tuple::Row;
use pgrx::pg_sys;
use std::ffi::CStr;
use uuid::Uuid;

/// How strong a lock is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Nobody else writes the row (FOR NO KEY UPDATE).
    Write,
    /// Nobody writes the row (FOR SHARE).
    Share,
    /// Nobody deletes the row or changes its keys (FOR KEY SHARE), as for a foreign key.
    Key,
}

/// A row that this transaction has locked, as it was then.
pub struct LockedRow {
    pub(crate) tuple: pg_sys::HeapTuple,
    pub(crate) descriptor: pg_sys::TupleDesc,
}

impl LockedRow {
    /// Its columns.
    pub fn row(&self) -> Row {
        Row::new(self.tuple, self.descriptor)
    }

    /// The row, with its place in the table.
    pub fn tuple(&self) -> pg_sys::HeapTuple {
        self.tuple
    }
}

/// True where a locked row is read in its newest version. At REPEATABLE READ and above a row that has changed
/// since the snapshot ends the transaction instead (40001): there a statement locks.
pub fn takes_newest() -> bool {
    // SAFETY: reads the backend's own state.
    unsafe { pg_sys::XactIsoLevel < pg_sys::XACT_REPEATABLE_READ.cast_signed() }
}

/// The tenant's row with this id in `awgp.table`, found by its unique index on (tenant_id, id) and locked;
/// None where there is none. No other tenant's row is ever locked: waiting for it would tell that it
/// exists.
pub fn find_own(table: &CStr, index: &CStr, tenant: Uuid, id: Uuid, strength: Strength) -> Option<LockedRow> {
    refuse_read_only(c"this function");
    let conditions = [(c"tenant_id", Condition::Uuid(tenant)), (c"id", Condition::Uuid(id))];
    // A command of its own, as a statement is: it sees what the statement around it has written so far.
    // SAFETY: a volatile function may begin a command.
    unsafe { pg_sys::CommandCounterIncrement() };
    // SAFETY: the index belongs to the table; both are closed again, or by the resource owner after an error.
    // The table's lock is held until the transaction ends, so its definition stays; the server may still read
    // its descriptor anew when it hears of changes. So columns are read before anything else is looked up.
    unsafe {
        let relation = relation::open(table, pg_sys::RowShareLock);
        let index = pg_sys::index_open(relation::existing(index), pg_sys::AccessShareLock.cast_signed());
        let mut place = None;
        scan::rows(relation, &Path::Ordered(index, Order::Forward), View::Committed, &conditions, |_, at| {
            place = Some(at);
            false
        });
        pg_sys::index_close(index, pg_sys::NoLock.cast_signed());
        let locked = place.and_then(|place| lock(relation, place, strength));
        pg_sys::table_close(relation, pg_sys::NoLock.cast_signed());
        locked
    }
}

/// True where this transaction, which has locked the row, has not changed it since.
///
/// # Safety
/// The relation is open, and the row is its own, copied with its place.
pub unsafe fn is_newest(relation: pg_sys::Relation, locked: pg_sys::HeapTuple) -> bool {
    // SAFETY: reads the row through the table access method; its pin goes with the slot.
    unsafe {
        let slot = pg_sys::table_slot_create(relation, std::ptr::null_mut());
        let Some(fetch) = (*(*relation).rd_tableam).tuple_fetch_row_version else {
            pgrx::error!("the table cannot fetch its rows");
        };
        let place = &raw mut (*locked).t_self;
        let is_newest = pg_sys::ffi::pg_guard_ffi_boundary(|| {
            fetch(relation, place, &raw mut pg_sys::SnapshotSelfData, slot)
        });
        pg_sys::ExecDropSingleTupleTableSlot(slot);
        is_newest
    }
}

/// Locks the newest version of a row, waiting for whoever writes it; None where it was deleted.
///
/// # Safety
/// The relation is open.
pub unsafe fn lock(
    relation: pg_sys::Relation,
    mut place: pg_sys::ItemPointerData,
    strength: Strength,
) -> Option<LockedRow> {
    let mode = match strength {
        Strength::Write => pg_sys::LockTupleMode::LockTupleNoKeyExclusive,
        Strength::Share => pg_sys::LockTupleMode::LockTupleShare,
        Strength::Key => pg_sys::LockTupleMode::LockTupleKeyShare,
    };
    // SAFETY: locks a row through the table access method, as the executor's LockRows does. The row is copied
    // before the slot, and its pin, are dropped.
    unsafe {
        let slot = pg_sys::table_slot_create(relation, std::ptr::null_mut());
        let mut failure = pg_sys::TM_FailureData::default();
        let command = pg_sys::GetCurrentCommandId(true);
        let Some(tuple_lock) = (*(*relation).rd_tableam).tuple_lock else {
            pgrx::error!("the table cannot lock its rows");
        };
        let result = pg_sys::ffi::pg_guard_ffi_boundary(|| {
            tuple_lock(
                relation,
                &raw mut place,
                std::ptr::null_mut(),
                slot,
                command,
                mode,
                pg_sys::LockWaitPolicy::LockWaitBlock,
                pg_sys::TUPLE_LOCK_FLAG_FIND_LAST_VERSION as u8,
                &raw mut failure,
            )
        });
        let locked = match result {
            pg_sys::TM_Result::TM_Ok => {
                let tuple = pg_sys::ExecFetchSlotHeapTuple(slot, true, std::ptr::null_mut());
                let tuple = pg_sys::heap_copytuple(tuple);
                Some(LockedRow { tuple, descriptor: (*relation).rd_att })
            }
            pg_sys::TM_Result::TM_Deleted => None,
            other => pgrx::error!("a row could not be locked: {other}"),
        };
        pg_sys::ExecDropSingleTupleTableSlot(slot);
        locked
    }
}
