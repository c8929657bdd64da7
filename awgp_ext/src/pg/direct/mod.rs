//! Rows of AWGP's own tables, written one by one without a statement around them.
//!
//! A statement that writes one row starts and ends an executor, and its foreign keys start one each: of a
//! governed action that was a third. Here a row is written as the server's own worker of logical
//! replication writes it: triggers before the row, NOT NULL and CHECKs, the table, its indexes, triggers
//! after the row. What does not change from one row to the next is kept for the session ([`prepared`]).
//!
//! Only rows of a table with nothing but AWGP's own triggers and policies and plain indexes are written so.
//! Whatever an operator adds that wants a statement (their own triggers, rules, policies, generated columns,
//! domains, functions, indexes of another kind) makes [`Target::insert`] and [`Target::update`] answer None,
//! and the caller runs its statement.

mod policy;
mod prepared;

use super::row_lock;
use super::transaction::refuse_read_only;
use super::tuple::Row;
use crate::context;
use crate::pg::datum::from_sql;
use crate::pg::descriptor;
use crate::pg::relation;
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum};
use prepared::Prepared;
use std::ffi::CStr;
use std::rc::Rc;

pub use prepared::watch;

/// A table of AWGP's that one place of the code writes.
pub struct Target {
    table: &'static CStr,
    /// Foreign keys whose rows this place has locked, or has made, before it writes: they exist and stay
    /// until the transaction ends, which is all that the server's check would find out. The reason for each
    /// stands beside the target.
    proven: &'static [&'static CStr],
}

/// As whom a row is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// As the table's owner, past row-level security; the caller is in
    /// [`super::role::as_owner_past_row_security`].
    Owner,
    /// With the current role's own privileges and under the table's policies; the row is returned.
    Caller,
}

/// The executor's state for one row.
struct Writing {
    relation: pg_sys::Relation,
    prepared: Rc<Prepared>,
    estate: *mut pg_sys::EState,
    result: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
}

