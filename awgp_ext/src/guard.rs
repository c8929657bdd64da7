//! The triggers that hold plain DML to the rules, so that an ORM meets the same gate as a function.
//!
//! Row-level security stays the boundary. These triggers come before it, to answer with a reason instead of
//! nothing, and to keep what a policy cannot say: a row never moves to another tenant, tenants form a tree.

use crate::context;
use crate::raise::raise;
use crate::relation;
use crate::trigger::{TriggerCall, current_role_has, nothing, row_security_binds, trigger_function};
use awgp_core::tenancy;
use pgrx::pg_sys::{self, Datum};

trigger_function!(awgp_guard_statement, pg_finfo_awgp_guard_statement, guard_statement);
trigger_function!(awgp_guard_row, pg_finfo_awgp_guard_row, guard_row);
trigger_function!(awgp_guard_tenant, pg_finfo_awgp_guard_tenant, guard_tenant);
trigger_function!(awgp_refresh_context, pg_finfo_awgp_refresh_context, refresh_context);
trigger_function!(awgp_touch_updated_at, pg_finfo_awgp_touch_updated_at, touch_updated_at);

/// A write needs a tenant in context, even one that would touch no row.
fn guard_statement(call: &TriggerCall) -> Datum {
    if row_security_binds(call.relation_oid())
        && context::current().is_none()
        && !current_role_has("awgp_admin")
    {
        raise(&tenancy::no_tenant_context(call.argument(0)));
    }
    nothing()
}

/// A row is written for a tenant that the context may write to, and never moves.
fn guard_row(call: &TriggerCall) -> Datum {
    let tenant = call.new_uuid(c"tenant_id");
    if call.is_update() && tenant != call.old_uuid(c"tenant_id") {
        raise(&tenancy::tenant_change(call.argument(0)));
    }
    // tenant_id NULL is left to NOT NULL, and what an administrator writes to the policies.
    let Some(tenant) = tenant else { return call.keep() };
    let allowed = match call.argument(1) {
        "visible" => context::visible().contains(&tenant),
        _ => context::current().is_some_and(|current| current.tenant == tenant),
    };
    if !allowed && row_security_binds(call.relation_oid()) && !current_role_has("awgp_admin") {
        raise(&tenancy::foreign_tenant(call.argument(0)));
    }
    call.keep()
}

/// A parent is a holding, a tenant is not its own ancestor, and a holding with subsidiaries stays one.
fn guard_tenant(call: &TriggerCall) -> Datum {
    let Some(id) = call.new_uuid(c"id") else { return call.keep() };
    let parent = call.new_uuid(c"parent_tenant_id");
    let old_parent = if call.is_update() { call.old_uuid(c"parent_tenant_id") } else { None };
    if let Some(parent) = parent.filter(|_| parent != old_parent) {
        if let Some(refusal) = context::tenants::parent_refusal(id, parent) {
            raise(&refusal);
        }
    }
    if call.is_update() && call.new_text(c"type").as_deref() != Some("holding") {
        let mut subsidiaries = false;
        relation::for_each_by_uuid(c"tenants", c"idx_tenants_parent", c"parent_tenant_id", id, |_| {
            subsidiaries = true;
        });
        if subsidiaries {
            raise(&tenancy::parent_not_holding(id));
        }
    }
    call.keep()
}

/// What the context remembers of tenants may be out of date, here and, for plans, in every session.
fn refresh_context(call: &TriggerCall) -> Datum {
    context::forget_lookups();
    // SAFETY: the trigger's table exists; the message goes out with the commit.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(call.relation_oid()) };
    nothing()
}

/// `updated_at` is the wall clock of the change.
fn touch_updated_at(call: &TriggerCall) -> Datum {
    // SAFETY: reads the clock.
    call.with_timestamp(c"updated_at", unsafe { pg_sys::GetCurrentTimestamp() })
}
