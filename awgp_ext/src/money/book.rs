//! Rows of the ledger's tables, found, locked and updated below SQL.
//!
//! A balance changes with every cost, in the middle of the caller's statement. Below SQL, this needs no plan,
//! no privilege and no policy, finds the newest version of the row at every isolation level, and costs a
//! fraction of an UPDATE. No trigger fires: the audit trail records the cause, an entry or a reservation.
//!
//! Snapshots are fresh ones. A row that this transaction has written becomes visible when its command ends,
//! so every write here ends a command.

use crate::pg::descriptor;
use crate::pg::relation;
pub use crate::pg::scan::Order;
use crate::pg::scan::{self, Condition, Path, View};
use crate::pg::tuple::Row;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;

/// A table of the ledger, open for writing. It is closed when dropped; its lock is held until the transaction
/// ends.
pub struct Book {
    relation: pg_sys::Relation,
}

/// A row that this transaction has locked.
pub struct LockedRow {
    tuple: pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
}

impl LockedRow {
    /// Its columns.
    pub fn row(&self) -> Row {
        Row::new(self.tuple, self.descriptor)
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        // After an error the resource owner closes it.
        if !std::thread::panicking() {
            // SAFETY: opened in open().
            unsafe { pg_sys::table_close(self.relation, pg_sys::NoLock.cast_signed()) };
        }
    }
}

impl Book {
    /// Opens a table.
    pub fn open(table: &CStr) -> Self {
        // SAFETY: closed in drop().
        Self { relation: unsafe { relation::open(table, pg_sys::RowExclusiveLock) } }
    }

