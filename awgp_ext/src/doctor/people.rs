//! The doctor's findings about people: who vouches for users, and whether enough users can decide open
//! approvals.

use super::finding::Finding;
use crate::approval::undecidable;
use crate::context::mode::{ContextMode, context_mode};
use crate::identity::providers;
use crate::install;
use crate::pg::query;
use crate::pg::relation;
use crate::pg::role;
use pgrx::pg_sys;

/// The mode is signed and no provider can be used, so nobody can authenticate.
pub fn signed_without_provider() -> Option<Finding> {
    (context_mode() == ContextMode::Signed && providers::active().is_empty()).then(|| Finding {
        code: "signed_without_provider",
        severity: "error",
        object: "awgp.identity_providers".to_owned(),
        message: "the context mode is signed, but there is no usable active provider: every token is refused"
            .to_owned(),
        hint: "SELECT awgp.create_identity_provider('realm', 'https://…', '{awgp}', '{\"keys\": …}');"
            .to_owned(),
    })
}

/// The mode is signed, a provider vouches for users of every tenant without naming the tenant, and tenants
/// have admins who create users: they could claim another person's subject.
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
                message: "its tokens name no tenant, but tenants' admins can create users: a user whose subject was set by \
                          their own tenant is refused"
                    .to_owned(),
                hint: format!(
                    "UPDATE awgp.identity_providers SET tenant_claim = '…' WHERE issuer = '{}'; -- or set only_tenant_id, where \
                     it has the users of only one tenant",
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

/// Requests that too few users can decide. Only their number is reported, not their tenants, because
/// maintainers read the doctor's findings. Not a warning: it is not a fault of the installation, and users
/// create such requests at will.
pub fn approval_undecidable() -> Option<Finding> {
    // An older structure lacks columns that the rules need; migration_due reports that.
    let tables = [c"approvals", c"approval_decisions", c"users", c"assistants"];
    if tables.iter().any(|table| relation::oid(table) == pg_sys::InvalidOid) || !install::is_current() {
        return None;
    }
    let count = undecidable::count();
    (count > 0).then(|| Finding {
        code: "approval_undecidable",
        severity: "info",
        object: "awgp.approvals".to_owned(),
        message: format!("{count} open approvals need more votes than there are users who may decide them"),
        hint: "SELECT awgp.explain_approval(id) FROM awgp.approvals WHERE status IN ('pending', 'escalated'); -- as a user of \
               the tenant, who then asks others"
            .to_owned(),
    })
}
