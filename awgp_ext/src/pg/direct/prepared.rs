//! What does not change from one row of a table to the next, kept for the session until the table changes.

use super::policy::{self, Policies};
use crate::pg::additions;
use crate::pg::catalog;
use crate::pg::compiled_checks;
use crate::pg::descriptor;
use crate::pg::invalidation::{on_function_change, on_relation_change};
use crate::pg::outdated;
use pgrx::pg_sys::{self, Datum};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{CStr, c_char};
use std::rc::Rc;

/// A table, ready to be written.
pub struct Prepared {
    /// Without what belongs to one statement: open relations and indexes, slots, looked-up functions.
    template: pg_sys::ResultRelInfo,
    triggers: usize,
    indexes: Vec<pg_sys::Oid>,
    /// Columns with a default.
    defaults: Vec<Filled>,
    /// Columns, from 0, whose default calls what may be redefined meanwhile.
    foreign_defaults: Vec<usize>,
    /// Numeric columns with a scale.
    scales: Vec<Scaled>,
    /// Its policies.
    pub policies: Policies,
    /// False where an INSERT needs a statement.
    pub may_insert: bool,
    /// False where an UPDATE needs a statement.
    pub may_update: bool,
}

/// A column's place, from 0, and its default.
type Filled = (usize, *mut pg_sys::ExprState);

/// A numeric column's place, from 0, and its type modifier.
type Scaled = (usize, i32);

/// By table and by the foreign keys that need no check; None where it needs a statement.
type Kept = HashMap<(pg_sys::Oid, usize), (pg_sys::MemoryContext, Option<Rc<Prepared>>)>;

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::new(HashMap::new());
    /// Counts the changes: what was prepared during one is not kept.
    static CHANGES: Cell<u64> = const { Cell::new(0) };
}

/// Listens for changes of tables; called once per backend.
pub fn watch() {
    on_relation_change(forget);
    // Triggers, and what policies call.
    on_function_change(|| forget(None));
}

/// The table has changed; for None, any may have.
fn forget(changed: Option<pg_sys::Oid>) {
    CHANGES.set(CHANGES.get().wrapping_add(1));
    KEPT.with_borrow_mut(|kept| {
        kept.retain(|(table, _), (memory, _)| {
            let stays = changed.is_some_and(|changed| changed != *table);
            if !stays {
                outdated::add(*memory);
            }
            stays
        });
    });
}

/// The open relation, prepared; None where a statement has to write it.
///
/// # Safety
/// The relation is open, and locked against changes of its definition.
pub unsafe fn of(relation: pg_sys::Relation, proven: &'static [&'static CStr]) -> Option<Rc<Prepared>> {
    // SAFETY: the caller guarantees an open relation.
    let key = (unsafe { (*relation).rd_id }, proven.as_ptr().addr());
    if let Some(known) =
        KEPT.with_borrow(|kept| kept.get(&key).map(|(_, prepared)| prepared.as_ref().map(Rc::clone)))
    {
        return known;
    }
    let before = CHANGES.get();
    // SAFETY: the memory belongs to the transaction until all is prepared, so after an error it goes with it.
    let (memory, prepared) = unsafe {
        let memory = pg_sys::AllocSetContextCreateInternal(
            pg_sys::CurTransactionContext,
            c"awgp prepared table".as_ptr(),
            pg_sys::ALLOCSET_SMALL_MINSIZE as usize,
            pg_sys::ALLOCSET_SMALL_INITSIZE as usize,
            pg_sys::ALLOCSET_SMALL_MAXSIZE as usize,
        );
        let outer = pg_sys::MemoryContextSwitchTo(memory);
        let prepared = prepare(relation, proven).map(Rc::new);
        pg_sys::MemoryContextSwitchTo(outer);
        pg_sys::MemoryContextSetParent(memory, pg_sys::CacheMemoryContext);
        (memory, prepared)
    };
    if CHANGES.get() == before {
        KEPT.with_borrow_mut(|kept| kept.insert(key, (memory, prepared.as_ref().map(Rc::clone))));
    } else {
        outdated::add(memory);
    }
    prepared
}