    /// Calls `visit` with the rows that meet all conditions, in the order of `index`, until it answers false.
    pub fn scan(
        &self,
        index: &CStr,
        conditions: &[(&CStr, Condition<'_>)],
        order: Order,
        visit: impl FnMut(&Row, pg_sys::ItemPointerData) -> bool,
    ) {
        // SAFETY: the index belongs to the table; it is closed again, or by the resource owner after an
        // error.
        unsafe {
            let index = pg_sys::index_open(relation::existing(index), pg_sys::AccessShareLock.cast_signed());
            scan::rows(self.relation, &Path::Ordered(index, order), View::Committed, conditions, visit);
            pg_sys::index_close(index, pg_sys::NoLock.cast_signed());
        }
    }

    /// Locks the newest version of a row against other writers, waiting for them; None where it was deleted.
    pub fn lock(&self, mut place: pg_sys::ItemPointerData) -> Option<LockedRow> {
        // SAFETY: locks a row through the table access method, as the executor's LockRows does. The row is
        // copied before the slot, and its pin, are dropped.
        unsafe {
            let slot = pg_sys::table_slot_create(self.relation, std::ptr::null_mut());
            let mut failure = pg_sys::TM_FailureData::default();
            let command = pg_sys::GetCurrentCommandId(true);
            let Some(tuple_lock) = (*(*self.relation).rd_tableam).tuple_lock else {
                pgrx::error!("the table cannot lock its rows");
            };
            let result = pg_sys::ffi::pg_guard_ffi_boundary(|| {
                tuple_lock(
                    self.relation,
                    &raw mut place,
                    std::ptr::null_mut(),
                    slot,
                    command,
                    pg_sys::LockTupleMode::LockTupleNoKeyExclusive,
                    pg_sys::LockWaitPolicy::LockWaitBlock,
                    pg_sys::TUPLE_LOCK_FLAG_FIND_LAST_VERSION as u8,
                    &raw mut failure,
                )
            });
            let locked = match result {
                pg_sys::TM_Result::TM_Ok => {
                    let tuple = pg_sys::ExecFetchSlotHeapTuple(slot, true, std::ptr::null_mut());
                    let tuple = pg_sys::heap_copytuple(tuple);
                    Some(LockedRow { tuple, descriptor: (*self.relation).rd_att })
                }
                pg_sys::TM_Result::TM_Deleted => None,
                other => pgrx::error!("a row of the ledger could not be locked: {other}"),
            };
            pg_sys::ExecDropSingleTupleTableSlot(slot);
            locked
        }
    }

    /// Sets columns of a locked row, and ends the command.
    pub fn replace(&self, row: &mut LockedRow, values: &[(&CStr, Datum)]) {
        // SAFETY: the columns are the table's own, with datums of their types; this transaction holds the
        // row's lock.
        unsafe {
            let mut numbers: Vec<i32> = values
                .iter()
                .map(|(column, _)| i32::from(descriptor::attribute_number(row.descriptor, column)))
                .collect();
            if numbers.iter().any(|number| *number <= 0) {
                pgrx::error!("a table of the ledger lacks a column; call awgp.install(true)");
            }
            let mut datums: Vec<Datum> = values.iter().map(|(_, datum)| *datum).collect();
            let mut nulls = vec![false; values.len()];
            let changed = pg_sys::heap_modify_tuple_by_cols(
                row.tuple,
                row.descriptor,
                i32::try_from(values.len()).unwrap_or(0),
                numbers.as_mut_ptr(),
                datums.as_mut_ptr(),
                nulls.as_mut_ptr(),
            );
            let mut place = (*row.tuple).t_self;
            if let Some(only_summarizing) = update(self.relation, &raw mut place, changed) {
                insert_index_tuples(self.relation, changed, only_summarizing);
            }
            row.tuple = changed;
            pg_sys::CommandCounterIncrement();
        }
    }
}

/// Stores the new version of a row. None where no index needs an entry; true where only summarizing indexes
/// do.
#[cfg(feature = "pg15")]
unsafe fn update(
    relation: pg_sys::Relation,
    place: pg_sys::ItemPointer,
    tuple: pg_sys::HeapTuple,
) -> Option<bool> {
    // SAFETY: the caller holds the row's lock.
    unsafe {
        pg_sys::simple_heap_update(relation, place, tuple);
        let heap_only = u32::from((*(*tuple).t_data).t_infomask2) & pg_sys::HEAP_ONLY_TUPLE != 0;
        (!heap_only).then_some(false)
    }
}

#[cfg(not(feature = "pg15"))]
unsafe fn update(
    relation: pg_sys::Relation,
    place: pg_sys::ItemPointer,
    tuple: pg_sys::HeapTuple,
) -> Option<bool> {
    let mut indexes = pg_sys::TU_UpdateIndexes::TU_None;
    // SAFETY: as above.
    unsafe { pg_sys::simple_heap_update(relation, place, tuple, &raw mut indexes) };
    match indexes {
        pg_sys::TU_UpdateIndexes::TU_None => None,
        pg_sys::TU_UpdateIndexes::TU_Summarizing => Some(true),
        _ => Some(false),
    }
}

/// Inserts index entries for a row version that is not a heap-only tuple, also into an operator's own
/// indexes.
unsafe fn insert_index_tuples(relation: pg_sys::Relation, tuple: pg_sys::HeapTuple, only_summarizing: bool) {
    // SAFETY: as the executor does after an UPDATE; everything is closed before this returns.
    unsafe {
        let estate = pg_sys::CreateExecutorState();
        let result = pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast::<pg_sys::ResultRelInfo>();
        (*result).type_ = pg_sys::NodeTag::T_ResultRelInfo;
        pg_sys::InitResultRelInfo(result, relation, 0, std::ptr::null_mut(), 0);
        pg_sys::ExecOpenIndices(result, false);
        let slot = pg_sys::MakeSingleTupleTableSlot((*relation).rd_att, &raw const pg_sys::TTSOpsHeapTuple);
        pg_sys::ExecStoreHeapTuple(tuple, slot, false);
        (*slot).tts_tableOid = (*relation).rd_id;
        enter(result, slot, estate, only_summarizing);
        pg_sys::ExecDropSingleTupleTableSlot(slot);
        pg_sys::ExecCloseIndices(result);
        pg_sys::FreeExecutorState(estate);
    }
}

#[cfg(feature = "pg15")]
unsafe fn enter(
    result: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    estate: *mut pg_sys::EState,
    _only_summarizing: bool,
) {
    let none = std::ptr::null_mut();
    // SAFETY: the row is stored and the indexes are open.
    unsafe { pg_sys::ExecInsertIndexTuples(result, slot, estate, false, false, none, std::ptr::null_mut()) };
}

#[cfg(not(feature = "pg15"))]
unsafe fn enter(
    result: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    estate: *mut pg_sys::EState,
    only_summarizing: bool,
) {
    let none = std::ptr::null_mut();
    // SAFETY: as above.
    unsafe {
        pg_sys::ExecInsertIndexTuples(
            result,
            slot,
            estate,
            false,
            false,
            none,
            std::ptr::null_mut(),
            only_summarizing,
        )
    };
}
