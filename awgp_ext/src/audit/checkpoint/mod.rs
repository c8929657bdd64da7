//! Checkpoints: a tenant's rows as leaves of a Merkle tree, whose size and root an auditor signs elsewhere.
//!
//! Model: a checkpoint appends each lane's new rows, lane by lane, to the tenant's tree ([`make`]); the rows are verified
//! on the way. The tree is kept in tiles ([`tiles`]), so appending costs what is new, and a row is proved from a few of
//! them ([`prove`]). Signing is no business of the database's: the note is made by the auditor's own program, which computes all of this again and
//! then says that it has signed ([`confirm`]). Only what was signed may leave the database ([`covers`]).
//!
//! Failure handling: one transaction makes a checkpoint, whole or not at all. Two makers of one tenant's wait for each
//! other; above READ COMMITTED the slower gets a serialization failure.

mod confirm;
mod covers;
mod make;
mod prove;
mod tiles;

use crate::pg::raise::raise;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;

#[allow(unused_imports, reason = "who retires a partition asks it")]
pub use covers::covers_partition;
use uuid::Uuid;

/// Raises that the stored tree, or the rows that are to enter it, do not hold.
fn refuse_findings(tenant: Uuid, what: &str) -> ! {
    raise(
        &Refusal::new(
            Reason::AuditFindings,
            format!("the tenant cannot be checkpointed: {what}"),
            "Look at what was found: SELECT * FROM awgp.verify_audit(tenant_id => …); and: awgp audit verify --checkpoint",
        )
        .with("tenant_id", tenant.to_string()),
    );
}
