//! Plans that fit the context, so that a list under row-level security can use an ordered index.
//!
//! A policy must serve a tenant that sees only itself and a holding that sees several tenants. `tenant_id =
//! ANY (…)` serves both, but then PostgreSQL does not know that an index on (tenant_id, created_at) is
//! ordered by created_at: a list of the newest fifty would sort all rows of the tenant. So the policies give
//! both forms, `awgp.own_or_visible(tenant_id = own, tenant_id = ANY (visible))`, and at plan time the
//! planner asks here which one the context in force needs.
//!
//! The wide form is correct for every context. The narrow form is correct for a tenant that sees only itself;
//! for a holding it would hide the subsidiaries, but never show a row too many. Cached plans outlive a
//! context, so they are made again when the kind of context in force changes ([`super::sight`]), and when a
//! tenant changes: each plan depends on the table of tenants, whose trigger notifies every session.
//!
//! Where one row is wanted by its key, starting the executor of the sub-select costs more than the look-up;
//! there the function is called directly ([`key`]).

mod key;

use super::sight::{Sight, plan_for};
use super::visible_or_none;
use crate::pg::relation;
use pgrx::pg_sys::{self, Datum};

#[doc(hidden)]
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_awgp_own_or_visible_support() -> &'static pg_sys::Pg_finfo_record {
    const V1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &V1
}

/// The planner's support function of `awgp.own_or_visible(own, visible)`: returns one of the two arguments.
#[doc(hidden)]
#[unsafe(no_mangle)]
#[pgrx::pg_guard]
pub unsafe extern "C-unwind" fn awgp_own_or_visible_support(fcinfo: pg_sys::FunctionCallInfo) -> Datum {
    // SAFETY: the planner passes one node, and its tag tells the request. Only simplification is answered.
    unsafe {
        let request = (*(*fcinfo).args.as_ptr()).value.cast_mut_ptr::<pg_sys::SupportRequestSimplify>();
        if request.is_null() || (*request).type_ != pg_sys::NodeTag::T_SupportRequestSimplify {
            return Datum::from(0_usize);
        }
        let (root, arguments) = ((*request).root, (*(*request).fcall).args);
        let (own, visible): (*mut pg_sys::Node, *mut pg_sys::Node) =
            (pg_sys::list_nth(arguments, 0).cast(), pg_sys::list_nth(arguments, 1).cast());
        let chosen = match choose(root) {
            Sight::Own if key::wants_one_row(root, own) => key::without_sub_select(own),
            Sight::Own => own,
            Sight::Other => visible,
        };
        Datum::from(chosen)
    }
}

/// The form for the plan being made.
unsafe fn choose(root: *mut pg_sys::PlannerInfo) -> Sight {
    if root.is_null() {
        // Not a plan, or a plan that cannot be invalidated with the table of tenants.
        return Sight::Other;
    }
    let sight = match visible_or_none() {
        Some((tenant, visible)) if visible == [tenant] => Sight::Own,
        _ => Sight::Other,
    };
    // SAFETY: the planner's own list of the relations that the plan depends on.
    unsafe {
        let global = (*root).glob;
        (*global).relationOids = pg_sys::lappend_oid((*global).relationOids, relation::oid(c"tenants"));
    }
    plan_for(sight);
    sight
}