impl Target {
    /// A table, and the foreign keys that need no check.
    pub const fn new(table: &'static CStr, proven: &'static [&'static CStr]) -> Self {
        Self { table, proven }
    }

    /// Inserts a row with these columns, and the defaults of all others, and passes it to `read` as it was
    /// stored. None, and nothing has happened, where a statement has to do it.
    ///
    /// The datums have the columns' types; a numeric is rounded to its column's scale.
    pub fn insert<T>(
        &self,
        access: Access,
        columns: &[(&CStr, Option<Datum>)],
        read: impl FnOnce(&Row) -> T,
    ) -> Option<T> {
        refuse_read_only(c"this function");
        // SAFETY: the relation is closed when the writing ends; after an error the resource owner does it.
        unsafe {
            hear_of_changes();
            let relation = relation::open(self.table, pg_sys::RowExclusiveLock);
            let prepared = prepared::of(relation, self.proven).filter(|prepared| {
                prepared.may_insert
                    && !prepared.has_foreign_default(|place| is_given(relation, columns, place))
                    && (access == Access::Owner || may_write(relation, prepared, columns))
            });
            let Some(prepared) = prepared else {
                pg_sys::table_close(relation, pg_sys::NoLock.cast_signed());
                return None;
            };
            let writing = Writing::begin(relation, prepared);
            pg_sys::ExecBSInsertTriggers(writing.estate, writing.result);
            writing.fill(columns);
            pg_sys::ExecSimpleRelationInsert(writing.result, writing.estate, writing.slot);
            Some(writing.end(read))
        }
    }

    /// True where a statement of the current role would read all rows of the tenant in context: what of them
    /// is found without one is then no more than it may see.
    pub fn may_read(&self) -> bool {
        // SAFETY: the relation is open while it is asked; the rest are syscache look-ups.
        unsafe {
            hear_of_changes();
            let relation = relation::open(self.table, pg_sys::AccessShareLock);
            let answer = prepared::of(relation, self.proven).is_some_and(|prepared| {
                is_granted(relation, pg_sys::ACL_SELECT)
                    && (!policies_bind(relation)
                        || prepared.policies.read_own
                            && prepared.policies.may_be_asked()
                            && context::own().is_some())
            });
            pg_sys::table_close(relation, pg_sys::NoLock.cast_signed());
            answer
        }
    }

    /// Sets columns of a row that this transaction has locked, as the table's owner. None, and nothing has
    /// happened, where a statement has to do it, also because this transaction has changed the row since.
    pub fn update(&self, locked: pg_sys::HeapTuple, columns: &[(&CStr, Option<Datum>)]) -> Option<()> {
        refuse_read_only(c"this function");
        // SAFETY: as above. The tuple is the table's own, copied with its place.
        unsafe {
            let relation = relation::open(self.table, pg_sys::RowExclusiveLock);
            let prepared = prepared::of(relation, self.proven)
                .filter(|prepared| prepared.may_update && row_lock::is_newest(relation, locked));
            let Some(prepared) = prepared else {
                pg_sys::table_close(relation, pg_sys::NoLock.cast_signed());
                return None;
            };
            let writing = Writing::begin(relation, prepared);
            pg_sys::ExecBSUpdateTriggers(writing.estate, writing.result);
            let old =
                pg_sys::MakeSingleTupleTableSlot((*relation).rd_att, &raw const pg_sys::TTSOpsHeapTuple);
            pg_sys::ExecStoreHeapTuple(locked, old, false);
            writing.copy_and_set(old, columns);
            // Consulted only where another transaction has changed the row, and this one holds its lock.
            let mut again = pg_sys::EPQState::default();
            pg_sys::ExecSimpleRelationUpdate(
                writing.result,
                writing.estate,
                &raw mut again,
                old,
                writing.slot,
            );
            pg_sys::ExecDropSingleTupleTableSlot(old);
            writing.end(|_| ());
            Some(())
        }
    }
}

/// Hears of what others have committed: a policy, a function, a tenant that works no more. A statement hears
/// of it when it locks a table for the first time in its transaction.
unsafe fn hear_of_changes() {
    // SAFETY: as whenever a table is locked.
    unsafe { pg_sys::AcceptInvalidationMessages() };
}

/// True where the current role may write and read the table as a whole, and its policies allow the row of
/// the tenant in context, which these columns have. Where not, a statement raises the right error, or finds
/// that single columns are enough.
unsafe fn may_write(
    relation: pg_sys::Relation,
    prepared: &Prepared,
    columns: &[(&CStr, Option<Datum>)],
) -> bool {
    // SAFETY: as the caller guarantees.
    unsafe {
        is_granted(relation, pg_sys::ACL_INSERT)
            && is_granted(relation, pg_sys::ACL_SELECT)
            && (!policies_bind(relation)
                || prepared.policies.insert_own
                    && prepared.policies.read_own
                    && prepared.policies.may_be_asked()
                    && is_of_own_tenant(columns))
    }
}

/// True where the row is of the tenant in context, which works.
unsafe fn is_of_own_tenant(columns: &[(&CStr, Option<Datum>)]) -> bool {
    let tenant = columns.iter().find(|(name, _)| *name == c"tenant_id").and_then(|(_, value)| *value);
    // SAFETY: a column's datum has its type.
    let tenant = tenant.and_then(|value| unsafe { pgrx::Uuid::from_datum(value, false) });
    tenant.is_some_and(|tenant| context::own() == Some(from_sql(&tenant)))
}

/// True where one of the columns has this place, from 0.
unsafe fn is_given(relation: pg_sys::Relation, columns: &[(&CStr, Option<Datum>)], place: usize) -> bool {
    // SAFETY: the relation is open.
    unsafe {
        columns.iter().any(|(name, _)| {
            descriptor::column((*relation).rd_att, name).is_some_and(|number| number.get() == place + 1)
        })
    }
}

unsafe fn is_granted(relation: pg_sys::Relation, mode: u32) -> bool {
    // SAFETY: the relation is open; a syscache look-up.
    unsafe {
        pg_sys::pg_class_aclcheck((*relation).rd_id, pg_sys::GetUserId(), pg_sys::AclMode::from(mode))
            == pg_sys::AclResult::ACLCHECK_OK
    }
}

/// Raises, as a statement does, where row_security is off and policies apply.
unsafe fn policies_bind(relation: pg_sys::Relation) -> bool {
    // SAFETY: the relation is open; a syscache look-up.
    unsafe {
        pg_sys::check_enable_rls((*relation).rd_id, pg_sys::InvalidOid, false)
            == pg_sys::CheckEnableRlsResult::RLS_ENABLED as i32
    }
}

impl Writing {
    /// # Safety
    /// The relation is open, and what is prepared is its.
    unsafe fn begin(relation: pg_sys::Relation, prepared: Rc<Prepared>) -> Self {
        // SAFETY: all of it lives in the executor state's memory, which end() frees; after an error it goes
        // with the transaction's memory.
        unsafe {
            let estate = pg_sys::CreateExecutorState();
            let outer = pg_sys::MemoryContextSwitchTo((*estate).es_query_cxt);
            let result = prepared.result(relation);
            (*estate).es_opened_result_relations = pg_sys::lappend(std::ptr::null_mut(), result.cast());
            (*estate).es_output_cid = pg_sys::GetCurrentCommandId(true);
            (*estate).es_snapshot = pg_sys::GetActiveSnapshot();
            let slot = pg_sys::table_slot_create(relation, std::ptr::null_mut());
            pg_sys::MemoryContextSwitchTo(outer);
            pg_sys::AfterTriggerBeginQuery();
            Self { relation, prepared, estate, result, slot }
        }
    }

