//! The policies of a table: whether they are those that AWGP makes.
//!
//! Under AWGP's own policies a tenant that works reads all of its own rows, and writes none but its own. That
//! is known without asking them. Anything else that an operator makes of them, for whomever, is for a
//! statement: the server compiles and evaluates policies with the rights and the functions of the moment.

use crate::pg::catalog;
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Node};
use std::ffi::{CStr, c_char};

/// What is known of the policies of a table.
#[derive(Clone, Copy, Default)]
pub struct Policies {
    /// True where rows are read under AWGP's own policy alone.
    pub read_own: bool,
    /// True where new rows are checked by AWGP's own policy alone.
    pub insert_own: bool,
    /// The functions of both, which whoever is bound by them must be allowed to execute.
    functions: [pg_sys::Oid; FUNCTIONS.len()],
}

impl Policies {
    /// True where the current role may execute what the policies call.
    pub fn may_be_asked(&self) -> bool {
        // SAFETY: syscache look-ups.
        self.functions.iter().all(|function| unsafe { may_execute(*function, pg_sys::GetUserId()) })
    }
}

/// What the policies call. All but the last are in C.
const FUNCTIONS: [&CStr; 4] = [
    c"awgp.own_tenant()",
    c"awgp.visible_tenants()",
    c"awgp.current_tenant()",
    c"awgp.own_or_visible(boolean, boolean)",
];

#[cfg(feature = "pg15")]
unsafe fn may_execute(function: pg_sys::Oid, role: pg_sys::Oid) -> bool {
    // SAFETY: a syscache look-up.
    unsafe {
        pg_sys::pg_proc_aclcheck(function, role, pg_sys::AclMode::from(pg_sys::ACL_EXECUTE))
            == pg_sys::AclResult::ACLCHECK_OK
    }
}

#[cfg(not(feature = "pg15"))]
unsafe fn may_execute(function: pg_sys::Oid, role: pg_sys::Oid) -> bool {
    let mode = pg_sys::AclMode::from(pg_sys::ACL_EXECUTE);
    // SAFETY: a syscache look-up.
    unsafe {
        pg_sys::object_aclcheck(pg_sys::ProcedureRelationId, function, role, mode)
            == pg_sys::AclResult::ACLCHECK_OK
    }
}

const ALL_COMMANDS: c_char = b'*' as c_char;
const INSERT: c_char = b'a' as c_char;
const SELECT: c_char = b'r' as c_char;

/// The condition of `tenant_isolation_…`, as in sql/policies.
const READS: &CStr = c"SELECT awgp.own_or_visible(
    tenant_id OPERATOR(pg_catalog.=) (SELECT awgp.own_tenant()),
    tenant_id OPERATOR(pg_catalog.=) ANY ((SELECT awgp.visible_tenants())::pg_catalog.uuid[]))";
/// The condition of `own_tenant_insert`.
const INSERTS: &CStr = c"SELECT tenant_id OPERATOR(pg_catalog.=) awgp.current_tenant()";

/// Looks at the policies of a table.
///
/// # Safety
/// The relation is open.
pub unsafe fn look(relation: pg_sys::Relation) -> Policies {
    // SAFETY: the relation's policies live while it is open.
    unsafe {
        let kept = (*relation).rd_rsdesc;
        if kept.is_null() {
            return Policies::default();
        }
        let list = (*kept).policies;
        let all: Vec<&pg_sys::RowSecurityPolicy> =
            (0..pg_sys::list_length(list)).map(|place| &*pg_sys::list_nth(list, place).cast()).collect();
        let only = |command: c_char| {
            let mut bind = all.iter().filter(|policy| [ALL_COMMANDS, command].contains(&policy.polcmd));
            bind.next().filter(|_| bind.next().is_none())
        };
        let functions = FUNCTIONS.map(|name| function(name));
        if !functions[..3].iter().all(|function| catalog::is_own_c_function(*function)) {
            return Policies::default();
        }
        Policies {
            functions,
            read_own: only(SELECT).is_some_and(|policy| is_own(relation, policy, policy.qual, READS)),
            insert_own: only(INSERT)
                .is_some_and(|policy| is_own(relation, policy, policy.with_check_qual, INSERTS)),
        }
    }
}

/// The oid of a function; raises where it does not exist.
unsafe fn function(name: &CStr) -> pg_sys::Oid {
    // SAFETY: the text names a function with its arguments.
    unsafe {
        let name = pg_sys::Datum::from(name.as_ptr());
        let reads = pg_sys::Oid::from(pg_sys::F_REGPROCEDUREIN);
        let found = pg_sys::OidFunctionCall1Coll(reads, pg_sys::InvalidOid, name);
        pg_sys::Oid::from(u32::try_from(found.value()).unwrap_or(0))
    }
}

/// True where a policy allows to everybody what the text says, and no more.
unsafe fn is_own(
    relation: pg_sys::Relation,
    policy: &pg_sys::RowSecurityPolicy,
    condition: *mut pg_sys::Expr,
    text: &CStr,
) -> bool {
    // SAFETY: roles is an array of oids; the condition is a tree of nodes, or null.
    unsafe {
        let roles = <Vec<pg_sys::Oid>>::from_datum(pg_sys::Datum::from(policy.roles), false);
        policy.permissive
            && roles.is_some_and(|roles| roles == [pg_sys::InvalidOid])
            && pg_sys::equal(condition.cast(), analyzed(relation, text).cast())
    }
}

/// The expression of a SELECT of one, over the table's columns, as CREATE POLICY reads it. The server's
/// comparison of trees leaves out where in a text a node stood.
unsafe fn analyzed(relation: pg_sys::Relation, text: &CStr) -> *mut Node {
    // SAFETY: the text is one SELECT of one expression.
    unsafe {
        let parsed = pg_sys::raw_parser(text.as_ptr(), pg_sys::RawParseMode::RAW_PARSE_DEFAULT);
        let statement = (*pg_sys::list_nth(parsed, 0).cast::<pg_sys::RawStmt>()).stmt;
        let targets = (*statement.cast::<pg_sys::SelectStmt>()).targetList;
        let expression = (*pg_sys::list_nth(targets, 0).cast::<pg_sys::ResTarget>()).val;
        let state = pg_sys::make_parsestate(std::ptr::null_mut());
        let table = pg_sys::addRangeTableEntryForRelation(
            state,
            relation,
            pg_sys::AccessShareLock.cast_signed(),
            std::ptr::null_mut(),
            false,
            false,
        );
        pg_sys::addNSItemToQuery(state, table, false, true, true);
        let analyzed = pg_sys::transformExpr(state, expression, pg_sys::ParseExprKind::EXPR_KIND_POLICY);
        pg_sys::assign_expr_collations(state, analyzed);
        pg_sys::free_parsestate(state);
        analyzed
    }
}
