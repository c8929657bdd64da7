//! How much contexts see, and which cached plans fit them ([`super::plans`]).
//!
//! Cached plans outlive a context, so they are made again when the kind of context in force changes
//! ([`follow`]), and when a tenant changes: each plan depends on the table of tenants, whose trigger notifies
//! every session.

use crate::pg::relation;
use pgrx::pg_sys;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::CStr;
use uuid::Uuid;

/// How much a context sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Only the tenant in context.
    Own,
    /// Several tenants, or none where there is no context.
    Other,
}

/// The most tenants whose sight is remembered; beyond it all are forgotten.
const KNOWN_MAX: usize = 4096;

/// The forms that cached plans may have, and what tenants see.
#[derive(Default)]
struct Plans {
    /// Plans of the narrow form may be cached.
    narrow: bool,
    /// Plans of the wide form may be cached.
    wide: bool,
    /// What tenants see, as last looked up; cleared when any tenant changes.
    known: HashMap<Uuid, Sight>,
    /// The oid of awgp.tenants; None until a tenant has been looked up.
    tenants: Option<pg_sys::Oid>,
}

thread_local! {
    static PLANS: RefCell<Plans> = RefCell::new(Plans::default());
}

/// What the tenant sees, if it is remembered.
pub fn known(tenant: Uuid) -> Option<Sight> {
    PLANS.with_borrow(|plans| plans.known.get(&tenant).copied())
}

/// Remembers what a tenant sees.
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

/// A context takes effect: cached plans of the other form are made again at their next use. Where its sight
/// is unknown, all of them are.
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
        // SAFETY: marks cached plans invalid; reads no catalog, so it may also run at the end of a
        // transaction.
        unsafe { pg_sys::ResetPlanCache() };
    }
}

/// The setting `app.current_tenant` changes to this text. May run at any moment, so it reads no table. A text
/// that names no tenant gives no context, for which both forms show nothing.
pub fn follow_setting(text: Option<&CStr>) {
    let tenant = text.and_then(|text| Uuid::try_parse(text.to_str().ok()?.trim()).ok());
    if let Some(tenant) = tenant {
        follow(known(tenant));
    }
}

/// A plan of this form is being made, and may be cached.
pub fn plan_for(sight: Sight) {
    PLANS.with_borrow_mut(|plans| match sight {
        Sight::Own => plans.narrow = true,
        Sight::Other => plans.wide = true,
    });
}

/// A relation has changed, or, for None, any relation may have. Where it may be the table of tenants, forgets
/// what tenants see and returns true.
pub fn forget_where_tenants(changed: Option<pg_sys::Oid>) -> bool {
    PLANS.with_borrow_mut(|plans| {
        let of_tenants = changed.is_none() || plans.tenants == changed;
        if of_tenants {
            plans.known.clear();
        }
        of_tenants
    })
}
