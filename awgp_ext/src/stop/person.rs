//! Who stops and resumes, and whether they may.

use super::family;
use super::in_force::Stop;
use super::settings::installation_by_other;
use crate::context::{self, Context, tenants::has_assistant};
use crate::pg::encoding::from_server;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role::current_role_has;
use awgp_core::isolation_refusals;
use awgp_core::permissions::Role;
use awgp_core::stop::{Person, Scope, StopPolicy, id_does_not_fit, role_not_sufficient};
use pgrx::pg_sys;
use std::ffi::CStr;
use uuid::Uuid;

/// The caller.
pub fn present() -> Person {
    let human = context::current().and_then(|context| context.user).map(context::human);
    // SAFETY: with noerr, null for a role that no longer exists, otherwise a C string.
    let login = unsafe {
        let name = pg_sys::GetUserNameFromId(pg_sys::GetSessionUserId(), true);
        if name.is_null() { String::new() } else { from_server(CStr::from_ptr(name)).into_owned() }
    };
    Person { human, login }
}

/// What the caller wants to stop, with a new id. Refuses what is not there or not theirs.
pub fn wanted(scope: Scope, id: Option<Uuid>) -> Stop {
    let context = context::current();
    let own = context.map(|context| context.tenant);
    let (tenant, assistant) = match (scope, id) {
        (Scope::Installation, None) => (None, None),
        (Scope::Installation, Some(_)) | (Scope::Assistant, None) => raise(&id_does_not_fit(scope)),
        (Scope::Assistant, Some(assistant)) => {
            let tenant = tenant_of(assistant).filter(|tenant| is_seen(context, *tenant));
            (Some(tenant.unwrap_or_else(|| raise(&isolation_refusals::unknown_assistant()))), id)
        }
        (Scope::Tenant | Scope::Holding, _) => {
            let tenant = id.or(own).unwrap_or_else(|| raise(&id_does_not_fit(scope)));
            (Some(tenant), None)
        }
    };
    if let (Some(tenant), Scope::Tenant | Scope::Holding) = (tenant, scope) {
        match family::is_holding(tenant).filter(|_| is_seen(context, tenant)) {
            None => raise(&isolation_refusals::unknown_tenant()),
            Some(false) if scope == Scope::Holding => raise(&id_does_not_fit(scope)),
            Some(_) => {}
        }
    }
    Stop { id: Uuid::new_v4(), scope, tenant, assistant }
}

/// The tenant of an assistant.
pub fn tenant_of(assistant: Uuid) -> Option<Uuid> {
    let mut tenant = None;
    relation::for_each_by_uuid(c"assistants", c"assistants_pkey", c"id", assistant, |row| {
        tenant = row.uuid(c"tenant_id");
    });
    tenant.filter(|tenant| has_assistant(*tenant, assistant))
}

/// True where the caller may see the tenant's rows: it is in context or below the one in context, or nobody
/// is and the caller is a member of awgp_admin.
pub fn is_seen(context: Option<Context>, tenant: Uuid) -> bool {
    match context {
        Some(_) => context::visible().contains(&tenant),
        None => current_role_has("awgp_admin"),
    }
}

/// Refuses whoever may not do this to a stop. `least` is the least role of a user; None: no user may.
pub fn check_may(least: Option<Role>, verb: &str) {
    let context = context::current();
    let role = context::user_role().unwrap_or_else(|refusal| raise(&refusal));
    match (role, least) {
        (Some(role), Some(least)) if role >= least => {}
        (Some(_), _) => raise(&role_not_sufficient(role, least, verb)),
        // Nobody is in context, or the application without a user.
        (None, _) if current_role_has("awgp_admin") => {}
        (None, None) => raise(&role_not_sufficient(None, None, verb)),
        (None, Some(_)) if context.is_none() => raise(&isolation_refusals::no_tenant_context("stops")),
        (None, Some(_)) => {}
    }
}

/// What will hold for lifting a stop of this tenant that is made now. A policy that cannot be parsed counts
/// as the default, the stricter one.
pub fn policy(tenant: Option<Uuid>) -> StopPolicy {
    let Some(tenant) = tenant else {
        return StopPolicy { resume_by_other: installation_by_other(), ..StopPolicy::default() };
    };
    let mut policy = StopPolicy::default();
    relation::for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant, |row| {
        if let Some(settings) = row.jsonb(c"settings") {
            policy = StopPolicy::of_settings(&settings.value()).unwrap_or_default();
        }
    });
    policy
}
