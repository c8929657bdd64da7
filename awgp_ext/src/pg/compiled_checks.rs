//! CHECKs of AWGP's own tables, compiled once a session.
//!
//! For each statement that writes a table, the executor reads the text of every CHECK and compiles it: of a
//! call that writes one row, a tenth and more. Here they are compiled once, and handed to the executor when
//! it starts a statement, whoever's it is. It evaluates them as always, those that an operator has added
//! too.
//!
//! A compiled CHECK has room for one evaluation at a time. So they are kept only where all of a table's
//! CHECKs use the server's own functions and types: none of these starts another statement that writes the
//! table.

use super::catalog;
use super::invalidation::on_relation_change;
use super::outdated;
use pgrx::pg_sys;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{CStr, c_int};

/// The compiled CHECKs of a table, in the order of its descriptor.
struct Compiled {
    /// The memory that they are in.
    memory: pg_sys::MemoryContext,
    expressions: *mut *mut pg_sys::ExprState,
    count: u16,
}

thread_local! {
    /// By table; None where they are not kept.
    static COMPILED: RefCell<HashMap<pg_sys::Oid, Option<Compiled>>> = RefCell::new(HashMap::new());
    /// Counts the changes: what was compiled during one is not kept.
    static CHANGES: Cell<u64> = const { Cell::new(0) };
}

static mut PREVIOUS_HOOK: pg_sys::ExecutorStart_hook_type = None;

/// Watches statements start; called once per backend.
pub fn watch() {
    on_relation_change(forget);
    // SAFETY: the library is loaded once, by one thread; both hooks are valid as long as the backend lives.
    unsafe {
        PREVIOUS_HOOK = pg_sys::ExecutorStart_hook;
        pg_sys::ExecutorStart_hook = Some(on_start);
    }
}

/// The catalog has changed: this table, or for None any table.
fn forget(changed: Option<pg_sys::Oid>) {
    CHANGES.set(CHANGES.get().wrapping_add(1));
    COMPILED.with_borrow_mut(|compiled| {
        compiled.retain(|table, of_table| {
            let stays = changed.is_some_and(|changed| changed != *table);
            if let Some(gone) = of_table.as_ref().filter(|_| !stays) {
                outdated::add(gone.memory);
            }
            stays
        });
    });
}

// The server's function without the guard of pgrx's binding: see `on_start`.
unsafe extern "C-unwind" {
    fn standard_ExecutorStart(query: *mut pg_sys::QueryDesc, flags: c_int);
}

/// Every statement that is planned passes here, also in databases without AWGP. As in [`crate::context`]'s
/// hook there is no guard around the server's own function, and this frame has nothing to drop: an error
/// passes through it as through a C function.
unsafe extern "C-unwind" fn on_start(query: *mut pg_sys::QueryDesc, flags: c_int) {
    // SAFETY: the arguments are passed on unchanged; the earlier hook has the same signature.
    unsafe {
        PREVIOUS_HOOK.unwrap_or(standard_ExecutorStart)(query, flags);
        if may_write(query) {
            hand_over(query);
        }
    }
}

/// # Safety
/// The query has been started.
unsafe fn may_write(query: *const pg_sys::QueryDesc) -> bool {
    // SAFETY: a started query has a plan.
    unsafe {
        matches!((*query).operation, pg_sys::CmdType::CMD_INSERT | pg_sys::CmdType::CMD_UPDATE)
            || (*(*query).plannedstmt).hasModifyingCTE
    }
}

/// Hands the compiled CHECKs of each table that the statement writes to the executor.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn hand_over(query: *mut pg_sys::QueryDesc) {
    // SAFETY: a started query has a state tree and an executor state, whose list has the writing nodes of
    // CTEs.
    unsafe {
        of_node((*query).planstate);
        let others = (*(*query).estate).es_auxmodifytables;
        for place in 0..pg_sys::list_length(others) {
            of_node(pg_sys::list_nth(others, place).cast());
        }
    }
}

/// # Safety
/// The node is of a started query.
unsafe fn of_node(node: *mut pg_sys::PlanState) {
    // SAFETY: the tag says what the node is; a writing node has as many tables as it counts.
    unsafe {
        if node.is_null() || (*node).type_ != pg_sys::NodeTag::T_ModifyTableState {
            return;
        }
        let node = node.cast::<pg_sys::ModifyTableState>();
        let count = usize::try_from((*node).mt_nrels).unwrap_or(0);
        let namespace = catalog::namespace_if_any();
        for place in 0..count {
            let target = (*node).resultRelInfo.add(place);
            let relation = (*target).ri_RelationDesc;
            if namespace != pg_sys::InvalidOid && (*(*relation).rd_rel).relnamespace == namespace {
                hand_to(target, relation);
            }
        }
    }
}

