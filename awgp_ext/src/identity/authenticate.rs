//! `awgp.authenticate()`.

use super::{last_login, providers};
use crate::context::functions::refuse_in_parallel_worker;
use crate::context::session::Presented;
use crate::context::session::{SessionIdentity, login, now_microseconds};
use crate::context::{self, Context, tenants};
use crate::pg::argument;
use crate::pg::datum::to_sql;
use crate::pg::raise::{raise, sqlstate};
use awgp_core::identity::{Identity, Instant, TokenError, admit, verify_at};
use awgp_core::refusal::Refusal;
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::rc::Rc;
use uuid::Uuid;

/// Verifies an access token, puts its user and their tenant in context, and returns the tenant.
///
/// The context lasts until the end of the transaction. With `for_session` it lasts, once the transaction
/// commits, until the token expires; `awgp.session_context` must allow it. Refuses with the reasons of
/// `awgp_core::identity` and, for the user, `unknown_user`, `user_inactive`, `tenant_inactive` and
/// `token_tenant_mismatch`. Where the transaction may write, its commit stores the time in
/// `users.last_login_at`.
#[pg_extern(volatile, parallel_unsafe)]
fn authenticate(token: Option<&str>, for_session: default!(Option<bool>, "false")) -> pgrx::Uuid {
    refuse_in_parallel_worker();
    let for_session = argument::needed("for_session", for_session);
    if for_session && !context::outliving::allows_identity() {
        refuse(&awgp_core::isolation_refusals::identity_of_session());
    }
    match accepted(token.unwrap_or_default()) {
        Ok(Accepted { tenant, user, expires_at_seconds, presented }) => {
            let context = Context { tenant, user: Some(user), assistant: None };
            context::enter_verified(context, Rc::clone(&presented));
            if for_session {
                let identity =
                    SessionIdentity { tenant, user, expires_at_seconds, presented, login: login() };
                context::keep_for_session(identity);
            }
            last_login::note(tenant, user);
            to_sql(tenant)
        }
        Err(refusal) => refuse(&refusal),
    }
}

struct Accepted {
    tenant: Uuid,
    user: Uuid,
    expires_at_seconds: i64,
    presented: Rc<Presented>,
}

fn accepted(token: &str) -> Result<Accepted, Refusal> {
    let (identity, only_tenant) = verified(token)?;
    let found = tenants::user_of_subject(&identity.subject);
    admit(&identity, only_tenant, found.as_ref().map(|(_, candidate)| candidate))?;
    let Some((user, candidate)) = found else { raise(&awgp_core::isolation_refusals::unknown_user()) };
    Ok(Accepted {
        tenant: candidate.tenant_id,
        user,
        expires_at_seconds: identity.expires_at_seconds,
        presented: Rc::new(Presented { issuer: identity.issuer, subject: identity.subject }),
    })
}

/// What the token proves, and the tenant that its provider is bound to. Providers are tried one at a time,
/// because each has its own leeway; the issuer decides, and it is unique.
fn verified(token: &str) -> Result<(Identity, Option<Uuid>), TokenError> {
    let now = Instant::of_microseconds(now_microseconds());
    for trusted in providers::active() {
        match verify_at(token, std::slice::from_ref(&trusted.provider), now, trusted.leeway_seconds) {
            Err(TokenError::WrongIssuer) => {}
            Err(error) => return Err(error),
            Ok(identity) => return Ok((identity, trusted.only_tenant)),
        }
    }
    // No provider has this issuer. A malformed token still gets its own error.
    verify_at(token, &[], now, 0).map(|identity| (identity, None))
}

/// Raises the refusal, and writes a line to the server's log, which a rollback does not remove.
fn refuse(refusal: &Refusal) -> ! {
    // The server logs the text of the statement with its messages, and the text contains a token that is
    // passed as a literal.
    // SAFETY: the server sets the pointer for every statement and allows null.
    unsafe { pg_sys::debug_query_string = std::ptr::null() };
    let line = format!("awgp: authentication refused: {}", refusal.message);
    ErrorReport::new(sqlstate(refusal.reason.family()), line, "awgp")
        .set_detail(refusal.detail())
        .report(PgLogLevel::LOG);
    raise(refusal)
}
