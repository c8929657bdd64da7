//! Statements that want one row by its key, or that cannot use parallel workers.
//!
//! A policy asks for the tenant in a sub-select, so that it is evaluated once and parallel workers need not
//! know it. Neither helps where an index gives one row, and starting the sub-select's executor costs such a
//! statement a tenth of its time. There the sub-select is replaced by its only expression, a function call.

use pgrx::pg_sys::{self, Node, NodeTag};
use std::ffi::CStr;

/// The key column of every governed table.
const KEY: &CStr = c"id";
/// The operator uuid = uuid in pg_operator.
const UUID_EQUALS: u32 = 2972;

/// True for a statement that writes, and for one with `id = …` among its conditions on the relation of
/// `policy`. `policy` is an expression `tenant_id = …`.
///
/// # Safety
/// `root` is the planner's for the query being planned, and `policy` is one of its nodes.
pub unsafe fn wants_one_row(root: *mut pg_sys::PlannerInfo, policy: *mut Node) -> bool {
    // SAFETY: the caller guarantees both; every query has a jointree.
    unsafe {
        let query = (*root).parse;
        if (*query).commandType != pg_sys::CmdType::CMD_SELECT {
            return true;
        }
        let Some(governed) = compared(policy) else { return false };
        let is_of_key = |condition: *mut Node| {
            compared(condition).is_some_and(|column| {
                (*column).varno == (*governed).varno && name(query, column).is_some_and(|name| name == KEY)
            })
        };
        conditions((*(*query).jointree).quals).into_iter().any(is_of_key)
    }
}

/// The conditions that all must hold. Before the planner has prepared them they are an AND or a single one,
/// afterwards a list.
unsafe fn conditions(quals: *mut Node) -> Vec<*mut Node> {
    // SAFETY: nodes of the planner, each read as the type of its tag.
    unsafe {
        let list = match tag(quals) {
            Some(NodeTag::T_List) => quals.cast::<pg_sys::List>(),
            Some(NodeTag::T_BoolExpr)
                if (*quals.cast::<pg_sys::BoolExpr>()).boolop == pg_sys::BoolExprType::AND_EXPR =>
            {
                (*quals.cast::<pg_sys::BoolExpr>()).args
            }
            Some(_) => return vec![quals],
            None => return Vec::new(),
        };
        (0..length(list)).map(|place| pg_sys::list_nth(list, place).cast()).collect()
    }
}

/// The column of this query that is on the left of an equality.
unsafe fn compared(condition: *mut Node) -> Option<*mut pg_sys::Var> {
    // SAFETY: nodes of the planner, each read as the type of its tag.
    unsafe {
        let (left, _) = equality(condition)?;
        let column = left.cast::<pg_sys::Var>();
        (tag(left) == Some(NodeTag::T_Var) && (*column).varlevelsup == 0).then_some(column)
    }
}

/// The name of a table's column; None where the relation is not a table.
unsafe fn name<'a>(query: *mut pg_sys::Query, column: *mut pg_sys::Var) -> Option<&'a CStr> {
    // SAFETY: a column of this query belongs to one of its relations; the name is in the planner's memory.
    unsafe {
        let relation: *mut pg_sys::RangeTblEntry =
            pg_sys::list_nth((*query).rtable, (*column).varno - 1).cast();
        let name = match (*relation).rtekind {
            pg_sys::RTEKind::RTE_RELATION => pg_sys::get_attname((*relation).relid, (*column).varattno, true),
            _ => std::ptr::null_mut(),
        };
        (!name.is_null()).then(|| CStr::from_ptr(name))
    }
}

/// `column = (SELECT call)` becomes `column = call`; any other expression is returned unchanged.
///
/// # Safety
/// `expression` is a node of the planner.
pub unsafe fn without_sub_select(expression: *mut Node) -> *mut Node {
    // SAFETY: nodes of the planner, each read as the type of its tag; only the copy is changed.
    unsafe {
        let Some((_, right)) = equality(expression) else { return expression };
        let Some(call) = only_expression(right) else { return expression };
        let copy = pg_sys::copyObjectImpl(expression.cast()).cast::<pg_sys::OpExpr>();
        let place = pg_sys::list_nth_cell((*copy).args, 1);
        (*place).ptr_value = pg_sys::copyObjectImpl(call.cast());
        copy.cast()
    }
}

/// The expression that a sub-select without tables selects, where it is the only one.
unsafe fn only_expression(node: *mut Node) -> Option<*mut pg_sys::Expr> {
    // SAFETY: nodes of the planner, each read as the type of its tag.
    unsafe {
        if tag(node) != Some(NodeTag::T_SubLink) {
            return None;
        }
        let link = node.cast::<pg_sys::SubLink>();
        let query = (*link).subselect.cast::<pg_sys::Query>();
        let is_plain = (*link).subLinkType == pg_sys::SubLinkType::EXPR_SUBLINK
            && length((*query).rtable) == 0
            && length((*query).targetList) == 1
            && (*(*query).jointree).quals.is_null();
        is_plain.then(|| (*pg_sys::list_nth((*query).targetList, 0).cast::<pg_sys::TargetEntry>()).expr)
    }
}

/// Both sides of an equality of uuids.
unsafe fn equality(node: *mut Node) -> Option<(*mut Node, *mut Node)> {
    // SAFETY: nodes of the planner, each read as the type of its tag; an equality has two sides.
    unsafe {
        if tag(node) != Some(NodeTag::T_OpExpr) {
            return None;
        }
        let operation = node.cast::<pg_sys::OpExpr>();
        ((*operation).opno.to_u32() == UUID_EQUALS && length((*operation).args) == 2).then(|| {
            (pg_sys::list_nth((*operation).args, 0).cast(), pg_sys::list_nth((*operation).args, 1).cast())
        })
    }
}

unsafe fn tag(node: *mut Node) -> Option<NodeTag> {
    // SAFETY: every node begins with its tag.
    (!node.is_null()).then(|| unsafe { (*node).type_ })
}

unsafe fn length(list: *mut pg_sys::List) -> i32 {
    // SAFETY: NIL is the empty list.
    if list.is_null() { 0 } else { unsafe { (*list).length } }
}
