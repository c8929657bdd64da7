//! What AWGP's advisory locks are about: the one list of their numbers.

use crate::pg::lock;

/// What a lock is about.
#[derive(Clone, Copy)]
pub enum Subject {
    /// Making, sealing and retiring partitions.
    Partitions = 1,
    /// Applying migrations and scripts.
    Structure = 2,
    /// A lane of audit chains.
    Lane = 3,
    /// Running maintenance.
    Maintenance = 4,
    /// Making checkpoints of a tenant.
    Checkpoint = 5,
    /// A lane in the chain of every tenant, for transactions over many of them.
    WideLane = 6,
    /// Making the event triggers of tracked tables.
    Tracking = 7,
    /// The places of a tenant's users.
    UserQuota = 16,
    /// The places of a tenant's assistants.
    AssistantQuota = 17,
    /// Making a budget's row for a period that has none.
    Period = 18,
    /// Who counts towards a holding's limit: shared by those who spend, exclusive for who begins to count.
    Holding = 19,
    /// Who moves the money of a tenant, or of a holding's family, next.
    Spending = 20,
}

impl lock::Subject for Subject {
    fn number(self) -> u8 {
        self as u8
    }
}
