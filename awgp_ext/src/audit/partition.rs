//! A partition of audit_logs, open for the chain's rows.
//!
//! A row goes in through the executor's own insertion, so that indexes, constraints and triggers are the table's.
//! That insertion reads the text of every CHECK and of the partition's bounds and compiles both, once a
//! transaction: for a transaction of one row, several times the row itself. So where the partition has nothing
//! but what AWGP gave it, which the chain's rows meet by construction, the row goes to the table and its indexes
//! directly. Whatever an operator has added sends it the long way.

use super::wait;
use crate::pg::descriptor;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;

/// What AWGP itself gives a partition, and the chain's rows meet by construction.
const OWN_CHECKS: [&CStr; 1] = [c"audit_logs_actor_type_check"];
const OWN_TRIGGER_FUNCTION: &CStr = c"guard_audit";

/// A partition that is open for writing; its columns are given in the order of the N names it was opened with.
pub struct Partition<const N: usize> {
    oid: pg_sys::Oid,
    relation: pg_sys::Relation,
    result: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    /// Places of the columns in this partition, from 0.
    places: [usize; N],
    /// Nothing is asked of a row but what AWGP itself asks.
    plain: bool,
}

impl<const N: usize> Partition<N> {
    /// Opens the partition as a COPY opens its target.
    ///
    /// # Safety
    /// `estate` lives until [`Self::close`]; after an error the resource owner closes the relation.
    pub unsafe fn open(oid: pg_sys::Oid, columns: &[&CStr; N], estate: *mut pg_sys::EState) -> Self {
        // SAFETY: made in the query's own memory, as the executor does.
        unsafe {
            let outer = pg_sys::MemoryContextSwitchTo((*estate).es_query_cxt);
            wait::lock_relation(oid, pg_sys::RowExclusiveLock);
            let relation = pg_sys::table_open(oid, pg_sys::NoLock.cast_signed());
            let result = pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast::<pg_sys::ResultRelInfo>();
            (*result).type_ = pg_sys::NodeTag::T_ResultRelInfo;
            pg_sys::InitResultRelInfo(result, relation, 0, std::ptr::null_mut(), 0);
            pg_sys::ExecOpenIndices(result, false);
            let slot = pg_sys::table_slot_create(relation, std::ptr::null_mut());
            let places = columns.map(|column| place_of(relation, column));
            pg_sys::MemoryContextSwitchTo(outer);
            Self { oid, relation, result, slot, places, plain: is_plain(relation) }
        }
    }

    /// The partition's oid.
    pub fn oid(&self) -> pg_sys::Oid {
        self.oid
    }

    /// Stores one row.
    ///
    /// # Safety
    /// The datums are of the columns' types, and live until this returns.
    pub unsafe fn insert(&self, values: [Option<Datum>; N], estate: *mut pg_sys::EState) {
        let slot = self.slot;
        // SAFETY: the slot is this relation's; every place is below its width.
        unsafe {
            clear(slot);
            let width = usize::try_from((*(*slot).tts_tupleDescriptor).natts).unwrap_or(0);
            let nulls = std::slice::from_raw_parts_mut((*slot).tts_isnull, width);
            nulls.fill(true);
            for (place, value) in self.places.into_iter().zip(values) {
                let Some(value) = value else { continue };
                *(*slot).tts_values.add(place) = value;
                nulls[place] = false;
            }
            pg_sys::ExecStoreVirtualTuple(slot);
            if self.plain {
                pg_sys::simple_table_tuple_insert(self.relation, slot);
                insert_index_tuples(self.result, slot, estate);
            } else {
                pg_sys::ExecSimpleRelationInsert(self.result, estate, slot);
            }
            clear(slot);
        }
    }

    /// Closes it; locks stay until the transaction ends.
    ///
    /// # Safety
    /// Once, and before the executor's state that it was opened with is freed.
    pub unsafe fn close(self) {
        // SAFETY: opened in open().
        unsafe {
            pg_sys::ExecCloseIndices(self.result);
            pg_sys::ExecDropSingleTupleTableSlot(self.slot);
            pg_sys::table_close(self.relation, pg_sys::NoLock.cast_signed());
        }
    }
}

/// The place of a column, from 0.
unsafe fn place_of(relation: pg_sys::Relation, column: &CStr) -> usize {
    // SAFETY: the relation is open.
    let number = unsafe { descriptor::column((*relation).rd_att, column) };
    number
        .map(|number| number.get() - 1)
        .unwrap_or_else(|| pgrx::error!("the audit trail has lost its column {}", column.to_string_lossy()))
}

