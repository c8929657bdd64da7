//! The subjects of AWGP's advisory locks, and the only list of their numbers.

use crate::pg::lock;

/// What a lock protects.
#[derive(Clone, Copy)]
pub enum Subject {
    /// Creating, sealing and retiring partitions.
    Partitions = 1,
    /// Applying migrations and scripts.
    Structure = 2,
    /// A lane of audit chains.
    Lane = 3,
    /// Running maintenance.
    Maintenance = 4,
    /// Creating checkpoints of a tenant.
    Checkpoint = 5,
    /// A lane in the chain of every tenant, for transactions over many tenants.
    WideLane = 6,
    /// Creating the event triggers of tracked tables.
    Tracking = 7,
    /// Values of some people of a tenant: share mode for those who write any, exclusive for an erasure.
    Erasure = 8,
    /// A tenant's quota of users.
    UserQuota = 16,
    /// A tenant's quota of assistants.
    AssistantQuota = 17,
    /// Creating the row of a budget's period.
    Period = 18,
    /// Spending under a holding's limit: share mode for those who spend, exclusive for the one that creates
    /// the period's row.
    Holding = 19,
    /// Moving money of a tenant, or of a holding's family.
    Spending = 20,
    /// Stopping a tenant or an assistant of it: share mode for those who begin something and commit.
    Stop = 21,
    /// The same for the whole installation.
    StopAll = 22,
    /// Moving a tenant to another installation: share mode for those who write for it, exclusive for the one
    /// that stops its writes.
    Move = 23,
    /// The same for a transaction that writes for many tenants.
    MoveAny = 24,
}

impl lock::Subject for Subject {
    fn number(self) -> u8 {
        self as u8
    }
}
