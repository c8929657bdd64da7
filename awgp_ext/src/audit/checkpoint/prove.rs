//! `prove_audit()`: the proof that a row is in a checkpoint.

use super::{refuse_findings, tiles};
use crate::audit::read;
use crate::pg::argument;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::query;
use crate::pg::raise::raise;
use awgp_core::audit::row::AuditRow;
use awgp_core::audit::tree::Stored;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The row, the number of its leaf and the path to the root of a checkpoint. Runs as the caller: who cannot
/// read the row gets no proof of it. An id that rows of several tenants have is refused, unless one of them
/// is named.
#[pg_extern(stable, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn prove_audit(
    audit_id: Option<i64>,
    tree_size: default!(Option<i64>, "NULL"),
    tenant_id: default!(Option<pgrx::Uuid>, "NULL"),
) -> JsonB {
    let audit_id = argument::needed("audit_id", audit_id);
    let rows = read::rows_of(audit_id, tenant_id.as_ref().map(from_sql));
    let tenants: BTreeSet<Uuid> = rows.iter().map(|row| row.tenant_id).collect();
    if tenants.len() > 1 {
        raise(&ambiguous(audit_id, &tenants));
    }
    let Some(row) = rows.into_iter().next() else {
        raise(
            &Refusal::new(
                Reason::UnknownAuditRow,
                "there is no audit row with this id that you can read",
                "List the rows that you can read: awgp audit log",
            )
            .with("audit_id", audit_id),
        );
    };
    let (size, body) = checkpoint(&row, tree_size);
    let index = leaf_index(&row, size);
    let stored = Stored::new(|place| tiles::read(row.tenant_id, place));
    let path = u64::try_from(size)
        .ok()
        .zip(u64::try_from(index).ok())
        .and_then(|(size, index)| stored.inclusion(size, index));
    let Some(path) = path else {
        refuse_findings(row.tenant_id, "a tile is missing in its stored tree");
    };
    JsonB(json!({ "row": row, "leaf_index": index, "path": path, "tree_size": size, "body": body }))
}

fn ambiguous(audit_id: i64, tenants: &BTreeSet<Uuid>) -> Refusal {
    Refusal::new(
        Reason::AuditIdAmbiguous,
        "audit rows of more than one tenant have this id",
        "Name the tenant of the one that you mean: SELECT awgp.prove_audit(id, tenant_id => '…');",
    )
    .with("audit_id", audit_id)
    .with("tenants", tenants.iter().map(Uuid::to_string).collect::<Vec<_>>())
}

/// Size and body of the requested checkpoint, or of the newest.
fn checkpoint(row: &AuditRow, tree_size: Option<i64>) -> (i64, String) {
    let sql = "SELECT tree_size, body FROM awgp.audit_checkpoints
               WHERE tenant_id = $1 AND ($2::bigint IS NULL OR tree_size = $2) ORDER BY tree_size DESC LIMIT 1";
    let arguments = [to_sql(row.tenant_id).into(), tree_size.into()];
    let found =
        Spi::connect(|client| client.select(sql, Some(1), &arguments)?.first().get_two::<i64, String>());
    match (found, tree_size) {
        (Ok((Some(size), Some(body))), _) => (size, body),
        (Ok(_) | Err(spi::Error::InvalidPosition), None) => not_checkpointed(row),
        (Ok(_) | Err(spi::Error::InvalidPosition), Some(size)) => raise(
            &Refusal::new(
                Reason::UnknownCheckpoint,
                "this database has not made a checkpoint of this size",
                "Verify the note against the database: awgp audit verify --checkpoint FILE --public-key KEY",
            )
            .with("tenant_id", row.tenant_id.to_string())
            .with("tree_size", size),
        ),
        (Err(error), _) => error!("awgp.audit_checkpoints could not be read: {error}"),
    }
}

/// The number of the row's leaf in a tree of this size.
fn leaf_index(row: &AuditRow, size: i64) -> i64 {
    let found = query::one::<i64>(
        "SELECT first_leaf + $3 - first_seq FROM awgp.audit_tree_lanes
         WHERE tenant_id = $1 AND chain_lane = $2 AND $3 BETWEEN first_seq AND last_seq AND tree_size <= $4
         ORDER BY last_seq LIMIT 1",
        &[to_sql(row.tenant_id).into(), row.chain_lane.into(), row.chain_seq.into(), size.into()],
    );
    match found {
        Ok(Some(index)) => index,
        Ok(None) | Err(spi::Error::InvalidPosition) => not_checkpointed(row),
        Err(error) => error!("awgp.audit_tree_lanes could not be read: {error}"),
    }
}

fn not_checkpointed(row: &AuditRow) -> ! {
    raise(
        &Refusal::new(
            Reason::RowNotCheckpointed,
            "no such checkpoint contains the row yet",
            "Create one: awgp audit checkpoint --tenant TENANT --key FILE --out DIR",
        )
        .with("audit_id", row.id)
        .with("tenant_id", row.tenant_id.to_string()),
    );
}
