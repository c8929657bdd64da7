//! What a user's role lets him write. One table; `docs/permissions.md` prints it.
//!
//! Row-level security says which rows a session sees and in which tenant it may write; this says, besides, what
//! the *user* in context may do there. Only users are bound: an assistant without a user, and the system (a
//! tenant in context and nobody else), act under the grants of their database role. An assistant that acts for a
//! user is bound by that user's role.
//!
//! The question is asked once, for the statement the user sent. What AWGP's own functions write in consequence
//! (a balance after a cost, an audit row) is theirs. Whether an approval may be *decided* by a user is another
//! rule, with risk levels and delegations; the table below only lets a role come that far.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::reason::Reason;
use crate::refusal::Refusal;

/// A user's role, as in the CHECK of `users.role`, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads, writes nothing.
    Viewer,
    /// Works: work items, requests for approval, costs, conversations.
    Operator,
    /// Runs assistants; delegates his own approvals.
    Manager,
    /// Runs the tenant: users, policies, pools.
    Admin,
    /// Everything a user may do, the tenant's own row included.
    SuperAdmin,
}

impl Role {
    /// Every role, from the least to the most.
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
    /// Only rows that are the user's own, whatever his role.
    Own,
    /// Only rows that are the user's own, below this role; every row from it on.
    OwnBelow(Role),
}

/// Who may do one thing to one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The table, without schema.
    pub table: &'static str,
    /// What is done to it.
    pub verb: Verb,
    /// The least role that may.
    pub least: Role,
    /// To which rows.
    pub scope: Scope,
}

const fn all_rows(table: &'static str, verb: Verb, least: Role) -> Rule {
    Rule { table, verb, least, scope: Scope::Tenant }
}

/// Every permission a user can have, by table. What is not here, no user may do: `tenants` are created and
/// `assistant_templates`, `identity_providers` and `model_prices` written by `awgp_admin`; the audit tables by the
/// chain alone, `budget_periods` and `budget_alerts` by the ledger alone;
/// records are corrected, expired or closed, not deleted.
pub const RULES: &[Rule] = &[
    // His own tenant: row-level security leaves no other.
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
    // Operators decide risks 0 and 1; the rules of approvals say who decides what.
    all_rows("approvals", Verb::Update, Role::Operator),
    // Nobody gives away another's authority; an admin may take a delegation back.
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
    // What authorize_message() counts; nobody writes it by himself.
    all_rows("message_windows", Verb::Insert, Role::Operator),
    // What begin_action() and finish_action() write.
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

/// Whether a user of this role may write such rows at all. Of [`Scope`], nothing is said: see [`check_write`].
pub fn may_write(role: Role, table: &str, verb: Verb) -> bool {
    rule(table, verb).is_some_and(|rule| role >= rule.least)
}

/// Whether the actor may write this row.
///
/// `role` is the role of the user in context, None where there is none. `own` is whether the row is the user's
/// own: for `approval_delegations`, whether he is the delegator, before and after. Refuses with reasons
/// `role_not_sufficient` and `not_own_row`.
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

/// Whether a user of role `actor` may make a user of role `old` (None: a new one) a user of role `new`.
///
/// He must be allowed to write users, and neither role may be above his own: an admin neither makes a super_admin
/// nor unmakes one. With `old == new` it is the question whether he may change or delete such a user at all.
pub fn may_grant_role(actor: Role, old: Option<Role>, new: Role) -> bool {
    may_write(actor, "users", Verb::Update) && new <= actor && old.is_none_or(|old| old <= actor)
}

/// [`may_grant_role`] for whoever is in context, and nobody changes his own role, not even downwards: it would
/// leave a tenant without its last super_admin by one slip.
///
/// `actor` is the role of the user in context, None where there is none; `is_self` whether the user changed is
/// he. Refuses with reasons `own_role` and `role_grant`.
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
    /// His role is below the least, or no user may (`least` is None).
    #[error("a user of role {role} may not {verb} {table}")]
    NotSufficient {
        /// His role.
        role: Role,
        /// The table.
        table: String,
        /// What he tried.
        verb: Verb,
        /// The least role that may, if any.
        least: Option<Role>,
    },
    /// The row is another user's.
    #[error("a user may {verb} only his own {table}")]
    NotOwnRow {
        /// The table.
        table: &'static str,
        /// What he tried.
        verb: Verb,
    },
    /// One of the roles is above his own.
    #[error("a user of role {actor} may not make or change a user of role {}", .old.map_or(*.new, |old| old.max(*.new)))]
    Grant {
        /// His role.
        actor: Role,
        /// The role before.
        old: Option<Role>,
        /// The role after.
        new: Role,
    },
    /// He is the user whose role was to change.
    #[error("nobody changes his own role")]
    OwnRole {
        /// His role.
        role: Role,
    },
    /// No such role.
    #[error("there is no role \"{0}\"")]
    UnknownRole(String),
    /// No such verb.
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
                    None => "No user may; see docs/permissions.md for who does.".to_owned(),
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