unsafe fn prepare(relation: pg_sys::Relation, proven: &[&CStr]) -> Option<Prepared> {
    // SAFETY: the relation is open; everything is made in the current memory context, which is kept.
    unsafe {
        let class = &*(*relation).rd_rel;
        let constraints = (*(*relation).rd_att).constr;
        let is_plain = class.relkind == pg_sys::RELKIND_RELATION.cast_signed() as c_char
            && !class.relispartition
            && (*relation).rd_rules.is_null()
            && (constraints.is_null() || !descriptor::has_generated_column(constraints));
        if !is_plain {
            return None;
        }
        let columns = columns(relation)?;
        let (indexes, infos) = indexes(relation)?;
        let triggers = additions::triggers_that(relation, |trigger| !is_proven(trigger, proven));
        let mut template = pg_sys::ResultRelInfo {
            type_: pg_sys::NodeTag::T_ResultRelInfo,
            ri_NumIndices: i32::try_from(indexes.len()).unwrap_or(0),
            ri_IndexRelationInfo: infos,
            ri_TrigDesc: triggers,
            ..Default::default()
        };
        compiled_checks::hand_to(&raw mut template, relation);
        let count = additions::triggers(triggers).len();
        let all = |kind: u32| all_are_own(triggers, kind);
        Some(Prepared {
            template,
            triggers: count,
            indexes,
            defaults: columns.defaults,
            foreign_defaults: columns.foreign_defaults,
            scales: columns.scales,
            policies: policy::look(relation),
            may_insert: all(pg_sys::TRIGGER_TYPE_INSERT),
            may_update: all(pg_sys::TRIGGER_TYPE_UPDATE),
        })
    }
}

/// What the columns ask for.
#[derive(Default)]
struct Columns {
    defaults: Vec<Filled>,
    foreign_defaults: Vec<usize>,
    scales: Vec<Scaled>,
}

/// The types of the columns that callers fill: a datum of another type would be misread.
const TYPES: [(&CStr, pg_sys::Oid); 46] = [
    (c"action", pg_sys::TEXTOID),
    (c"amount", pg_sys::NUMERICOID),
    (c"approval_id", pg_sys::UUIDOID),
    (c"approver_id", pg_sys::UUIDOID),
    (c"approver_ids", pg_sys::UUIDARRAYOID),
    (c"approver_issuer", pg_sys::TEXTOID),
    (c"approver_subject", pg_sys::TEXTOID),
    (c"arguments", pg_sys::JSONBOID),
    (c"arguments_digest", pg_sys::TEXTOID),
    (c"asked_risk_level", pg_sys::INT4OID),
    (c"assistant_id", pg_sys::UUIDOID),
    (c"begin_digest", pg_sys::TEXTOID),
    (c"begun_at", pg_sys::TIMESTAMPTZOID),
    (c"comment", pg_sys::TEXTOID),
    (c"context", pg_sys::JSONBOID),
    (c"cost_amount", pg_sys::NUMERICOID),
    (c"cost_remainder", pg_sys::NUMERICOID),
    (c"cost_transaction_id", pg_sys::UUIDOID),
    (c"decided_at", pg_sys::TIMESTAMPTZOID),
    (c"decision", pg_sys::TEXTOID),
    (c"delegation_id", pg_sys::UUIDOID),
    (c"description", pg_sys::TEXTOID),
    (c"estimated_cost", pg_sys::NUMERICOID),
    (c"expires_at", pg_sys::TIMESTAMPTZOID),
    (c"finish_digest", pg_sys::TEXTOID),
    (c"finished_at", pg_sys::TIMESTAMPTZOID),
    (c"idempotency_key", pg_sys::TEXTOID),
    (c"input_tokens", pg_sys::INT4OID),
    (c"metadata", pg_sys::JSONBOID),
    (c"model", pg_sys::TEXTOID),
    (c"on_behalf_of", pg_sys::UUIDOID),
    (c"on_behalf_of_subject", pg_sys::TEXTOID),
    (c"output_tokens", pg_sys::INT4OID),
    (c"provider", pg_sys::TEXTOID),
    (c"request_digest", pg_sys::TEXTOID),
    (c"request_digest_version", pg_sys::INT4OID),
    (c"requested_by", pg_sys::UUIDOID),
    (c"reservation_id", pg_sys::UUIDOID),
    (c"result", pg_sys::JSONBOID),
    (c"risk_level", pg_sys::INT4OID),
    (c"state", pg_sys::TEXTOID),
    (c"status", pg_sys::TEXTOID),
    (c"tenant_id", pg_sys::UUIDOID),
    (c"title", pg_sys::TEXTOID),
    (c"unknown_until", pg_sys::TIMESTAMPTZOID),
    (c"work_item_id", pg_sys::UUIDOID),
];

