//! What the context needs to know about tenants, users, assistants and identity providers; read past
//! row-level security.

use crate::pg::datum::uuid;
use crate::pg::relation::{for_each_by_text, for_each_by_uuid};
use crate::pg::statement::statements;
use awgp_core::identity::Candidate;
use awgp_core::isolation_refusals;
use awgp_core::refusal::Refusal;
use uuid::Uuid;

/// True where the tenant exists and is active.
pub fn is_active(tenant: Uuid) -> bool {
    let mut active = false;
    for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant, |row| active = row.flag(c"is_active"));
    active
}

/// The tenant itself and, where it is a holding, its direct active subsidiaries; empty where it is inactive.
pub fn visible_from(tenant: Uuid) -> Vec<Uuid> {
    let mut visible = Vec::new();
    let mut is_holding = false;
    for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant, |row| {
        if row.flag(c"is_active") {
            visible.push(tenant);
            is_holding = row.text(c"type").as_deref() == Some("holding");
        }
    });
    if is_holding {
        for_each_by_uuid(c"tenants", c"idx_tenants_parent", c"parent_tenant_id", tenant, |row| {
            if row.flag(c"is_active") {
                visible.extend(row.uuid(c"id"));
            }
        });
    }
    visible
}

/// True where the user belongs to the tenant and is active.
pub fn has_active_user(tenant: Uuid, user: Uuid) -> bool {
    let mut found = false;
    for_each_by_uuid(c"users", c"users_pkey", c"id", user, |row| {
        found = row.uuid(c"tenant_id") == Some(tenant) && row.flag(c"is_active");
    });
    found
}

/// The role of an active user of the tenant; None where they are not one.
pub fn role_of_active_user(tenant: Uuid, user: Uuid) -> Option<String> {
    let mut role = None;
    for_each_by_uuid(c"users", c"users_pkey", c"id", user, |row| {
        if row.uuid(c"tenant_id") == Some(tenant) && row.flag(c"is_active") {
            role = row.text(c"role");
        }
    });
    role
}

/// The user whose `keycloak_id` is the token's subject, with their tenant.
pub fn user_of_subject(subject: &str) -> Option<(Uuid, Candidate)> {
    let mut user = None;
    for_each_by_text(c"users", c"users_keycloak_id_key", c"keycloak_id", subject, |row| {
        user = row
            .uuid(c"id")
            .zip(row.uuid(c"tenant_id"))
            .map(|(id, tenant)| (id, tenant, row.flag(c"is_active"), row.flag(c"subject_by_tenant")));
    });
    let (id, tenant_id, is_active, subject_by_tenant) = user?;
    let mut candidate = None;
    for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant_id, |row| {
        candidate = Some(Candidate {
            is_active,
            tenant_id,
            tenant_slug: row.text(c"slug").unwrap_or_default(),
            tenant_is_active: row.flag(c"is_active"),
            subject_by_tenant,
        });
    });
    candidate.map(|candidate| (id, candidate))
}

/// True where the tokens of this issuer are accepted.
pub fn has_active_provider(issuer: &str) -> bool {
    let mut active = false;
    for_each_by_text(c"identity_providers", c"identity_providers_issuer_key", c"issuer", issuer, |row| {
        active = row.flag(c"is_active");
    });
    active
}

/// True where the assistant belongs to the tenant.
pub fn has_assistant(tenant: Uuid, assistant: Uuid) -> bool {
    let mut found = false;
    for_each_by_uuid(c"assistants", c"assistants_pkey", c"id", assistant, |row| {
        found = row.uuid(c"tenant_id") == Some(tenant);
    });
    found
}

/// Why `parent` cannot be the parent of `tenant`; None where it can, or where the foreign key will refuse it.
///
/// Walks up from the parent and locks each ancestor. So two transactions that make two tenants each other's
/// parents at the same time meet: one waits, and the deadlock detector ends the other.
pub fn parent_refusal(tenant: Uuid, parent: Uuid) -> Option<Refusal> {
    let mut ancestor = Some(parent);
    let mut first = true;
    while let Some(id) = ancestor {
        if id == tenant {
            return Some(isolation_refusals::tenant_cycle(tenant));
        }
        let (kind, next) = lock_ancestor(id);
        if first && kind.as_deref().is_some_and(|kind| kind != "holding") {
            return Some(isolation_refusals::parent_not_holding(parent));
        }
        first = false;
        ancestor = next;
    }
    None
}

statements! {
    /// A tenant, locked against changes.
    ANCESTOR(UUIDOID) = "
        SELECT type, parent_tenant_id FROM awgp.tenants WHERE id OPERATOR(pg_catalog.=) $1 FOR SHARE";
}

/// Type and parent of a tenant, locked against changes until the transaction ends.
fn lock_ancestor(tenant: Uuid) -> (Option<String>, Option<Uuid>) {
    ANCESTOR.run(&[uuid(tenant)], |rows| match rows.first() {
        Some(row) => (row.text(c"type"), row.uuid(c"parent_tenant_id")),
        None => (None, None),
    })
}
