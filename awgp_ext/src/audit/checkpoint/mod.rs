//! Checkpoints: a tenant's rows as leaves of a Merkle tree, whose size and root an auditor signs elsewhere.
//!
//! | file | concept |
//! |---|---|
//! | [`covers`] | whether a sealed partition is checkpointed |

mod covers;

pub use covers::covers_partition;
