//! The doctor's findings about people: in which mode they come into context, who vouches for them, and
//! whether enough of them can decide open approvals.

use super::finding::Finding;
use crate::approval::undecidable;
use crate::context::mode::{ContextMode, context_mode};
use crate::identity::providers;
use crate::install;
use crate::pg::query;
use crate::pg::relation;
use crate::pg::role;
use pgrx::pg_sys;

/// The context mode in force; always reported.
pub fn mode() -> Finding {
    let (message, hint) = match context_mode() {
        ContextMode::Trusted => (
            "trusted: any role that can run SQL chooses its tenant, with set_context() or app.current_tenant",
            switch_to_signed(),
        ),
        ContextMode::Signed => {
            ("signed: the tenant comes only from a verified token", "SHOW awgp.context_mode;".to_owned())
        }
    };
    Finding {
        code: "context_mode",
        severity: "info",
        object: "awgp.context_mode".to_owned(),
        message: message.to_owned(),
        hint,
    }
}

/// The statement that switches signed mode on for this database.
fn switch_to_signed() -> String {
    let sql = "SELECT format('ALTER DATABASE %I SET awgp.context_mode = signed;', current_database())";
    query::one(sql, &[]).ok().flatten().unwrap_or_default()
}

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

/// The mode is trusted although a provider is active: signed mode was never switched on, or a restore without
/// --create has lost it.
pub fn trusted_with_provider() -> Option<Finding> {
    if relation::oid(c"identity_providers") == pg_sys::InvalidOid {
        return None;
    }
    (context_mode() == ContextMode::Trusted && !providers::active().is_empty()).then(|| Finding {
        code: "trusted_with_provider",
        severity: "warning",
        object: "awgp.context_mode".to_owned(),
        message: "the context mode is trusted although an identity provider is active: a session chooses its tenant \
                  without a token. A restore without --create loses the mode of the database"
            .to_owned(),
        hint: switch_to_signed(),
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
        message: format!("open approvals that need more votes than there are users who may decide them: {count}"),
        hint: "SELECT awgp.explain_approval(id) FROM awgp.approvals WHERE status IN ('pending', 'escalated'); -- as a user of \
               the tenant, who then asks others"
            .to_owned(),
    })
}
