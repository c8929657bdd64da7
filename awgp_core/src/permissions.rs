//! What a user's role lets them write, in one table; a test compares `docs/permissions.md` with it.
//!
//! Row-level security determines which rows a session sees and in which tenant it may write; this module
//! determines, in addition, what the *user* in context may do there. Only users are bound: an assistant
//! without a user, and the system (only a tenant in context), act under the grants of their database role. An
//! assistant that acts for a user is bound by that user's role.
//!
//! The check applies once, to the statement that the user sent. What AWGP's own functions write as a
//! consequence (a balance after a cost, an audit row) is not checked again. Whether a user may *decide* an
//! approval is another rule, with risk levels and delegations; the table below only admits a role to it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::reason::Reason;
use crate::refusal::Refusal;

/// A user's role, as in the CHECK of `users.role`, from the lowest to the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads, writes nothing.
    Viewer,
    /// Works: work items, requests for approval, costs, conversations.
    Operator,
    /// Runs assistants; delegates their own approvals.
    Manager,
    /// Runs the tenant: users, policies, pools.
    Admin,
    /// Everything a user may do, including the tenant's own row.
    SuperAdmin,
}

impl Role {
    /// Every role, from the lowest to the highest.
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Operator, Self::Manager, Self::Admin, Self::SuperAdmin];

    /// The name in `users.role`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Manager => "manager",
            Self::Admin => "admin",
            Self::SuperAdmin => "super_admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = PermissionError;

    /// Exactly as `users.role` holds it; otherwise reason `unknown_role`.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let unknown = || PermissionError::UnknownRole(name.to_owned());
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or_else(unknown)
    }
}

/// A way to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 3] = [Self::Insert, Self::Update, Self::Delete];

    /// The SQL command in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Verb {
    type Err = PermissionError;

    /// In any case, so that a trigger's TG_OP parses; otherwise reason `unknown_verb`.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let unknown = || PermissionError::UnknownVerb(name.to_owned());
        Self::ALL.into_iter().find(|verb| verb.name().eq_ignore_ascii_case(name)).ok_or_else(unknown)
    }
}

/// Which rows of the tenant a role may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every row of the tenant.
    Tenant,
    /// Only rows that are the user's own, for every role.
    Own,
    /// Below this role only rows that are the user's own; from it on every row.
    OwnBelow(Role),
}

/// Who may do one thing to one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The table, without schema.
    pub table: &'static str,
    /// The verb.
    pub verb: Verb,
    /// The lowest role that may.
    pub least: Role,
    /// The rows.
    pub scope: Scope,
}

const fn all_rows(table: &'static str, verb: Verb, least: Role) -> Rule {
    Rule { table, verb, least, scope: Scope::Tenant }
}

/// Every permission a user can have, by table. What is not here, no user may do: `awgp_admin` creates
/// `tenants` and writes `assistant_templates`, `identity_providers` and `model_prices`; only the chain writes
/// the audit tables, only the ledger `budget_periods` and `budget_alerts`; records are corrected, expired or
/// closed, not deleted.
pub const RULES: &[Rule] = &[
    // Their own tenant: row-level security admits no other.
    all_rows("tenants", Verb::Update, Role::SuperAdmin),
    all_rows("users", Verb::Insert, Role::Admin),
    all_rows("users", Verb::Update, Role::Admin),
    all_rows("users", Verb::Delete, Role::Admin),
    all_rows("assistants", Verb::Insert, Role::Manager),
    all_rows("assistants", Verb::Update, Role::Manager),
    all_rows("assistants", Verb::Delete, Role::Admin),
    all_rows("work_items", Verb::Insert, Role::Operator),
    all_rows("work_items", Verb::Update, Role::Operator),
    all_rows("work_items", Verb::Delete, Role::Manager),
    all_rows("approvals", Verb::Insert, Role::Operator),
    // Operators decide risks 0 and 1; the rules of approvals determine who decides what.
    all_rows("approvals", Verb::Update, Role::Operator),
    // Nobody gives away another user's authority; an admin may revoke a delegation.
    Rule { table: "approval_delegations", verb: Verb::Insert, least: Role::Manager, scope: Scope::Own },
    Rule {
        table: "approval_delegations",
        verb: Verb::Update,
        least: Role::Manager,
        scope: Scope::OwnBelow(Role::Admin),
    },
    all_rows("communication_policies", Verb::Insert, Role::Admin),
    all_rows("communication_policies", Verb::Update, Role::Admin),
    all_rows("communication_policies", Verb::Delete, Role::Admin),
    // Counted by authorize_message(); nobody writes it directly.
    all_rows("message_windows", Verb::Insert, Role::Operator),
    // Written by begin_action() and finish_action().
    all_rows("governed_actions", Verb::Insert, Role::Operator),
    all_rows("governed_actions", Verb::Update, Role::Operator),
    all_rows("provider_credit_pools", Verb::Insert, Role::Admin),
    all_rows("provider_credit_pools", Verb::Update, Role::Admin),
    all_rows("provider_credit_pools", Verb::Delete, Role::Admin),
    all_rows("cost_transactions", Verb::Insert, Role::Operator),
    all_rows("credit_reservations", Verb::Insert, Role::Operator),
    all_rows("credit_reservations", Verb::Update, Role::Operator),
    all_rows("conversation_logs", Verb::Insert, Role::Operator),
    all_rows("conversation_logs", Verb::Update, Role::Operator),
    all_rows("hallucination_flags", Verb::Insert, Role::Operator),
    all_rows("hallucination_flags", Verb::Update, Role::Operator),
];

