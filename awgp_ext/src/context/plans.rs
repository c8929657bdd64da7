//! Plans that fit the context: what lets a list under row-level security walk an ordered index.
//!
//! A policy must serve a tenant that sees itself alone and a holding that sees several. `tenant_id = ANY (…)`
//! serves both, but PostgreSQL does not take an index on (tenant_id, created_at) as ordered by created_at then:
//! a list of the newest fifty would sort all of a tenant's rows. So the policies say both,
//! `awgp.own_or_visible(tenant_id = own, tenant_id = ANY (visible))`, and at plan time the planner asks here
//! which of the two the context in force needs.
//!
//! The wide form is right for every context. The narrow one is right for a context that sees itself alone; under
//! a holding it would hide the subsidiaries, never show a row too many. Cached plans outlive a context, so they
//! are made anew when the kind of context in force changes ([`follow`]), or when a tenant does: each plan depends
//! on the table of tenants, whose trigger tells every session.
//!
//! Where one row is wanted by its key, starting the sub-select's executor would cost more than the look-up: there
//! the function is called as it stands ([`key`]).

mod key;

use super::{forget_lookups, visible_or_none};
use crate::pg::relation;
use pgrx::pg_sys::{self, Datum};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::CStr;
use uuid::Uuid;

/// How much a context sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The tenant in context, alone.
    Own,
    /// Several tenants, or, without a context, none.
    Other,
}

/// Sights remembered at most; a backend that meets more tenants forgets all and begins again.
const KNOWN_MAX: usize = 4096;

#[derive(Default)]
struct Plans {
    /// Plans of the narrow form may be cached.
    narrow: bool,
    /// Plans of the wide form may be cached.
    wide: bool,
    /// What tenants see, as last looked up; emptied when any tenant changes.
    known: HashMap<Uuid, Sight>,
    /// awgp.tenants, once something is known of it.
    tenants: Option<pg_sys::Oid>,
}

thread_local! {
    static PLANS: RefCell<Plans> = RefCell::new(Plans::default());
}

/// Registers for changes of tenants, once a backend.
pub fn register_callback() {
    // SAFETY: the callback lives as long as the library.
    unsafe { pg_sys::CacheRegisterRelcacheCallback(Some(at_relation_change), Datum::from(0_usize)) };
}

/// What the tenant sees, if it is known without a look-up.
pub fn known(tenant: Uuid) -> Option<Sight> {
    PLANS.with_borrow(|plans| plans.known.get(&tenant).copied())
}

/// Remembers what a tenant was found to see.
pub fn learn(tenant: Uuid, visible: &[Uuid]) {
    let sight = if visible == [tenant] { Sight::Own } else { Sight::Other };
    let tenants = relation::oid(c"tenants");
    PLANS.with_borrow_mut(|plans| {
        if plans.known.len() >= KNOWN_MAX {
            plans.known.clear();
        }
        plans.known.insert(tenant, sight);
        plans.tenants = Some(tenants);
    });
}

/// A context comes into force: cached plans of the other form are made anew at their next use. Where its sight
/// is unknown, all are.
pub fn follow(sight: Option<Sight>) {
    let unfit = PLANS.with_borrow_mut(|plans| {
        let unfit = match sight {
            Some(Sight::Own) => plans.wide,
            Some(Sight::Other) => plans.narrow,
            None => plans.wide || plans.narrow,
        };
        if unfit {
            (plans.narrow, plans.wide) = (false, false);
        }
        unfit
    });
    if unfit {
        // SAFETY: marks cached plans invalid; touches no catalog, so it may run at a transaction's end too.
        unsafe { pg_sys::ResetPlanCache() };
    }
}

/// The setting `app.current_tenant` takes this text. Runs whenever and however that happens, so it looks nothing
/// up. Without a tenant in it there is no context, and both forms show nothing.
pub fn follow_setting(text: Option<&CStr>) {
    let tenant = text.and_then(|text| Uuid::try_parse(text.to_str().ok()?.trim()).ok());
    if let Some(tenant) = tenant {
        follow(known(tenant));
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn at_relation_change(_argument: Datum, relation: pg_sys::Oid) {
    let tenants_changed = PLANS.with_borrow_mut(|plans| {
        let of_tenants = relation == pg_sys::InvalidOid || plans.tenants == Some(relation);
        if of_tenants {
            plans.known.clear();
        }
        of_tenants
    });
    if tenants_changed {
        // A plan that is made after this must not be chosen by what was looked up before.
        forget_lookups();
    }
}

#[doc(hidden)]
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_awgp_own_or_visible_support() -> &'static pg_sys::Pg_finfo_record {
    const V1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &V1
}

/// The planner's question about `awgp.own_or_visible(own, visible)`: answers with one of the two arguments.
#[doc(hidden)]
#[unsafe(no_mangle)]
#[pgrx::pg_guard]
pub unsafe extern "C-unwind" fn awgp_own_or_visible_support(fcinfo: pg_sys::FunctionCallInfo) -> Datum {
    // SAFETY: the planner passes one node; its tag says which question it asks. Only simplification concerns us.
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

/// The form for a plan that is being made now.
unsafe fn choose(root: *mut pg_sys::PlannerInfo) -> Sight {
    if root.is_null() {
        // Not a plan, or not one whose life we could bound.
        return Sight::Other;
    }
    let sight = match visible_or_none() {
        Some((tenant, visible)) if visible == [tenant] => Sight::Own,
        _ => Sight::Other,
    };
    // SAFETY: the planner's own list of what the plan depends on.
    unsafe {
        let global = (*root).glob;
        (*global).relationOids = pg_sys::lappend_oid((*global).relationOids, relation::oid(c"tenants"));
    }
    PLANS.with_borrow_mut(|plans| match sight {
        Sight::Own => plans.narrow = true,
        Sight::Other => plans.wide = true,
    });
    sight
}
