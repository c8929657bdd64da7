//! What the doctor says of people: who vouches for them, and whether there are any to decide what waits.

use super::finding::Finding;
use crate::approval::undecidable;
use crate::context::mode::{ContextMode, context_mode};
use crate::identity::providers;
use crate::install;
use crate::pg::query;
use crate::pg::relation;
use crate::pg::role;
use pgrx::pg_sys;

/// In signed mode, and nobody is trusted to vouch for a user: nobody can come in.
pub fn signed_without_provider() -> Option<Finding> {
    (context_mode() == ContextMode::Signed && providers::active().is_empty()).then(|| Finding {
        code: "signed_without_provider",
        severity: "error",
        object: "awgp.identity_providers".to_owned(),
        message: "the context mode is signed, and no active provider can be used: every token is refused"
            .to_owned(),
        hint: "SELECT awgp.create_identity_provider('realm', 'https://…', '{awgp}', '{\"keys\": …}');"
            .to_owned(),
    })
}

/// In signed mode, a provider vouches for users of every tenant without saying of which, and tenants have admins who make
/// users: they could claim the subject of a stranger.
pub fn provider_names_no_tenant() -> Vec<Finding> {
    let missing = [c"users", c"tenants"].iter().any(|table| relation::oid(table) == pg_sys::InvalidOid);
    if missing || context_mode() != ContextMode::Signed || !tenants_have_admins() {
        return Vec::new();
    }
    let vouching = providers::active().into_iter();
    vouching
        .filter(|trusted| trusted.provider.tenant_claim.is_none() && trusted.only_tenant.is_none())
        .map(|trusted| {
            let issuer = trusted.provider.issuer;
            Finding {
                code: "provider_names_no_tenant",
                severity: "error",
                object: format!("identity provider {issuer}"),
                message: "its tokens name no tenant, and tenants have admins who make users: whose subject their tenant has \
                          set is refused"
                    .to_owned(),
                hint: format!(
                    "UPDATE awgp.identity_providers SET tenant_claim = '…' WHERE issuer = '{}'; -- or only_tenant_id, where \
                     it has the users of one tenant alone",
                    issuer.replace('\'', "''")
                ),
            }
        })
        .collect()
}

fn tenants_have_admins() -> bool {
    let found = role::as_installer_past_row_security(|| {
        query::one::<bool>(
            "SELECT EXISTS (SELECT FROM awgp.users JOIN awgp.tenants ON tenants.id OPERATOR(pg_catalog.=) users.tenant_id
                            WHERE users.is_active AND tenants.is_active
                              AND users.role OPERATOR(pg_catalog.=) ANY ('{admin,super_admin}'::text[]))",
            &[],
        )
    });
    found.ok().flatten().unwrap_or(false)
}

/// Requests that wait for people who are not there. How many, not whose: the doctor speaks to maintainers. And no warning:
/// it is no fault of the installation, and a tenant's user makes as many as they like.
pub fn approval_undecidable() -> Option<Finding> {
    // An older structure does not say what the rules ask; migration_due says so.
    let tables = [c"approvals", c"approval_decisions", c"users", c"assistants"];
    if tables.iter().any(|table| relation::oid(table) == pg_sys::InvalidOid) || !install::due().is_empty() {
        return None;
    }
    let count = undecidable::count();
    (count > 0).then(|| Finding {
        code: "approval_undecidable",
        severity: "info",
        object: "awgp.approvals".to_owned(),
        message: format!("fewer people may decide {count} open approvals than votes are needed"),
        hint: "SELECT awgp.explain_approval(id) FROM awgp.approvals WHERE status IN ('pending', 'escalated'); -- as a user of \
               the tenant, who then asks others"
            .to_owned(),
    })
}