/// Hands the compiled CHECKs of a table to the executor's description of it.
///
/// # Safety
/// The relation is open, and the target is its.
pub unsafe fn hand_to(target: *mut pg_sys::ResultRelInfo, relation: pg_sys::Relation) {
    // SAFETY: as the caller guarantees. The executor takes CHECKs that are there for its own.
    unsafe {
        let constraints = (*(*relation).rd_att).constr;
        let handed = compiled_of(target);
        if constraints.is_null() || (*constraints).num_check == 0 || !(*handed).is_null() {
            return;
        }
        let (oid, count) = ((*relation).rd_id, (*constraints).num_check);
        let known = COMPILED.with_borrow(|compiled| {
            compiled.get(&oid).map(|kept| kept.as_ref().map(|kept| (kept.expressions, kept.count)))
        });
        if let Some(known) = known {
            if let Some((expressions, _)) = known.filter(|(_, of)| *of == count) {
                *handed = expressions;
            }
            return;
        }
        let before = CHANGES.get();
        let compiled = compile(&*constraints);
        if let Some(compiled) = &compiled {
            *handed = compiled.expressions;
        }
        if CHANGES.get() == before {
            COMPILED.with_borrow_mut(|kept| kept.insert(oid, compiled));
        } else if let Some(compiled) = compiled {
            outdated::add(compiled.memory);
        }
    }
}

#[cfg(any(feature = "pg15", feature = "pg16", feature = "pg17"))]
unsafe fn compiled_of(target: *mut pg_sys::ResultRelInfo) -> *mut *mut *mut pg_sys::ExprState {
    // SAFETY: the caller passes a live target.
    unsafe { &raw mut (*target).ri_ConstraintExprs }
}

#[cfg(not(any(feature = "pg15", feature = "pg16", feature = "pg17")))]
unsafe fn compiled_of(target: *mut pg_sys::ResultRelInfo) -> *mut *mut *mut pg_sys::ExprState {
    // SAFETY: the caller passes a live target.
    unsafe { &raw mut (*target).ri_CheckConstraintExprs }
}

/// Compiles the CHECKs as the executor does; None where they are not to be kept.
unsafe fn compile(constraints: &pg_sys::TupleConstr) -> Option<Compiled> {
    // SAFETY: there are as many CHECKs as it counts, each with a text that ends with a zero byte. The memory
    // belongs to the transaction until all are compiled, so after an error it goes with it.
    unsafe {
        if has_virtual_column(constraints) {
            return None;
        }
        let checks = std::slice::from_raw_parts(constraints.check, usize::from(constraints.num_check));
        if !checks.iter().all(|check| uses_the_servers_own(CStr::from_ptr(check.ccbin))) {
            return None;
        }
        let memory = pg_sys::AllocSetContextCreateInternal(
            pg_sys::CurTransactionContext,
            c"awgp compiled CHECKs".as_ptr(),
            pg_sys::ALLOCSET_SMALL_MINSIZE as usize,
            pg_sys::ALLOCSET_SMALL_INITSIZE as usize,
            pg_sys::ALLOCSET_SMALL_MAXSIZE as usize,
        );
        let outer = pg_sys::MemoryContextSwitchTo(memory);
        let expressions = pg_sys::palloc0(size_of::<*mut pg_sys::ExprState>() * checks.len())
            .cast::<*mut pg_sys::ExprState>();
        for (place, check) in checks.iter().enumerate() {
            if is_enforced(check) {
                let expression = pg_sys::expression_planner(pg_sys::stringToNode(check.ccbin).cast());
                *expressions.add(place) = pg_sys::ExecInitExpr(expression, std::ptr::null_mut());
            }
        }
        pg_sys::MemoryContextSwitchTo(outer);
        pg_sys::MemoryContextSetParent(memory, pg_sys::CacheMemoryContext);
        Some(Compiled { memory, expressions, count: constraints.num_check })
    }
}

#[cfg(any(feature = "pg15", feature = "pg16", feature = "pg17"))]
fn is_enforced(_check: &pg_sys::ConstrCheck) -> bool {
    true
}

#[cfg(not(any(feature = "pg15", feature = "pg16", feature = "pg17")))]
fn is_enforced(check: &pg_sys::ConstrCheck) -> bool {
    check.ccenforced
}

#[cfg(any(feature = "pg15", feature = "pg16", feature = "pg17"))]
fn has_virtual_column(_constraints: &pg_sys::TupleConstr) -> bool {
    false
}

#[cfg(not(any(feature = "pg15", feature = "pg16", feature = "pg17")))]
fn has_virtual_column(constraints: &pg_sys::TupleConstr) -> bool {
    constraints.has_generated_virtual
}

/// True where every function, operator and type in the text of an expression comes with the server. In the
/// text each field is `:name value`, with values in a list too; the bytes of constants stand in brackets, and
/// are small numbers.
pub fn uses_the_servers_own(expression: &CStr) -> bool {
    let mut words =
        expression.to_bytes().split(|byte| b" {}()".contains(byte)).filter(|word| !word.is_empty());
    let mut before: &[u8] = b"";
    words.all(|word| {
        let is_of_oid = before != b":location" && !before.ends_with(b"typmod");
        let number = std::str::from_utf8(word).ok().and_then(|word| word.parse::<u32>().ok());
        before = word;
        !(is_of_oid && number.is_some_and(|oid| oid >= pg_sys::FirstNormalObjectId))
    })
}
