//! The functions of the context that clients call.

use super::mode::{ContextMode, context_mode, in_parallel_worker};
use super::{Context, current, enter, narrow, own, tenants, verified, visible, with_visible_array};
use crate::moving;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::encoding::Text;
use crate::pg::query::{self, text};
use crate::pg::raise::raise;
use crate::pg::role::{current_role_has, outer_role_has};
use awgp_core::isolation_refusals;
use pgrx::pg_sys;
use pgrx::prelude::*;

/// Puts tenant, user and assistant in context until the end of the transaction, and returns the tenant.
#[pg_extern(volatile, parallel_unsafe)]
fn set_context(
    tenant_id: Option<pgrx::Uuid>,
    user_id: default!(Option<pgrx::Uuid>, "NULL"),
    assistant_id: default!(Option<pgrx::Uuid>, "NULL"),
) -> pgrx::Uuid {
    refuse_in_parallel_worker();
    if context_mode() == ContextMode::Signed {
        return to_sql(narrowed(tenant_id.as_ref(), user_id.as_ref(), assistant_id.as_ref()));
    }
    let tenant = tenant_id.as_ref().map(from_sql).filter(|id| tenants::is_active(*id));
    let Some(tenant) = tenant else {
        moving::refuse_gone(tenant_id.as_ref().map(from_sql), None);
        raise(&isolation_refusals::unknown_tenant())
    };
    let user = user_id.as_ref().map(from_sql);
    if user.is_some_and(|id| !tenants::has_active_user(tenant, id)) {
        raise(&isolation_refusals::unknown_user());
    }
    let assistant = assistant_id.as_ref().map(from_sql);
    if assistant.is_some_and(|id| !tenants::has_assistant(tenant, id)) {
        raise(&isolation_refusals::unknown_assistant());
    }
    enter(Context { tenant, user, assistant });
    to_sql(tenant)
}

/// The same by the names that people know: the tenant's slug and the user's e-mail address; or their ids.
///
/// In signed mode it refuses: the uuid form names an assistant beside the verified user, this one has none.
#[pg_extern(name = "set_context", volatile, parallel_unsafe)]
fn set_context_by_name(slug_or_id: Option<Text>, email_or_id: Option<Text>) -> pgrx::Uuid {
    refuse_in_parallel_worker();
    if context_mode() == ContextMode::Signed {
        raise(&isolation_refusals::signed_mode());
    }
    let Some(Text(named)) = slug_or_id else { raise(&isolation_refusals::unknown_tenant()) };
    let by_id = uuid::Uuid::try_parse(&named).ok().filter(|&id| tenants::is_active(id));
    let tenant = by_id.unwrap_or_else(|| found("SELECT awgp.find_tenant($1)", &named));
    enter(Context { tenant, user: None, assistant: None });
    if let Some(Text(named)) = email_or_id {
        let user = user_in_context(tenant, &named);
        enter(Context { tenant, user: Some(user), assistant: None });
    }
    to_sql(tenant)
}

/// The active user of the tenant, which is in context.
fn user_in_context(tenant: uuid::Uuid, named: &str) -> uuid::Uuid {
    if let Ok(id) = uuid::Uuid::try_parse(named) {
        if tenants::has_active_user(tenant, id) {
            return id;
        }
        raise(&isolation_refusals::unknown_user());
    }
    // Others may not call find_user(), and learn here no more than there.
    if !current_role_has("awgp_app") && !current_role_has("awgp_admin") {
        raise(&isolation_refusals::user_by_id_alone());
    }
    found("SELECT awgp.find_user($1)", named)
}

/// What one of the functions below finds; they refuse where they find nothing.
fn found(sql: &str, named: &str) -> uuid::Uuid {
    match query::one::<pgrx::Uuid>(sql, &[text(Some(named))]) {
        Ok(Some(id)) => from_sql(&id),
        _ => raise(&isolation_refusals::unknown_tenant()),
    }
}

/// Called explicitly, because a caller's own PARALLEL SAFE function can run any function in a parallel
/// worker, whatever that function is marked as.
pub fn refuse_in_parallel_worker() {
    if in_parallel_worker() {
        raise(&isolation_refusals::parallel_worker());
    }
}

/// In signed mode: accepts only the verified tenant and user again, with an assistant of the tenant. The user
/// must be named, so that an assistant never acts without the user's role.
fn narrowed(
    tenant: Option<&pgrx::Uuid>,
    user: Option<&pgrx::Uuid>,
    assistant: Option<&pgrx::Uuid>,
) -> uuid::Uuid {
    let Some((verified, presented, of_session)) = verified() else {
        raise(&isolation_refusals::signed_mode())
    };
    let same = tenant.map(from_sql) == Some(verified.tenant) && user.map(from_sql) == verified.user;
    let Some(assistant) = assistant.map(from_sql).filter(|_| same) else {
        raise(&isolation_refusals::signed_mode())
    };
    if !tenants::has_assistant(verified.tenant, assistant) {
        raise(&isolation_refusals::unknown_assistant());
    }
    narrow(Context { assistant: Some(assistant), ..verified }, presented, of_session);
    verified.tenant
}

