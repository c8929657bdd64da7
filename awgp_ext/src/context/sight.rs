//! How much contexts see, and which cached plans fit them ([`super::plans`]).
//!
//! Cached plans outlive a context, so they are made anew when the kind of context in force changes ([`follow`]), or when a
//! tenant does: each plan depends on the table of tenants, whose trigger tells every session.

use crate::pg::relation;
use pgrx::pg_sys;
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

/// What cached plans may be of, and what tenants see.
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

/// A plan is being made for this sight, and may be cached.
pub fn plan_for(sight: Sight) {
    PLANS.with_borrow_mut(|plans| match sight {
        Sight::Own => plans.narrow = true,
        Sight::Other => plans.wide = true,
    });
}

/// A relation has changed, or any of them; true where it may be the table of tenants, and what they see is forgotten.
pub fn forget_where_tenants(changed: Option<pg_sys::Oid>) -> bool {
    PLANS.with_borrow_mut(|plans| {
        let of_tenants = changed.is_none() || plans.tenants == changed;
        if of_tenants {
            plans.known.clear();
        }
        of_tenants
    })
}
