//! What becomes of each table's rows when a family moves.

/// What becomes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They move: copied whole, compared, and deleted at the source in the end.
    Moves(Moved),
    /// Hashes of the trail: copied whole and compared; they stay at the source too, beside the trail.
    Hashes,
    /// Copied by a way of its own, with the trail.
    Trail,
    /// Rows of no tenant that the family refers to: copied where the target lacks them.
    Shared,
    /// They stay, for this reason.
    Stays(&'static str),
}

/// How the rows of a family are found, and in which order they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The column that names the tenant.
    pub tenant: &'static str,
    /// An expression that sorts rows before others of the table that refer to them.
    pub lead: Option<&'static str>,
    /// How many rows go at once.
    pub at_once: i64,
}

const fn by(tenant: &'static str) -> Fate {
    Fate::Moves(Moved { tenant, lead: None, at_once: 2_000 })
}

const OWN: Fate = by("tenant_id");
/// Rows that may be large.
const LARGE: Fate = Fate::Moves(Moved { tenant: "tenant_id", lead: None, at_once: 100 });

/// Most tenants that a family has. All go in one statement, because they refer to each other.
pub const TENANTS_MAX: usize = 1_000;

/// Every table, one that others refer to before those.
pub const TABLES: &[(&str, Fate)] = &[
    ("tenants", by("id")),
    ("identity_providers", by("only_tenant_id")),
    ("users", OWN),
    ("assistant_templates", Fate::Shared),
    ("assistants", OWN),
    ("work_items", LARGE),
    ("approvals", LARGE),
    ("approval_delegations", OWN),
    ("approval_decisions", OWN),
    ("communication_policies", OWN),
    ("message_windows", OWN),
    ("message_sends", OWN),
    ("provider_credit_pools", OWN),
    ("budget_periods", OWN),
    ("credit_reservations", OWN),
    (
        "cost_transactions",
        Fate::Moves(Moved { tenant: "tenant_id", lead: Some("(reverses_id IS NOT NULL)"), at_once: 2_000 }),
    ),
    ("budget_alerts", OWN),
    ("conversation_logs", LARGE),
    ("conversation_search", LARGE),
    ("hallucination_flags", LARGE),
    ("governed_actions", LARGE),
    ("outbox", OWN),
    ("stops", OWN),
    ("audit_legal_holds", by("held_tenant_id")),
    ("audit_erasable_values", LARGE),
    ("audit_checkpoints", Fate::Hashes),
    ("audit_tree_lanes", Fate::Hashes),
    ("audit_tree_tiles", Fate::Hashes),
    ("audit_logs", Fate::Trail),
    ("audit_adopted_lanes", Fate::Trail),
    ("audit_chain_anchors", Fate::Trail),
    ("installation", Fate::Stays("the identity of the installation itself")),
    ("schema_migrations", Fate::Stays("the structure of the database")),
    ("audit_partitions", Fate::Stays("the months of the database")),
    ("audit_log_integrity", Fate::Stays("seals are over all tenants; the target seals again")),
    ("audit_adoptions", Fate::Stays("the installation's own history")),
    ("audit_retired_partitions", Fate::Stays("the months of the database")),
    ("maintenance_steps", Fate::Stays("what maintenance did in the database")),
    (
        "audit_erasable_columns",
        Fate::Stays("what is declared is the installation's; declare the same at the target"),
    ),
    ("model_prices", Fate::Stays("prices are the installation's; a cost keeps the amount that it was")),
    ("tenant_moves", Fate::Stays("each side has its own record")),
];

/// The tables whose rows move, in their order.
pub fn moved() -> impl DoubleEndedIterator<Item = (&'static str, Moved)> {
    TABLES.iter().filter_map(|(name, fate)| match fate {
        Fate::Moves(moved) => Some((*name, *moved)),
        _ => None,
    })
}

/// The tables that are copied whole and compared: those that move, and the hashes of the trail.
pub fn compared() -> impl Iterator<Item = (&'static str, Moved)> {
    TABLES.iter().filter_map(|(name, fate)| match fate {
        Fate::Moves(moved) => Some((*name, *moved)),
        Fate::Hashes => Some((*name, Moved { tenant: "tenant_id", lead: None, at_once: 500 })),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_decided_once() {
        let mut names: Vec<_> = TABLES.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLES.len());
    }

    #[test]
    fn tenants_come_first_and_all_go_at_once() {
        let (first, how) = compared().next().expect("a table");
        assert_eq!(first, "tenants");
        assert!(usize::try_from(how.at_once).is_ok_and(|rows| rows >= TENANTS_MAX));
    }
}