    /// Fills the slot with a new row.
    unsafe fn fill(&self, columns: &[(&CStr, Option<Datum>)]) {
        // SAFETY: the slot is as wide as the relation's descriptor.
        unsafe {
            let (values, nulls) = self.open_slot();
            nulls.fill(true);
            self.set(values, nulls, columns);
            let context = pg_sys::MakePerTupleExprContext(self.estate);
            let outer = pg_sys::MemoryContextSwitchTo((*self.estate).es_query_cxt);
            for (place, default) in self.prepared.defaults() {
                if !is_given(self.relation, columns, place) {
                    values[place] = pg_sys::ExecEvalExpr(default, context, &raw mut nulls[place]);
                }
            }
            pg_sys::MemoryContextSwitchTo(outer);
            pg_sys::ExecStoreVirtualTuple(self.slot);
        }
    }

    /// Fills the slot with a row that is stored, and sets columns of it.
    unsafe fn copy_and_set(&self, old: *mut pg_sys::TupleTableSlot, columns: &[(&CStr, Option<Datum>)]) {
        // SAFETY: both slots have the relation's descriptor; the old one outlives the new one's use.
        unsafe {
            pg_sys::slot_getallattrs(old);
            let (values, nulls) = self.open_slot();
            values.copy_from_slice(std::slice::from_raw_parts((*old).tts_values, values.len()));
            nulls.copy_from_slice(std::slice::from_raw_parts((*old).tts_isnull, nulls.len()));
            self.set(values, nulls, columns);
            pg_sys::ExecStoreVirtualTuple(self.slot);
        }
    }

    /// The cleared slot's values, and which of them are NULL.
    unsafe fn open_slot(&self) -> (&'static mut [Datum], &'static mut [bool]) {
        // SAFETY: the slot's arrays are as wide as its descriptor, and live as long as the slot.
        unsafe {
            if let Some(clear) = (*(*self.slot).tts_ops).clear {
                clear(self.slot);
            }
            let width = usize::try_from((*(*self.slot).tts_tupleDescriptor).natts).unwrap_or(0);
            (
                std::slice::from_raw_parts_mut((*self.slot).tts_values, width),
                std::slice::from_raw_parts_mut((*self.slot).tts_isnull, width),
            )
        }
    }

    unsafe fn set(&self, values: &mut [Datum], nulls: &mut [bool], columns: &[(&CStr, Option<Datum>)]) {
        // SAFETY: the names are looked up in the relation's descriptor, which is as wide as both slices.
        unsafe {
            for (name, value) in columns {
                let place = descriptor::column((*self.relation).rd_att, name).map(|number| number.get() - 1);
                let Some(place) = place else {
                    pgrx::error!("a table lacks the column {}; call awgp.migrate()", name.to_string_lossy());
                };
                nulls[place] = value.is_none();
                values[place] = value.map_or(Datum::null(), |value| self.prepared.rounded(place, value));
            }
        }
    }

    /// Fires the triggers after the row, and ends the command, as a statement does.
    unsafe fn end<T>(self, read: impl FnOnce(&Row) -> T) -> T {
        // SAFETY: everything was opened in begin().
        unsafe {
            pg_sys::AfterTriggerEndQuery(self.estate);
            pg_sys::CommandCounterIncrement();
            let tuple = pg_sys::ExecFetchSlotHeapTuple(self.slot, true, std::ptr::null_mut());
            let answer = read(&Row::new(tuple, (*self.relation).rd_att));
            pg_sys::ExecCloseIndices(self.result);
            pg_sys::ExecDropSingleTupleTableSlot(self.slot);
            // The triggers' own slots.
            pg_sys::ExecResetTupleTable((*self.estate).es_tupleTable, false);
            pg_sys::FreeExecutorState(self.estate);
            pg_sys::table_close(self.relation, pg_sys::NoLock.cast_signed());
            answer
        }
    }
}