/// False for a column of that name that has become one of another type.
unsafe fn has_its_type(attribute: &pg_sys::FormData_pg_attribute) -> bool {
    // SAFETY: a name is terminated by a zero byte.
    let name = unsafe { CStr::from_ptr(attribute.attname.data.as_ptr()) };
    TYPES.iter().all(|(column, kind)| *column != name || *kind == attribute.atttypid)
}

/// What the columns ask for; None where one is of a domain, or has another type modifier, or an identity.
/// A compiled default has its SQL functions written into it, so it is kept only where these are the
/// server's own.
unsafe fn columns(relation: pg_sys::Relation) -> Option<Columns> {
    let mut columns = Columns::default();
    // SAFETY: numbers come from the open relation's descriptor.
    unsafe {
        for attribute in descriptor::attributes((*relation).rd_att) {
            let place = usize::try_from(attribute.attnum).ok()?.checked_sub(1)?;
            if attribute.attidentity != 0 || descriptor::is_of_domain(attribute) || !has_its_type(attribute) {
                return None;
            }
            match (attribute.atttypmod, attribute.atttypid) {
                (-1, _) => {}
                (modifier, pg_sys::NUMERICOID) => columns.scales.push((place, modifier)),
                _ => return None,
            }
            if attribute.atthasdef {
                let default = pg_sys::build_column_default(relation, i32::from(attribute.attnum));
                if is_the_servers_own(default) {
                    let default = pg_sys::expression_planner(default.cast());
                    columns.defaults.push((place, pg_sys::ExecInitExpr(default, std::ptr::null_mut())));
                } else {
                    columns.foreign_defaults.push(place);
                }
            }
        }
    }
    Some(columns)
}

/// True where everything in a tree of nodes comes with the server.
unsafe fn is_the_servers_own(expression: *mut pg_sys::Node) -> bool {
    // SAFETY: the text ends with a zero byte.
    unsafe { compiled_checks::uses_the_servers_own(CStr::from_ptr(pg_sys::nodeToString(expression.cast()))) }
}

/// The indexes and what the executor knows of them, their predicates compiled; None where one is not a plain
/// B-tree over columns, or its predicate calls what does not come with the server.
unsafe fn indexes(relation: pg_sys::Relation) -> Option<(Vec<pg_sys::Oid>, *mut *mut pg_sys::IndexInfo)> {
    // SAFETY: the indexes are the relation's own, and closed again; their locks stay.
    unsafe {
        let list = pg_sys::RelationGetIndexList(relation);
        let count = usize::try_from(pg_sys::list_length(list)).unwrap_or(0);
        let infos = pg_sys::palloc0(size_of::<*mut pg_sys::IndexInfo>() * count.max(1))
            .cast::<*mut pg_sys::IndexInfo>();
        let mut oids = Vec::with_capacity(count);
        for place in 0..count {
            let oid = pg_sys::list_nth_oid(list, i32::try_from(place).unwrap_or(0));
            let index = pg_sys::index_open(oid, pg_sys::RowExclusiveLock.cast_signed());
            let info = pg_sys::BuildIndexInfo(index);
            let is_btree = (*(*index).rd_rel).relam == pg_sys::BTREE_AM_OID;
            pg_sys::index_close(index, pg_sys::NoLock.cast_signed());
            if !is_btree || !(*info).ii_Expressions.is_null() || !(*info).ii_ExclusionOps.is_null() {
                return None;
            }
            if !(*info).ii_Predicate.is_null() {
                if !is_the_servers_own((*info).ii_Predicate.cast()) {
                    return None;
                }
                let predicate = pg_sys::expression_planner((*info).ii_Predicate.cast());
                (*info).ii_PredicateState = pg_sys::ExecInitQual(predicate.cast(), std::ptr::null_mut());
            }
            *infos.add(place) = info;
            oids.push(oid);
        }
        Some((oids, infos))
    }
}

