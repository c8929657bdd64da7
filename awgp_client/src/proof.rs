//! The proof of one event, made from the server's answer and a signed note (docs/checkpoints.md).

use crate::exit::Exit;
use crate::failure::{Failure, Trouble};
use crate::row::Row;
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

/// The tenants whose events have an id. After a family has come from another server it may be several.
const TENANTS: &str = "
    SELECT DISTINCT tenant_id::text, awgp.trail_name(tenant_id, 'tenant', tenant_id) AS name
    FROM awgp.audit_logs WHERE id = $1::bigint AND";

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

/// The proof that an event is in what a note signs: the event with this id among those that meet the
/// condition and that the note is about. Everything but the signature is checked before it is returned.
pub async fn prove(
    work: &Work<'_>,
    id: i64,
    condition: &str,
    note: String,
) -> Result<Result<Made, Unproven>, Trouble> {
    let statement = match statement(&note) {
        Ok(statement) => statement,
        Err(refused) => return Ok(Err(refused.into())),
    };
    let rows = work.select(&format!("{TENANTS} {condition} ORDER BY 1"), &[&id]).await?;
    if rows.is_empty() {
        let message = format!("the visible trail has no event {id}");
        return Err(Failure::of_reason(Reason::UnknownAuditRow, message).hint("awgp audit log").into());
    }
    let mut signed = Vec::new();
    for row in rows {
        let tenant = row.text("tenant_id").and_then(|id| Uuid::parse_str(&id).ok());
        let tree = tenant.and_then(|tenant| Some((tenant, statement.tree_of(tenant)?)));
        signed.extend(tree.map(|tree| (row, tree)));
    }
    if signed.len() > 1 {
        let tenants: Vec<&Row> = signed.iter().map(|(row, _)| row).collect();
        return Err(ambiguous(id, &tenants).into());
    }
    let Some((_, (tenant, (size, root)))) = signed.pop() else { return Ok(Err(Unproven::OtherLog)) };
    let Answer { row, leaf_index, path } = answered(work, id, tenant, size).await?;
    if row.id != id || row.tenant_id != tenant || includes_row(root, size, &row, leaf_index, &path).is_err() {
        return Ok(Err(Unproven::Mismatch));
    }
    let proof = Proof { awgp: Kind::Proof, format: FORMAT, row, leaf_index, path, note };
    Ok(Ok(Made { proof, tree_size: size }))
}

/// Events of these tenants have one id, and it is not clear which is meant. Each row has `tenant_id`, and may
/// have `name` or `tenant_slug`.
pub fn ambiguous(id: i64, rows: &[&Row]) -> Failure {
    let of = |row: &&Row| {
        let tenant = row.text("tenant_id").unwrap_or_default();
        let name = row.text("name").or_else(|| row.text("tenant_slug"));
        name.map_or_else(|| tenant.clone(), |name| format!("{name} ({tenant})"))
    };
    let tenants: Vec<String> = rows.iter().map(of).collect();
    Failure::of_reason(Reason::AuditIdAmbiguous, format!("events of {} tenants have the id {id}", rows.len()))
        .note("detail", tenants.join(", "))
        .hint("name the tenant with --tenant")
}

/// What the server says of a tenant's event and a tree of this size. Nothing of it is checked.
pub(crate) async fn answered(work: &Work<'_>, id: i64, tenant: Uuid, size: u64) -> Result<Answer, Trouble> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let sql = "SELECT awgp.prove_audit($1, $2, $3::text::uuid)::text";
    let answer = work.text(sql, &[&id, &size, &tenant.to_string()]).await?;
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