/// The tenant in context; NULL where there is none.
#[pg_extern(stable, parallel_restricted)]
fn current_tenant() -> Option<pgrx::Uuid> {
    current().map(|context| to_sql(context.tenant))
}

/// The user in context; NULL where there is none.
#[pg_extern(stable, parallel_restricted)]
fn current_user_id() -> Option<pgrx::Uuid> {
    current().and_then(|context| context.user).map(to_sql)
}

/// The assistant in context; NULL where there is none.
#[pg_extern(stable, parallel_restricted)]
fn current_assistant_id() -> Option<pgrx::Uuid> {
    current().and_then(|context| context.assistant).map(to_sql)
}

/// The tenant in context, where its rows may be read: the first of `visible_tenants()`. NULL without a
/// context and where the tenant has become inactive.
#[pg_extern(stable, parallel_restricted)]
fn own_tenant() -> Option<pgrx::Uuid> {
    own().map(to_sql)
}

/// The sources of the context in this session: trusted or signed.
#[pg_extern(name = "context_mode", stable, parallel_restricted)]
fn mode_in_force() -> &'static str {
    match context_mode() {
        ContextMode::Trusted => "trusted",
        ContextMode::Signed => "signed",
    }
}

#[doc(hidden)]
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_awgp_visible_tenants() -> &'static pg_sys::Pg_finfo_record {
    const V1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &V1
}

/// `awgp.visible_tenants()`: the tenants whose rows may be read; empty without a context.
///
/// Every statement under a holding's policies calls this, some twice, so the array is built once and copied
/// here. A `pg_extern` function would build it again each time, element by element.
#[doc(hidden)]
#[unsafe(no_mangle)]
#[pgrx::pg_guard]
pub unsafe extern "C-unwind" fn awgp_visible_tenants(_fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    // SAFETY: copies a whole varlena into palloc'd memory.
    with_visible_array(|array| unsafe {
        let copy = pg_sys::palloc(array.len()).cast::<u8>();
        std::ptr::copy_nonoverlapping(array.as_ptr(), copy, array.len());
        pg_sys::Datum::from(copy)
    })
}

/// The id of an active tenant, found by its slug or its id.
///
/// SECURITY DEFINER, because a caller without a context sees no tenant. It reveals no more than
/// `set_context()` does: the id of an active tenant, to those who know its slug. In signed mode it finds only
/// tenants that the context sees; administrators find all.
#[pg_extern(stable, parallel_restricted, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn find_tenant(slug_or_id: Option<&str>) -> pgrx::Uuid {
    let arguments = [slug_or_id.into()];
    let found = query::one::<pgrx::Uuid>(
        "SELECT id FROM awgp.tenants WHERE is_active AND (slug = $1 OR id::text = lower($1))
         ORDER BY id::text = lower($1) DESC LIMIT 1",
        &arguments,
    );
    let seen = |id: &pgrx::Uuid| {
        context_mode() == ContextMode::Trusted
            || visible().contains(&from_sql(id))
            || outer_role_has("awgp_admin")
    };
    match found {
        Ok(Some(id)) if seen(&id) => id,
        _ => {
            let id = slug_or_id.and_then(|named| uuid::Uuid::try_parse(named).ok());
            moving::refuse_gone(id, slug_or_id);
            raise(&isolation_refusals::unknown_tenant())
        }
    }
}

/// The key by which an e-mail address is unique in its tenant: the same for all of its spellings. Bytes of
/// UTF-8, because the database's encoding may lack a character of the folded address.
#[pg_extern(immutable, strict, parallel_safe)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn email_key(email: Text) -> Vec<u8> {
    awgp_core::email::key(&email.0).into_bytes()
}

/// The id of an active user of the tenant in context, found by any spelling of the e-mail address or by the
/// id.
#[pg_extern(stable, parallel_restricted)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn find_user(email_or_id: Option<Text>) -> pgrx::Uuid {
    if current().is_none() {
        raise(&isolation_refusals::user_without_tenant());
    }
    let arguments = [text(email_or_id.as_ref().map(|Text(text)| text.as_str()))];
    let found = query::one::<pgrx::Uuid>(
        "SELECT id FROM awgp.users
         WHERE tenant_id = awgp.current_tenant() AND is_active
           AND (awgp.email_key(email) = awgp.email_key($1) OR id::text = lower($1))
         ORDER BY id::text = lower($1) DESC LIMIT 1",
        &arguments,
    );
    match found {
        Ok(Some(id)) => id,
        _ => raise(&isolation_refusals::unknown_user()),
    }
}
