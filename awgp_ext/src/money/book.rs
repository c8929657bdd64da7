//! Rows of the ledger's tables, found, locked and updated below SQL.
//!
//! A balance changes with every cost, in the middle of the caller's statement. Below SQL, this needs no plan,
//! no privilege and no policy, finds the newest version of the row at every isolation level, and costs a
//! fraction of an UPDATE. No trigger fires: the audit trail records the cause, an entry or a reservation.
//! What AWGP's own CHECKs ask for holds by construction; CHECKs, keys and generated columns that an operator
//! has added are the executor's.
//!
//! Snapshots are fresh ones. A row that this transaction has written becomes visible when its command ends,
//! so every write here ends a command.

use crate::pg::additions;
use crate::pg::descriptor;
use crate::pg::invalidation::on_relation_change;
use crate::pg::relation;
use crate::pg::role::as_owner_past_row_security;
pub use crate::pg::row_lock::LockedRow;
use crate::pg::row_lock::{self, Strength};
pub use crate::pg::scan::Order;
use crate::pg::scan::{self, Condition, Path, View};
use crate::pg::tuple::Row;
use pgrx::pg_sys::{self, Datum};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::CStr;

/// A table of the ledger, open for writing. It is closed when dropped; its lock is held until the transaction
/// ends.
pub struct Book {
    relation: pg_sys::Relation,
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
    pub fn lock(&self, place: pg_sys::ItemPointerData) -> Option<LockedRow> {
        // SAFETY: the table is open.
        unsafe { row_lock::lock(self.relation, place, Strength::Write) }
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
            pg_sys::CheckCmdReplicaIdentity(self.relation, pg_sys::CmdType::CMD_UPDATE);
            if is_plain(self.relation) {
                let mut place = (*row.tuple).t_self;
                if let Some(only_summarizing) = update(self.relation, &raw mut place, changed) {
                    insert_index_tuples(self.relation, changed, only_summarizing);
                }
                row.tuple = changed;
            } else {
                // As the owner: what an operator has added is theirs, not the caller's.
                let name = CStr::from_ptr((*(*self.relation).rd_rel).relname.data.as_ptr());
                let (relation, old) = (self.relation, row.tuple);
                row.tuple = as_owner_past_row_security(name, || update_by_executor(relation, old, changed));
            }
            pg_sys::CommandCounterIncrement();
        }
    }
}

/// True where the server checks this by triggers of its own: keys, and uniqueness that is deferred.
fn is_the_servers(trigger: &pg_sys::Trigger) -> bool {
    trigger.tgisinternal && trigger.tgconstraint != pg_sys::InvalidOid
}

/// Keys of the tables of balances, and to them.
const OWN_KEYS: [&CStr; 7] = [
    c"budget_periods_tenant_id_fkey",
    c"budget_periods_pool_id_fkey",
    c"budget_periods_assistant_id_fkey",
    c"budget_alerts_period_id_fkey",
    c"provider_credit_pools_tenant_id_fkey",
    c"cost_transactions_pool_id_fkey",
    c"credit_reservations_pool_id_fkey",
];

/// Their CHECKs, which hold by construction.
const OWN_CHECKS: [&CStr; 11] = [
    c"budget_periods_scope_check",
    c"budget_periods_subject_check",
    c"budget_periods_window_check",
    c"budget_periods_amounts_check",
    c"budget_periods_remainder_check",
    c"provider_credit_pools_provider_check",
    c"provider_credit_pools_budget_check",
    c"provider_credit_pools_raise_check",
    c"provider_credit_pools_raised_until_check",
    c"provider_credit_pools_balance_check",
    c"provider_credit_pools_reset_day_check",
];

thread_local! {
    /// Whether a table has nothing to check or to compute but what AWGP itself made.
    static PLAIN: RefCell<HashMap<pg_sys::Oid, bool>> = RefCell::new(HashMap::new());
}

/// Listens for changes of tables; called once per backend.
pub fn watch() {
    on_relation_change(|changed| {
        PLAIN.with_borrow_mut(|plain| match changed {
            Some(table) => drop(plain.remove(&table)),
            None => plain.clear(),
        });
    });
}