/// True where the table asks nothing of a row but what AWGP itself asks.
unsafe fn is_plain(relation: pg_sys::Relation) -> bool {
    // SAFETY: the relation is open; its descriptor holds as many checks and triggers as it says.
    unsafe {
        let descriptor = (*relation).rd_att;
        let constraints = (*descriptor).constr;
        let checks_are_own = constraints.is_null()
            || !has_generated_column(constraints)
                && (0..usize::from((*constraints).num_check)).all(|number| {
                    let name = CStr::from_ptr((*(*constraints).check.add(number)).ccname);
                    OWN_CHECKS.contains(&name)
                });
        checks_are_own
            && only_columns_of_ours_are_not_null(relation)
            && triggers_are_own((*relation).trigdesc)
    }
}

/// A column that an operator added NOT NULL would be left empty: the executor says so.
unsafe fn only_columns_of_ours_are_not_null(relation: pg_sys::Relation) -> bool {
    const NEVER_EMPTY: [&CStr; 9] = [
        c"id",
        c"timestamp",
        c"tenant_id",
        c"actor_type",
        c"action",
        c"entity_type",
        c"integrity_hash",
        c"chain_lane",
        c"chain_seq",
    ];
    // SAFETY: as above.
    unsafe {
        descriptor::attributes((*relation).rd_att)
            .filter(|attribute| attribute.attnotnull)
            .all(|attribute| NEVER_EMPTY.contains(&CStr::from_ptr(attribute.attname.data.as_ptr())))
    }
}

#[cfg(not(any(feature = "pg15", feature = "pg16", feature = "pg17")))]
unsafe fn has_generated_column(constraints: *const pg_sys::TupleConstr) -> bool {
    // SAFETY: the caller's.
    unsafe { (*constraints).has_generated_stored || (*constraints).has_generated_virtual }
}

#[cfg(any(feature = "pg15", feature = "pg16", feature = "pg17"))]
unsafe fn has_generated_column(constraints: *const pg_sys::TupleConstr) -> bool {
    // SAFETY: the caller's.
    unsafe { (*constraints).has_generated_stored }
}

/// True where no row trigger fires on INSERT but the guard, which lets the chain's rows pass.
unsafe fn triggers_are_own(triggers: *const pg_sys::TriggerDesc) -> bool {
    const ROW_INSERT: u32 = pg_sys::TRIGGER_TYPE_ROW | pg_sys::TRIGGER_TYPE_INSERT;
    let fires = |kind: i16| u32::from(kind.cast_unsigned()) & ROW_INSERT == ROW_INSERT;
    // SAFETY: numtriggers triggers stand behind the description.
    unsafe {
        if triggers.is_null() {
            return true;
        }
        let count = usize::try_from((*triggers).numtriggers).unwrap_or(0);
        !(*triggers).trig_insert_new_table
            && std::slice::from_raw_parts((*triggers).triggers, count)
                .iter()
                .filter(|trigger| fires(trigger.tgtype))
                .all(|trigger| is_own_function(trigger.tgfoid))
    }
}

unsafe fn is_own_function(function: pg_sys::Oid) -> bool {
    // SAFETY: syscache look-ups.
    unsafe {
        let name = pg_sys::get_func_name(function);
        !name.is_null()
            && CStr::from_ptr(name) == OWN_TRIGGER_FUNCTION
            && pg_sys::get_func_namespace(function) == pg_sys::get_namespace_oid(c"awgp".as_ptr(), true)
    }
}

#[cfg(feature = "pg15")]
unsafe fn insert_index_tuples(
    result: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    estate: *mut pg_sys::EState,
) {
    let none = std::ptr::null_mut();
    // SAFETY: the row was stored, the indexes are open. Unique keys are checked, and raise.
    unsafe { pg_sys::ExecInsertIndexTuples(result, slot, estate, false, false, none, std::ptr::null_mut()) };
}

#[cfg(not(feature = "pg15"))]
unsafe fn insert_index_tuples(
    result: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    estate: *mut pg_sys::EState,
) {
    let none = std::ptr::null_mut();
    // SAFETY: as above.
    unsafe {
        pg_sys::ExecInsertIndexTuples(result, slot, estate, false, false, none, std::ptr::null_mut(), false)
    };
}

unsafe fn clear(slot: *mut pg_sys::TupleTableSlot) {
    // SAFETY: every slot has its operations.
    unsafe {
        if let Some(clear) = (*(*slot).tts_ops).clear {
            clear(slot);
        }
    }
}
