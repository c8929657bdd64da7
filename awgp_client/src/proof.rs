//! The proof of one event, made from the server's answer and a signed note (docs/checkpoints.md).

use crate::exit::Exit;
use crate::failure::{Failure, Trouble};
use crate::work::Work;
use awgp_core::audit::chain::Digest;
use awgp_core::audit::note::{self, Refused, Statement};
use awgp_core::audit::proof::{FORMAT, Kind, Proof, Unproven, includes_row};
use awgp_core::audit::row::AuditRow;
use awgp_core::reason::Reason;
use serde::Deserialize;
use std::path::Path;
use uuid::Uuid;

/// A note is short: a line for each lane.
const NOTE_BYTES_MAX: u64 = 1 << 20;

const TENANT: &str =
    "SELECT (SELECT tenant_id::text FROM awgp.audit_logs WHERE id = $1 LIMIT 1) AS tenant_id";

/// The answer of the server's `prove_audit()`, as far as it is used; none of it is trusted.
#[derive(Deserialize)]
pub(crate) struct Answer {
    pub(crate) row: AuditRow,
    pub(crate) leaf_index: u64,
    pub(crate) path: Vec<Digest>,
}

/// A proof, and how many events the signed tree has.
#[derive(Debug)]
pub struct Made {
    /// The proof.
    pub proof: Proof,
    /// The number of events.
    pub tree_size: u64,
}

/// What a note says. Its signature needs the public key, and is not checked.
pub fn statement(note: &str) -> Result<Statement, Refused> {
    Ok(Statement::parse(&note::unverified_text(note)?)?)
}

/// The proof that an event is in what a note signs. Everything but the signature is checked before it is
/// returned.
pub async fn prove(work: &Work<'_>, id: i64, note: String) -> Result<Result<Made, Unproven>, Trouble> {
    let statement = match statement(&note) {
        Ok(statement) => statement,
        Err(refused) => return Ok(Err(refused.into())),
    };
    let rows = work.select(TENANT, &[&id]).await?;
    let tenant = rows.first().and_then(|row| Uuid::parse_str(&row.text("tenant_id")?).ok());
    let tenant = tenant.ok_or_else(|| {
        Failure::of_reason(Reason::UnknownAuditRow, format!("the visible trail has no event {id}"))
            .hint("awgp audit log")
    })?;
    let Some((size, root)) = statement.tree_of(tenant) else { return Ok(Err(Unproven::OtherLog)) };
    let Answer { row, leaf_index, path } = answered(work, id, size).await?;
    if row.id != id || includes_row(root, size, &row, leaf_index, &path).is_err() {
        return Ok(Err(Unproven::Mismatch));
    }
    let proof = Proof { awgp: Kind::Proof, format: FORMAT, row, leaf_index, path, note };
    Ok(Ok(Made { proof, tree_size: size }))
}

/// What the server says of an event and a tree of this size. Nothing of it is checked.
pub(crate) async fn answered(work: &Work<'_>, id: i64, size: u64) -> Result<Answer, Trouble> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let answer = work.text("SELECT awgp.prove_audit($1, $2)::text", &[&id, &size]).await?;
    let unreadable =
        |error| Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}")).into();
    serde_json::from_str(&answer).map_err(unreadable)
}

/// The oldest note of a tenant in a folder that has at least so many events: TENANT.SIZE.note.
pub fn note_of_folder(folder: &Path, tenant: &str, least: u64) -> Option<String> {
    let names = std::fs::read_dir(folder).ok()?.flatten();
    let sized = names.filter_map(|entry| Some((size_of(entry.file_name().to_str()?, tenant)?, entry.path())));
    let (_, path) = sized.filter(|(size, _)| *size >= least).min()?;
    let is_short = std::fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() <= NOTE_BYTES_MAX);
    if is_short { std::fs::read_to_string(&path).ok() } else { None }
}

/// How many events a note of this name covers, if it is the tenant's own.
fn size_of(name: &str, tenant: &str) -> Option<u64> {
    name.strip_prefix(tenant)?.strip_prefix('.')?.strip_suffix(".note")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_tenants_own_note_is_taken() {
        let tenant = "7e000000-0000-4000-8000-000000000001";
        assert_eq!(size_of(&format!("{tenant}.50.note"), tenant), Some(50));
        for other in ["7e000000-0000-4000-8000-000000000002.50.note", "x", ""] {
            assert_eq!(size_of(other, tenant), None, "{other}");
        }
        assert_eq!(size_of(&format!("{tenant}.group.2.50.note"), tenant), None);
    }
}