/// True where the table has nothing to check or to compute but what AWGP itself made, as it was last found.
unsafe fn is_plain(relation: pg_sys::Relation) -> bool {
    // SAFETY: the relation is open.
    let table = unsafe { (*relation).rd_id };
    if let Some(known) = PLAIN.with_borrow(|plain| plain.get(&table).copied()) {
        return known;
    }
    // SAFETY: the relation is open, and locked against changes of its definition.
    let is_plain = unsafe { has_nothing_added(relation) };
    PLAIN.with_borrow_mut(|plain| plain.insert(table, is_plain));
    is_plain
}

/// True where the table has nothing to check or to compute but what AWGP itself made. No key of AWGP's holds
/// a column that changes.
unsafe fn has_nothing_added(relation: pg_sys::Relation) -> bool {
    // SAFETY: the relation is open; a syscache look-up for each trigger.
    unsafe {
        let is_own = |trigger: &pg_sys::Trigger| {
            let name = pg_sys::get_constraint_name(trigger.tgconstraint);
            !name.is_null() && OWN_KEYS.contains(&CStr::from_ptr(name))
        };
        additions::has_only_checks(relation, &OWN_CHECKS)
            && !descriptor::has_unchecked_not_null((*relation).rd_att)
            && additions::triggers((*relation).trigdesc).iter().filter(|one| is_the_servers(one)).all(is_own)
    }
}

/// Stores the new version of a row as the executor does; the server's own triggers fire, and no others.
/// Returns it, with its place.
unsafe fn update_by_executor(
    relation: pg_sys::Relation,
    old: pg_sys::HeapTuple,
    new: pg_sys::HeapTuple,
) -> pg_sys::HeapTuple {
    // SAFETY: this transaction holds the row's lock; everything is closed before this returns.
    unsafe {
        let estate = pg_sys::CreateExecutorState();
        (*estate).es_output_cid = pg_sys::GetCurrentCommandId(true);
        let result = opened(relation);
        (*result).ri_TrigDesc = additions::triggers_that(relation, is_the_servers);
        (*estate).es_opened_result_relations = pg_sys::lappend(std::ptr::null_mut(), result.cast());
        (*estate).es_snapshot = pg_sys::GetActiveSnapshot();
        pg_sys::AfterTriggerBeginQuery();
        let slot_of = |tuple| {
            let slot =
                pg_sys::MakeSingleTupleTableSlot((*relation).rd_att, &raw const pg_sys::TTSOpsHeapTuple);
            pg_sys::ExecStoreHeapTuple(tuple, slot, false);
            slot
        };
        let (search, slot) = (slot_of(old), slot_of(new));
        (*slot).tts_tableOid = (*relation).rd_id;
        let mut again = pg_sys::EPQState::default();
        pg_sys::ExecSimpleRelationUpdate(result, estate, &raw mut again, search, slot);
        pg_sys::AfterTriggerEndQuery(estate);
        let stored = pg_sys::heap_copytuple(pg_sys::ExecFetchSlotHeapTuple(slot, true, std::ptr::null_mut()));
        (*stored).t_self = (*slot).tts_tid;
        pg_sys::ExecDropSingleTupleTableSlot(search);
        pg_sys::ExecDropSingleTupleTableSlot(slot);
        pg_sys::ExecCloseIndices(result);
        // The triggers' own slots.
        pg_sys::ExecResetTupleTable((*estate).es_tupleTable, false);
        pg_sys::FreeExecutorState(estate);
        stored
    }
}

/// The executor's description of a table, with its indexes open.
unsafe fn opened(relation: pg_sys::Relation) -> *mut pg_sys::ResultRelInfo {
    // SAFETY: the relation is open; the caller closes the indexes.
    unsafe {
        let result = pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast::<pg_sys::ResultRelInfo>();
        (*result).type_ = pg_sys::NodeTag::T_ResultRelInfo;
        pg_sys::InitResultRelInfo(result, relation, 0, std::ptr::null_mut(), 0);
        pg_sys::ExecOpenIndices(result, false);
        result
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
        let result = opened(relation);
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