/// The rule for one table and verb; None where no user may.
pub fn rule(table: &str, verb: Verb) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.table == table && rule.verb == verb)
}

/// Whether a user of this role may write such rows at all, regardless of [`Scope`]: see [`check_write`].
pub fn may_write(role: Role, table: &str, verb: Verb) -> bool {
    rule(table, verb).is_some_and(|rule| role >= rule.least)
}

/// Whether the actor may write this row.
///
/// `role` is the role of the user in context, None where there is no user. `own` is whether the row is the
/// user's own: for `approval_delegations`, whether they are the delegator, before and after. Refuses with
/// reasons `role_not_sufficient` and `not_own_row`.
pub fn check_write(role: Option<Role>, table: &str, verb: Verb, own: bool) -> Result<(), PermissionError> {
    let Some(role) = role else { return Ok(()) };
    let permission = rule(table, verb);
    let least = permission.map(|rule| rule.least);
    let insufficient = || PermissionError::NotSufficient { role, table: table.to_owned(), verb, least };
    let permission = permission.filter(|rule| role >= rule.least).ok_or_else(insufficient)?;
    let any_row = match permission.scope {
        Scope::Tenant => true,
        Scope::Own => false,
        Scope::OwnBelow(bound) => role >= bound,
    };
    if any_row || own { Ok(()) } else { Err(PermissionError::NotOwnRow { table: permission.table, verb }) }
}

/// Whether a user of role `actor` may change a user's role from `old` (None: a new user) to `new`.
///
/// They must be allowed to write users, and neither role may be above their own: an admin neither creates a
/// super_admin nor removes one. With `old == new` the question is whether they may change or delete such a
/// user at all.
pub fn may_grant_role(actor: Role, old: Option<Role>, new: Role) -> bool {
    may_write(actor, "users", Verb::Update) && new <= actor && old.is_none_or(|old| old <= actor)
}

/// [`may_grant_role`] for the user in context. Nobody changes their own role, not even downwards: one slip
/// would leave a tenant without its last super_admin.
///
/// `actor` is the role of the user in context, None where there is no user; `is_self` whether they are the
/// user that is changed. Refuses with reasons `own_role` and `role_grant`.
pub fn check_role_change(
    actor: Option<Role>,
    is_self: bool,
    old: Option<Role>,
    new: Role,
) -> Result<(), PermissionError> {
    let Some(actor) = actor else { return Ok(()) };
    if is_self && old != Some(new) {
        return Err(PermissionError::OwnRole { role: actor });
    }
    if may_grant_role(actor, old, new) { Ok(()) } else { Err(PermissionError::Grant { actor, old, new }) }
}

/// Why a user may not write.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PermissionError {
    /// Their role is too low, or no user may (`least` is None).
    #[error("a user of role {role} may not {verb} {table}")]
    NotSufficient {
        /// Their role.
        role: Role,
        /// The table.
        table: String,
        /// The verb.
        verb: Verb,
        /// The lowest role that may, if any.
        least: Option<Role>,
    },
    /// The row is another user's.
    #[error("a user may {verb} only their own {table}")]
    NotOwnRow {
        /// The table.
        table: &'static str,
        /// The verb.
        verb: Verb,
    },
    /// One of the roles is above their own.
    #[error("a user of role {actor} may not create or change a user of role {}", .old.map_or(*.new, |old| old.max(*.new)))]
    Grant {
        /// Their role.
        actor: Role,
        /// The role before.
        old: Option<Role>,
        /// The role after.
        new: Role,
    },
    /// It is their own role.
    #[error("users cannot change their own role")]
    OwnRole {
        /// Their role.
        role: Role,
    },
    /// There is no such role.
    #[error("there is no role \"{0}\"")]
    UnknownRole(String),
    /// There is no such verb.
    #[error("there is no verb \"{0}\"")]
    UnknownVerb(String),
}

impl From<PermissionError> for Refusal {
    fn from(error: PermissionError) -> Self {
        let message = error.to_string();
        let refusal = |reason, hint: String| Self::new(reason, message, hint);
        match error {
            PermissionError::NotSufficient { role, table, verb, least } => {
                let hint = match least {
                    Some(least) => format!("Ask a user of role {least} or above."),
                    None => "No user may: log in as a member of awgp_admin, or let the function of AWGP that keeps it do it.".to_owned(),
                };
                refusal(Reason::RoleNotSufficient, hint)
                    .with("role", role.name())
                    .with("table", table)
                    .with("verb", verb.name())
                    .with("least_role", least.map(Role::name))
            }
            PermissionError::NotOwnRow { table, verb } => {
                refusal(Reason::NotOwnRow, "Ask the user whose row it is.".to_owned())
                    .with("table", table)
                    .with("verb", verb.name())
            }
            PermissionError::Grant { actor, old, new } => {
                let least = old.map_or(new, |old| old.max(new)).max(Role::Admin);
                refusal(Reason::RoleGrant, format!("Ask a user of role {least} or above."))
                    .with("role", actor.name())
                    .with("old_role", old.map(Role::name))
                    .with("new_role", new.name())
            }
            PermissionError::OwnRole { role } => {
                refusal(Reason::OwnRole, format!("Ask another user of role {role} or above."))
                    .with("role", role.name())
            }
            PermissionError::UnknownRole(role) => refusal(
                Reason::UnknownRole,
                "Use viewer, operator, manager, admin or super_admin.".to_owned(),
            )
            .with("role", role),
            PermissionError::UnknownVerb(verb) => {
                refusal(Reason::UnknownVerb, "Use insert, update or delete.".to_owned()).with("verb", verb)
            }
        }
    }
}