/// True for the check of a foreign key that needs none.
unsafe fn is_proven(trigger: &pg_sys::Trigger, proven: &[&CStr]) -> bool {
    let checks = [pg_sys::F_RI_FKEY_CHECK_INS, pg_sys::F_RI_FKEY_CHECK_UPD];
    if !checks.contains(&trigger.tgfoid.to_u32()) {
        return false;
    }
    // SAFETY: a syscache look-up.
    unsafe {
        let name = pg_sys::get_constraint_name(trigger.tgconstraint);
        !name.is_null()
            && proven.contains(&CStr::from_ptr(name))
            && pg_sys::get_rel_namespace(trigger.tgconstrrelid) == catalog::namespace()
    }
}

/// True where every trigger of this kind is AWGP's own or a foreign key's, and can be fired here.
unsafe fn all_are_own(triggers: *const pg_sys::TriggerDesc, kind: u32) -> bool {
    // SAFETY: the description is live.
    let all = unsafe { additions::triggers(triggers) };
    all.iter().filter(|trigger| u32::from(trigger.tgtype.cast_unsigned()) & kind != 0).all(|trigger| {
        let bits = u32::from(trigger.tgtype.cast_unsigned());
        let is_after_statement = bits & (pg_sys::TRIGGER_TYPE_ROW | pg_sys::TRIGGER_TYPE_BEFORE) == 0;
        let is_simple = trigger.tgnattr == 0
            && trigger.tgqual.is_null()
            && trigger.tgoldtable.is_null()
            && trigger.tgnewtable.is_null()
            && !is_after_statement;
        is_simple && (trigger.tgisinternal || catalog::is_own_c_function(trigger.tgfoid))
    })
}

impl Prepared {
    /// The executor's description of the open table, with its indexes open, in the current memory context.
    ///
    /// # Safety
    /// The relation is the prepared one. The caller closes the indexes.
    pub unsafe fn result(&self, relation: pg_sys::Relation) -> *mut pg_sys::ResultRelInfo {
        let zeroed = |size: usize| {
            // SAFETY: palloc0 returns memory or raises.
            unsafe { pg_sys::palloc0(size.max(1)) }
        };
        // SAFETY: fills in memory of the right size; the indexes are the relation's own.
        unsafe {
            let result = zeroed(size_of::<pg_sys::ResultRelInfo>()).cast::<pg_sys::ResultRelInfo>();
            *result = self.template;
            (*result).ri_RelationDesc = relation;
            (*result).ri_TrigFunctions = zeroed(size_of::<pg_sys::FmgrInfo>() * self.triggers).cast();
            (*result).ri_TrigWhenExprs = zeroed(size_of::<*mut pg_sys::ExprState>() * self.triggers).cast();
            let opened =
                zeroed(size_of::<pg_sys::Relation>() * self.indexes.len()).cast::<pg_sys::Relation>();
            for (place, oid) in self.indexes.iter().enumerate() {
                *opened.add(place) = pg_sys::index_open(*oid, pg_sys::RowExclusiveLock.cast_signed());
            }
            (*result).ri_IndexRelationDescs = opened;
            result
        }
    }

    /// True where a column that `is_given` does not know has a default that a statement has to compile.
    pub fn has_foreign_default(&self, is_given: impl Fn(usize) -> bool) -> bool {
        self.foreign_defaults.iter().any(|place| !is_given(*place))
    }

    /// Columns with a default, and it.
    pub fn defaults(&self) -> impl Iterator<Item = Filled> {
        self.defaults.iter().copied()
    }

    /// A value as its column stores it.
    ///
    /// # Safety
    /// The datum has the column's type.
    pub unsafe fn rounded(&self, place: usize, value: Datum) -> Datum {
        let Some((_, modifier)) = self.scales.iter().find(|(of, _)| *of == place) else { return value };
        // SAFETY: a numeric and its type modifier.
        unsafe {
            pg_sys::OidFunctionCall2Coll(
                pg_sys::Oid::from(pg_sys::F_NUMERIC_NUMERIC_INT4),
                pg_sys::InvalidOid,
                value,
                Datum::from(*modifier),
            )
        }
    }
}
