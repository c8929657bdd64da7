//! Checkpoints: a tenant's rows are the leaves of a Merkle tree, and an auditor signs its size and root
//! outside of the database.
//!
//! Model: a checkpoint verifies each lane's new rows and appends them, lane by lane, to the tenant's tree
//! ([`make`]). The tree is stored in tiles ([`tiles`]), so appending costs only what is new, and a few tiles
//! prove a row ([`prove`]). The database does not sign: the auditor's own program computes all of this again,
//! signs, and reports that to the database ([`confirm`]). Only rows under a signed checkpoint may leave the
//! database ([`covers`]).
//!
//! Failure handling: a transaction makes a whole checkpoint or none. Two sessions that make one for the same
//! tenant wait for each other; above READ COMMITTED the second gets a serialization failure.

mod confirm;
mod covers;
mod make;
mod prove;
mod tiles;

use crate::pg::raise::raise;
use awgp_core::audit::chain::Digest;
use awgp_core::audit::tree::Tree;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;

#[allow(unused_imports, reason = "called where a partition is retired")]
pub use covers::covers_partition;
use uuid::Uuid;

/// The root of a tenant's stored tree at this size; None where its tiles do not make one up.
pub fn stored_root(tenant: Uuid, size: u64) -> Option<Digest> {
    Tree::resume(size, |place| tiles::read(tenant, place)).map(|tree| tree.root())
}

/// Raises an error: the stored tree, or the rows to be added to it, fail verification.
fn refuse_findings(tenant: Uuid, what: &str) -> ! {
    raise(
        &Refusal::new(
            Reason::AuditFindings,
            format!("the tenant cannot be checkpointed: {what}"),
            "List the findings with SELECT * FROM awgp.verify_audit(tenant_id => …); and with awgp audit verify --checkpoint.",
        )
        .with("tenant_id", tenant.to_string()),
    );
}
