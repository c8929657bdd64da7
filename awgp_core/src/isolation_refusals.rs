//! The refusals that isolation between tenants makes.
//!
//! None of these texts reveals to a tenant what exists in another one: an unknown, an inactive and a foreign
//! id get the same answer.

use crate::reason::Reason;
use crate::refusal::Refusal;
use uuid::Uuid;

/// How a session without ids puts a tenant in context.
pub const PUT_TENANT_IN_CONTEXT: &str = "Call awgp.set_context('TENANT', 'USER') first, in the same transaction: the \
     tenant's slug or id, and the user's e-mail address or id, or NULL for no user.";

/// How a session without ids puts a user in context.
pub const PUT_USER_IN_CONTEXT: &str = "Call awgp.set_context('TENANT', 'USER') first, in the same transaction: the \
     tenant's slug or id, and the user's e-mail address or id.";

/// A write to `table` without a tenant in context.
pub fn no_tenant_context(table: &str) -> Refusal {
    Refusal::new(Reason::NoTenantContext, "no tenant is in context", PUT_TENANT_IN_CONTEXT)
        .with("table", table)
}

/// A write to `table` in signed mode without an identity in force.
pub fn no_signed_context(table: &str) -> Refusal {
    Refusal::new(
        Reason::NoTenantContext,
        "no verified identity is in force",
        "Call awgp.authenticate(token) first. An identity ends with its transaction; the identity of a \
         session ends when its token expires, with any error, and with DISCARD ALL or RESET ALL.",
    )
    .with("table", table)
}

/// `app.current_tenant` is not a uuid.
pub fn malformed_tenant_id() -> Refusal {
    Refusal::new(
        Reason::MalformedTenantId,
        "app.current_tenant is not a uuid",
        "Set it with SELECT set_config('app.current_tenant', $1, true), where $1 is the tenant's id.",
    )
}

/// `app.current_tenant` was set for the session, which awgp.session_context refuses.
pub fn setting_of_session() -> Refusal {
    Refusal::new(
        Reason::SessionContext,
        "app.current_tenant was not set in this transaction, and a context must end with its transaction",
        "In each transaction: SELECT set_config('app.current_tenant', $1, true). On connections that no pool \
         hands on: ALTER ROLE … SET awgp.session_context = setting.",
    )
}

/// An identity for the session, which awgp.session_context does not allow.
pub fn identity_of_session() -> Refusal {
    Refusal::new(
        Reason::SessionContext,
        "an identity must end with its transaction",
        "Call awgp.authenticate(token) in each transaction. On connections that no pool hands on: ALTER ROLE \
         … SET awgp.session_context = allowed.",
    )
}

/// No active tenant has this id or slug.
pub fn unknown_tenant() -> Refusal {
    Refusal::new(
        Reason::UnknownTenant,
        "no such active tenant",
        "Check the tenant's id or slug; an administrator lists them with: awgp tenant list",
    )
}

/// No active user of the tenant has this id or e-mail address.
pub fn unknown_user() -> Refusal {
    Refusal::new(
        Reason::UnknownUser,
        "no such active user in this tenant",
        "Check the user's id or e-mail address with: awgp user list --tenant TENANT",
    )
}

/// A user is looked for without a tenant in context.
pub fn user_without_tenant() -> Refusal {
    Refusal::new(
        Reason::UnknownUser,
        "no tenant is in context, so it has no such user",
        "Call awgp.set_context('TENANT', 'USER') with the tenant's slug and the user's e-mail address: it finds both.",
    )
}

/// An e-mail address is given by a login that reads no users.
pub fn user_by_id_alone() -> Refusal {
    Refusal::new(
        Reason::UnknownUser,
        "this login reads no users, so it cannot find one by an e-mail address",
        "Pass the user's id, or NULL for no user.",
    )
}

/// The tenant has no such assistant.
pub fn unknown_assistant() -> Refusal {
    Refusal::new(
        Reason::UnknownAssistant,
        "no such assistant in this tenant",
        "Check the assistant's id with: awgp assistant list --tenant TENANT",
    )
}

/// A statement would write a row of `table` for a tenant that the context may not write to.
pub fn foreign_tenant(table: &str) -> Refusal {
    Refusal::new(
        Reason::ForeignTenant,
        "the row belongs to a tenant that this context may not write to",
        "Leave tenant_id out, or call awgp.set_context('TENANT', 'USER') with the tenant the row belongs to.",
    )
    .with("table", table)
}

/// A change of a subject that is set, by somebody who is not an administrator.
pub fn subject_fixed() -> Refusal {
    Refusal::new(
        Reason::SubjectFixed,
        "only administrators change a user's subject once it is set",
        "Ask a member of awgp_admin: UPDATE awgp.users SET keycloak_id = … WHERE id = …",
    )
    .with("column", "keycloak_id")
}

/// A statement would move a row of `table` to another tenant.
pub fn tenant_change(table: &str) -> Refusal {
    Refusal::new(
        Reason::TenantChange,
        "a row cannot move to another tenant",
        "Create a new row in the other tenant instead.",
    )
    .with("table", table)
}

/// In signed mode a plain call cannot set the context.
pub fn signed_mode() -> Refusal {
    Refusal::new(
        Reason::SignedMode,
        "only a verified token sets the context",
        "Call awgp.authenticate(token), because awgp.context_mode is 'signed'.",
    )
}

/// A parallel worker cannot have a context.
pub fn parallel_worker() -> Refusal {
    Refusal::new(
        Reason::ParallelWorker,
        "a parallel worker has no context",
        "Call it outside the query, or mark the function that calls it PARALLEL UNSAFE.",
    )
}

/// The client has set AWGP parameters when it connected, so the values that a superuser has set cannot be
/// read.
pub fn settings_unknown() -> Refusal {
    Refusal::new(
        Reason::SettingsUnknown,
        "this session cannot read the settings of AWGP",
        "Connect without options that begin with awgp., or let an administrator add awgp to \
         shared_preload_libraries; the server's log says which setting is not valid.",
    )
}

/// A tenant would become its own ancestor.
pub fn tenant_cycle(tenant: Uuid) -> Refusal {
    Refusal::new(
        Reason::TenantCycle,
        "a tenant cannot be its own ancestor",
        "Choose a parent that does not descend from this tenant.",
    )
    .with("tenant_id", tenant.to_string())
}

/// A tenant that has, or would have, subsidiaries is not a holding.
pub fn parent_not_holding(parent: Uuid) -> Refusal {
    Refusal::new(
        Reason::ParentNotHolding,
        "only a holding can have subsidiaries",
        "Choose a parent of type holding, or move the subsidiaries to another parent first.",
    )
    .with("parent_tenant_id", parent.to_string())
}

/// An element of an array column names no row of this tenant. Foreign and missing rows look alike.
pub fn unknown_reference(table: &str, column: &str) -> Refusal {
    Refusal::new(
        Reason::UnknownReference,
        "an id in the list names no user of this tenant",
        "Check the ids with: awgp user list",
    )
    .with("table", table)
    .with("column", column)
}

/// A list in `referencing` still names a row of `table`.
pub fn still_referenced(table: &str, referencing: &str) -> Refusal {
    Refusal::new(
        Reason::StillReferenced,
        "the user is still listed by another row",
        "Deactivate the user instead: UPDATE awgp.users SET is_active = false WHERE id = …",
    )
    .with("table", table)
    .with("referencing_table", referencing)
}
