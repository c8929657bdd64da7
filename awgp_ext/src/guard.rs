//! The triggers that hold plain DML to the rules, so that an ORM meets the same gate as a function.
//!
//! Row-level security stays the boundary. These triggers come before it, to answer with a reason instead of
//! nothing, and to keep what a policy cannot say: a row never moves to another tenant, tenants
//! form a tree, a user's role binds him.

use crate::context;
use crate::identity::last_login;
use crate::raise::raise;
use crate::relation;
use crate::settings::{self, ContextMode};
use crate::trigger::{TriggerCall, current_role_has, nothing, row_security_binds, trigger_function};
use awgp_core::isolation_refusals;
use awgp_core::permissions::{Role, Scope, Verb, check_role_change, check_write, rule};
use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;

trigger_function!(awgp_guard_statement, pg_finfo_awgp_guard_statement, guard_statement);
trigger_function!(awgp_guard_row, pg_finfo_awgp_guard_row, guard_row);
trigger_function!(awgp_guard_tenant, pg_finfo_awgp_guard_tenant, guard_tenant);
trigger_function!(awgp_guard_user, pg_finfo_awgp_guard_user, guard_user);
trigger_function!(awgp_refresh_context, pg_finfo_awgp_refresh_context, refresh_context);
trigger_function!(awgp_touch_updated_at, pg_finfo_awgp_touch_updated_at, touch_updated_at);

/// A write needs a tenant in context, even one that would touch no row, and what the role of the user in
/// context allows. The question is asked for the statement the user sent: what our own functions write in
/// consequence runs as their owner, whom row-level security does not bind.
fn guard_statement(call: &TriggerCall) -> Datum {
    if !binds(call) {
        return nothing();
    }
    let table = call.argument(0);
    if context::current().is_none() {
        raise(&match settings::context_mode() {
            ContextMode::Trusted => isolation_refusals::no_tenant_context(table),
            ContextMode::Signed => isolation_refusals::no_signed_context(table),
        });
    }
    // Whose row it is, the statement does not say; guard_row does.
    check_role(call, table, true);
    nothing()
}

/// True where the current role is one that the rules hold for: no superuser, no administrator.
pub fn binds(call: &TriggerCall) -> bool {
    row_security_binds(call.relation_oid()) && !current_role_has("awgp_admin")
}

/// The role of the user in context allows the write.
fn check_role(call: &TriggerCall, table: &str, own: bool) {
    let role = context::user_role().unwrap_or_else(|refusal| raise(&refusal));
    let verb = call.operation().parse::<Verb>();
    if let Err(error) = verb.and_then(|verb| check_write(role, table, verb, own)) {
        raise(&error.into());
    }
}

/// Nobody gives or takes a role above his own, or changes or deletes a user who has one, or changes his own; and a
/// subject that is set is changed by administrators alone.
fn guard_user(call: &TriggerCall) -> Datum {
    let bound = binds(call);
    if bound {
        check_roles(call);
    }
    if call.operation() == "delete" { call.keep() } else { with_subject(call, bound) }
}

/// The roles in a change of a user, by somebody whom they bind.
fn check_roles(call: &TriggerCall) {
    let role = |name: Option<String>| name.and_then(|name| name.parse::<Role>().ok());
    let inserted = call.is_row_insert();
    let old = if inserted { None } else { role(call.old_text(c"role")) };
    // A role that is none is left to the table's CHECK.
    let Some(new) = role(call.new_text(c"role")) else { return };
    let actor = context::user_role().unwrap_or_else(|refusal| raise(&refusal));
    let user = context::current().and_then(|current| current.user);
    let is_self = !inserted && user.is_some() && call.old_uuid(c"id") == user;
    if let Err(error) = check_role_change(actor, is_self, old, new) {
        raise(&error.into());
    }
}

