//! Users of one tenant with the same e-mail address, from before addresses were compared by key: reported,
//! never changed.

use crate::pg::query;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role::as_owner_past_row_security;
use pgrx::JsonB;
use pgrx::pg_sys;

/// The most groups of users reported at once; the others are reported when these are corrected.
const TOLD_MAX: i32 = 20;

/// Refuses with `email_clash` where users of one tenant have the same address and the unique index does not
/// exist yet.
pub fn refuse_clashes() {
    if relation::oid(c"users_tenant_id_email_key_key") != pg_sys::InvalidOid {
        return;
    }
    let clashes = as_owner_past_row_security(c"users", || {
        query::one::<JsonB>(
            "SELECT pg_catalog.jsonb_agg(clash) FROM (
                 SELECT pg_catalog.jsonb_build_object('tenant_id', tenant_id, 'users', pg_catalog.jsonb_agg(
                     pg_catalog.jsonb_build_object('id', id, 'email', email, 'is_active', is_active) ORDER BY created_at, id))
                 FROM awgp.users GROUP BY tenant_id, awgp.email_key(email) HAVING pg_catalog.count(*) > 1
                 ORDER BY tenant_id LIMIT $1) AS found (clash)",
            &[TOLD_MAX.into()],
        )
    });
    match clashes {
        Ok(None) => {}
        Ok(Some(JsonB(clashes))) => raise(&awgp_core::email::clash(&clashes)),
        Err(error) => pgrx::error!("users could not be read: {error}"),
    }
}
