//! A partition of audit_logs, open for the chain's rows.
//!
//! A row is inserted through the executor, so that the table's indexes, constraints and triggers apply. The
//! executor parses and compiles every CHECK and the partition's bounds once per transaction; for a
//! transaction of one row, this costs several times the row itself. So where a partition has only what AWGP
//! itself created, which the chain's rows satisfy by construction, the row is written to the table and its
//! indexes directly. Whatever an operator has added to be checked or fired makes it go through the executor.
//! A column that they have added has its default either way.

use super::wait;
use crate::pg::additions;
use crate::pg::catalog;
use crate::pg::descriptor;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;

/// What AWGP itself creates on a partition; the chain's rows satisfy it by construction.
const OWN_CHECKS: [&CStr; 1] = [c"audit_logs_actor_type_check"];
const OWN_TRIGGER_FUNCTION: &CStr = c"guard_audit";

/// A partition open for writing; values are passed in the order of the N column names it was opened with.
pub struct Partition<const N: usize> {
    oid: pg_sys::Oid,
    relation: pg_sys::Relation,
    result: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    /// Positions of the columns in this partition, counted from 0.
    places: [usize; N],
    /// Columns that an operator has added with a default: positions, and it.
    defaults: Vec<(usize, *mut pg_sys::ExprState)>,
    /// True where the table checks nothing beyond what AWGP itself created.
    plain: bool,
}

impl<const N: usize> Partition<N> {
    /// Opens the partition as a COPY opens its target.
    ///
    /// # Safety
    /// `estate` lives until [`Self::close`]; after an error the resource owner closes the relation.
    pub unsafe fn open(oid: pg_sys::Oid, columns: &[&CStr; N], estate: *mut pg_sys::EState) -> Self {
        // SAFETY: allocated in the query's memory context, as the executor does.
        unsafe {
            let outer = pg_sys::MemoryContextSwitchTo((*estate).es_query_cxt);
            wait::lock_relation(oid, pg_sys::RowExclusiveLock);
            let relation = pg_sys::table_open(oid, pg_sys::NoLock.cast_signed());
            let result = pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast::<pg_sys::ResultRelInfo>();
            (*result).type_ = pg_sys::NodeTag::T_ResultRelInfo;
            pg_sys::InitResultRelInfo(result, relation, 0, std::ptr::null_mut(), 0);
            pg_sys::ExecOpenIndices(result, false);
            // Where triggers after a row look for their table; otherwise they open it once more.
            let opened = (*estate).es_opened_result_relations;
            (*estate).es_opened_result_relations = pg_sys::lappend(opened, result.cast());
            let slot = pg_sys::table_slot_create(relation, std::ptr::null_mut());
            let places = columns.map(|column| place_of(relation, column));
            let defaults = defaults(relation, &places);
            pg_sys::MemoryContextSwitchTo(outer);
            Self { oid, relation, result, slot, places, defaults, plain: is_plain(relation) }
        }
    }

    /// The partition's oid.
    pub fn oid(&self) -> pg_sys::Oid {
        self.oid
    }

    /// Stores one row.
    ///
    /// # Safety
    /// The datums have the columns' types, and live until this returns.
    pub unsafe fn insert(&self, values: [Option<Datum>; N], estate: *mut pg_sys::EState) {
        let slot = self.slot;
        // SAFETY: the slot belongs to this relation; every position is below its width.
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
            for (place, default) in &self.defaults {
                let context = pg_sys::MakePerTupleExprContext(estate);
                *(*slot).tts_values.add(*place) =
                    pg_sys::ExecEvalExprSwitchContext(*default, context, nulls.as_mut_ptr().add(*place));
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

    /// Closes it; locks are held until the transaction ends.
    ///
    /// # Safety
    /// Called once, and before the executor state that it was opened with is freed.
    pub unsafe fn close(self) {
        // SAFETY: opened in open().
        unsafe {
            pg_sys::ExecCloseIndices(self.result);
            pg_sys::ExecDropSingleTupleTableSlot(self.slot);
            pg_sys::table_close(self.relation, pg_sys::NoLock.cast_signed());
        }
    }
}

/// The position of a column, counted from 0.
unsafe fn place_of(relation: pg_sys::Relation, column: &CStr) -> usize {
    // SAFETY: the relation is open.
    let number = unsafe { descriptor::column((*relation).rd_att, column) };
    number
        .map(|number| number.get() - 1)
        .unwrap_or_else(|| pgrx::error!("the audit trail has no column {}", column.to_string_lossy()))
}

/// The defaults of columns that are not among these places, in the current memory context.
unsafe fn defaults(relation: pg_sys::Relation, places: &[usize]) -> Vec<(usize, *mut pg_sys::ExprState)> {
    // SAFETY: numbers come from the open relation's descriptor.
    unsafe {
        let added = descriptor::attributes((*relation).rd_att)
            .filter(|attribute| attribute.attgenerated == 0)
            .filter_map(|attribute| {
                Some((attribute, usize::try_from(attribute.attnum).ok()?.checked_sub(1)?))
            })
            .filter(|(_, place)| !places.contains(place));
        let default = |(attribute, place): (&pg_sys::FormData_pg_attribute, usize)| {
            let default = pg_sys::build_column_default(relation, i32::from(attribute.attnum));
            if default.is_null() && descriptor::is_of_domain(attribute) {
                // Raises where the domain refuses NULL, which is what a row gets.
                let none = std::ptr::null_mut();
                pg_sys::domain_check(Datum::null(), true, attribute.atttypid, none, std::ptr::null_mut());
            }
            (!default.is_null()).then(|| {
                let planned = pg_sys::expression_planner(default.cast());
                (place, pg_sys::ExecInitExpr(planned, std::ptr::null_mut()))
            })
        };
        added.filter_map(default).collect()
    }
}

/// True where the table checks nothing beyond what AWGP itself created.
unsafe fn is_plain(relation: pg_sys::Relation) -> bool {
    // SAFETY: the relation is open; its descriptor has as many checks and triggers as it counts.
    unsafe {
        additions::has_only_checks(relation, &OWN_CHECKS)
            && only_columns_of_ours_are_not_null(relation)
            && triggers_are_own((*relation).trigdesc)
    }
}

/// False where an operator has added a NOT NULL column: its default may be NULL, and the executor must raise
/// the error.
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

/// True where the only row trigger that fires on INSERT is the guard, which allows the chain's rows.
unsafe fn triggers_are_own(triggers: *const pg_sys::TriggerDesc) -> bool {
    const ROW_INSERT: u32 = pg_sys::TRIGGER_TYPE_ROW | pg_sys::TRIGGER_TYPE_INSERT;
    let fires = |kind: i16| u32::from(kind.cast_unsigned()) & ROW_INSERT == ROW_INSERT;
    // SAFETY: the description has numtriggers triggers.
    unsafe {
        triggers.is_null()
            || !(*triggers).trig_insert_new_table
                && additions::triggers(triggers)
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
            && catalog::is_own_c_function(function)
    }
}

#[cfg(feature = "pg15")]
unsafe fn insert_index_tuples(
    result: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    estate: *mut pg_sys::EState,
) {
    let none = std::ptr::null_mut();
    // SAFETY: the row is stored and the indexes are open. Unique keys are checked, and raise errors.
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