/// The row, with who says that its subject is this user's: the tenant's own people, or an administrator. The first may
/// say it once, the second may take it over as well. In signed mode nobody but authenticate() says when a user came.
fn with_subject(call: &TriggerCall, bound: bool) -> Datum {
    let subject = call.new_text(c"keycloak_id");
    let said = call.new_row().flag(c"subject_by_tenant");
    let (old_subject, old_said) = match call.is_update() {
        true => (call.old_text(c"keycloak_id"), call.old_row().flag(c"subject_by_tenant")),
        false => (None, false),
    };
    let changes = subject != old_subject;
    if bound && changes && old_subject.is_some() {
        raise(&isolation_refusals::subject_fixed());
    }
    let by_tenant = match (bound, changes) {
        (true, true) => subject.is_some(),
        (true, false) => old_said,
        // An administrator who gives another subject vouches for it, unless they say otherwise.
        (false, true) => said && said != old_said,
        (false, false) => said,
    };
    let mut columns: Vec<(&CStr, Option<Datum>)> = Vec::new();
    if by_tenant != said {
        columns.push((c"subject_by_tenant", by_tenant.into_datum()));
    }
    if bound && settings::context_mode() == ContextMode::Signed {
        let last = if call.is_update() { call.old_row().raw(c"last_login_at") } else { None };
        columns.push((c"last_login_at", last));
    }
    if columns.is_empty() { call.keep() } else { call.with_columns(&columns) }
}

/// A row is written for a tenant that the context may write to, and never moves.
fn guard_row(call: &TriggerCall) -> Datum {
    let tenant = call.new_uuid(c"tenant_id");
    if call.is_update() && tenant != call.old_uuid(c"tenant_id") {
        raise(&isolation_refusals::tenant_change(call.argument(0)));
    }
    // tenant_id NULL is left to NOT NULL, and what an administrator writes to the policies.
    let Some(tenant) = tenant else { return call.keep() };
    let allowed = match call.argument(1) {
        "visible" => context::visible().contains(&tenant),
        _ => context::current().is_some_and(|current| current.tenant == tenant),
    };
    let rule = call.operation().parse::<Verb>().ok().and_then(|verb| rule(call.argument(0), verb));
    let by_owner = rule.is_some_and(|rule| rule.scope != Scope::Tenant);
    if (!allowed || by_owner) && binds(call) {
        if !allowed {
            raise(&isolation_refusals::foreign_tenant(call.argument(0)));
        }
        check_role(call, call.argument(0), is_own(call));
    }
    call.keep()
}

/// True where the user in context is the delegator, before and after.
fn is_own(call: &TriggerCall) -> bool {
    let user = context::current().and_then(|current| current.user);
    let before = if call.is_update() { call.old_uuid(c"delegator_id") } else { user };
    user.is_some() && before == user && call.new_uuid(c"delegator_id") == user
}

/// A parent is a holding, a tenant is not its own ancestor, and a holding with subsidiaries stays one.
fn guard_tenant(call: &TriggerCall) -> Datum {
    let Some(id) = call.new_uuid(c"id") else { return call.keep() };
    let parent = call.new_uuid(c"parent_tenant_id");
    let old_parent = if call.is_update() { call.old_uuid(c"parent_tenant_id") } else { None };
    let new_parent = parent.filter(|_| parent != old_parent);
    if let Some(refusal) = new_parent.and_then(|parent| context::tenants::parent_refusal(id, parent)) {
        raise(&refusal);
    }
    if call.is_update() && call.new_text(c"type").as_deref() != Some("holding") {
        let mut subsidiaries = false;
        relation::for_each_by_uuid(c"tenants", c"idx_tenants_parent", c"parent_tenant_id", id, |_| {
            subsidiaries = true;
        });
        if subsidiaries {
            raise(&isolation_refusals::parent_not_holding(id));
        }
    }
    call.keep()
}

/// What the context remembers of tenants and users may be out of date, here and, for plans, in every session.
fn refresh_context(call: &TriggerCall) -> Datum {
    context::forget_lookups();
    // No plan depends on users.
    if call.argument(0) == "tenants" {
        // SAFETY: the trigger's table exists; the message goes out with the commit.
        unsafe { pg_sys::CacheInvalidateRelcacheByRelid(call.relation_oid()) };
    }
    nothing()
}

/// `updated_at` is the wall clock of the change. A login is no change.
fn touch_updated_at(call: &TriggerCall) -> Datum {
    if last_login::is_keeping() {
        return call.keep();
    }
    // SAFETY: reads the clock.
    call.with_timestamp(c"updated_at", unsafe { pg_sys::GetCurrentTimestamp() })
}
