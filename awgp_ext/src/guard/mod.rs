//! The triggers that apply the rules to plain DML, so that an ORM is bound as a function call is.
//!
//! Row-level security remains the boundary. These triggers run before it, to give a reason instead of an
//! empty result, and to enforce what a policy cannot express: a row never moves to another tenant, tenants
//! form a tree, and a user is bound by their role.

pub mod bounds;
mod quota;
mod references;
mod tenant_settings;

use crate::context;
use crate::context::mode::{ContextMode, context_mode};
use crate::identity::last_login::LOGIN_TIME;
use crate::moving;
use crate::pg::clock;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role::{current_role_has, row_security_binds};
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::stop;
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

/// A write needs a tenant in context, even one that would touch no row, and the role of the user in context
/// must allow it. This checks the statement that the user sent: what AWGP's own functions write as a
/// consequence runs as their owner, to whom row-level security does not apply.
fn guard_statement(call: &TriggerCall) -> Datum {
    if !binds(call) {
        return nothing();
    }
    let table = call.argument(0);
    if context::current().is_none() {
        raise(&match context_mode() {
            ContextMode::Trusted => isolation_refusals::no_tenant_context(table),
            ContextMode::Signed => isolation_refusals::no_signed_context(table),
        });
    }
    // The statement does not tell whose rows it touches; guard_row checks that.
    check_role(call, table, true);
    nothing()
}

/// True where the rules bind the current role: not for superusers, nor for administrators.
pub fn binds(call: &TriggerCall) -> bool {
    row_security_binds(call.relation_oid()) && !current_role_has("awgp_admin")
}

/// Refuses a write that the role of the user in context does not allow.
fn check_role(call: &TriggerCall, table: &str, own: bool) {
    let role = context::user_role().unwrap_or_else(|refusal| raise(&refusal));
    let verb = call.operation().parse::<Verb>();
    if let Err(error) = verb.and_then(|verb| check_write(role, table, verb, own)) {
        raise(&error.into());
    }
}

/// Nobody gives or takes a role above their own, changes or deletes a user with such a role, or changes their
/// own role. Once the subject is set, only administrators change it.
fn guard_user(call: &TriggerCall) -> Datum {
    let bound = binds(call);
    if bound {
        check_roles(call);
    }
    if call.operation() == "delete" { call.keep() } else { with_subject(call, bound) }
}

/// Checks the roles in a change of a user, made by a role that the rules bind.
fn check_roles(call: &TriggerCall) {
    let role = |name: Option<String>| name.and_then(|name| name.parse::<Role>().ok());
    let inserted = call.is_row_insert();
    let old = if inserted { None } else { role(call.old_text(c"role")) };
    // A value that is not a role is left to the table's CHECK.
    let Some(new) = role(call.new_text(c"role")) else { return };
    let actor = context::user_role().unwrap_or_else(|refusal| raise(&refusal));
    let user = context::current().and_then(|current| current.user);
    let is_self = !inserted && user.is_some() && call.old_uuid(c"id") == user;
    if let Err(error) = check_role_change(actor, is_self, old, new) {
        raise(&error.into());
    }
}

/// The row, marked with who claims that the subject belongs to this user: the tenant's own users or an
/// administrator. The tenant's users can claim it once; an administrator can also confirm it. In signed mode
/// only authenticate() writes the time of the last login.
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
        // An administrator who sets another subject vouches for it, unless they set the flag themselves.
        (false, true) => said && said != old_said,
        (false, false) => said,
    };
    let mut columns: Vec<(&CStr, Option<Datum>)> = Vec::new();
    if by_tenant != said {
        columns.push((c"subject_by_tenant", by_tenant.into_datum()));
    }
    if bound && context_mode() == ContextMode::Signed {
        let last = if call.is_update() { call.old_row().datum(c"last_login_at") } else { None };
        columns.push((c"last_login_at", last));
    }
    if columns.is_empty() { call.keep() } else { call.with_columns(&columns) }
}

/// A row is written only for a tenant that the context may write to, and never moves to another.
fn guard_row(call: &TriggerCall) -> Datum {
    let tenant = call.new_uuid(c"tenant_id");
    if call.is_update() && tenant != call.old_uuid(c"tenant_id") {
        raise(&isolation_refusals::tenant_change(call.argument(0)));
    }
    // A NULL tenant_id is left to NOT NULL, and what an administrator writes to the policies.
    let Some(tenant) = tenant else { return call.keep() };
    moving::refuse_early(tenant);
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

/// True where the user in context is the delegator before and after the write.
fn is_own(call: &TriggerCall) -> bool {
    let user = context::current().and_then(|current| current.user);
    let before = if call.is_update() { call.old_uuid(c"delegator_id") } else { user };
    user.is_some() && before == user && call.new_uuid(c"delegator_id") == user
}

/// A parent is a holding, a tenant is not its own ancestor, and a holding with subsidiaries remains one.
fn guard_tenant(call: &TriggerCall) -> Datum {
    let Some(id) = call.new_uuid(c"id") else { return call.keep() };
    moving::refuse_early(id);
    let parent = call.new_uuid(c"parent_tenant_id");
    let old_parent = if call.is_update() { call.old_uuid(c"parent_tenant_id") } else { None };
    let new_parent = parent.filter(|_| parent != old_parent);
    if let Some(refusal) = new_parent.and_then(|parent| context::tenants::parent_refusal(id, parent)) {
        raise(&refusal);
    }
    if !call.is_update() || parent != old_parent {
        stop::joins(id, call.is_update().then_some(old_parent), parent);
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

/// A tenant or user has changed: drops what the context remembers in this session and, for tenants, cached
/// plans in every session.
fn refresh_context(call: &TriggerCall) -> Datum {
    context::forget_lookups();
    // No plan depends on users.
    if call.argument(0) == "tenants" {
        // SAFETY: the trigger's table exists; the message is sent at commit.
        unsafe { pg_sys::CacheInvalidateRelcacheByRelid(call.relation_oid()) };
    }
    nothing()
}

/// Sets `updated_at` to the wall clock. Storing the time of a login does not count as a change.
fn touch_updated_at(call: &TriggerCall) -> Datum {
    if LOGIN_TIME.is_held() {
        return call.keep();
    }
    call.with_timestamp(c"updated_at", clock::timestamp())
}
