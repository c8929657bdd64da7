//! `audit_checkpoint()`: the new rows of each lane become leaves of the tree, and the tree gets a root.
//!
//! Writers are not blocked: a writer holds its lane until it has committed, so the committed rows of a lane
//! have no gap. Rows committed later are appended by the next checkpoint.

use super::{refuse_findings, tiles};
use crate::audit::append;
use crate::audit::installation;
use crate::audit::lineage;
use crate::audit::read;
use crate::locks::Subject;
use crate::moving;
use crate::pg::argument;
use crate::pg::datum::{from_sql, to_sql, uuid};
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::statement::statements;
use crate::pg::transaction::refuse_read_only;
use awgp_core::audit::chain::{Digest, Lane, Link, Linker};
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::lineage::Lineage;
use awgp_core::audit::tree::{self, Place, Tree};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::prelude::*;
use pgrx::{JsonB, pg_sys};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

statements! {
    /// The body of a tenant's newest checkpoint.
    LATEST(UUIDOID) = "
        SELECT body FROM awgp.audit_checkpoints WHERE tenant_id OPERATOR(pg_catalog.=) $1
        ORDER BY tree_size USING OPERATOR(pg_catalog.>) LIMIT 1";
}

/// Full tiles kept before they are written: 2 MiB.
const TILES_WAITING: usize = 256;

/// The rows of one lane that a checkpoint appends.
#[derive(Clone, Copy)]
struct Run {
    lane: i16,
    first_seq: i64,
    last: Link,
    first_leaf: u64,
}

/// Appends a tenant's new rows to its tree, and returns the checkpoint.
///
/// SECURITY DEFINER, because auditors and maintainers write no table; it writes hashes of existing rows, and
/// nothing that a caller chooses.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn audit_checkpoint(tenant_id: Option<pgrx::Uuid>) -> JsonB {
    refuse_read_only(c"awgp.audit_checkpoint()");
    installation::refuse_copy();
    let tenant = from_sql(&argument::needed("tenant_id", tenant_id));
    moving::refuse_writing(tenant);
    lock::lock_tenant_until_commit(Subject::Checkpoint, tenant);
    // SAFETY: pushed and popped in pairs; after an error the end of the (sub)transaction pops it. The latest
    // snapshot, to see a checkpoint that another session committed while this one waited for the lock.
    let (checkpoint, appended) = unsafe {
        pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot());
        let made = make(tenant);
        pg_sys::PopActiveSnapshot();
        made
    };
    JsonB(json!({
        "tenant_id": tenant,
        "tree_size": checkpoint.size,
        "root_hash": checkpoint.root,
        "body": checkpoint.to_text(),
        "appended": appended,
    }))
}

fn make(tenant: Uuid) -> (Checkpoint, u64) {
    let latest = latest(tenant);
    let (size, root, known) = match &latest {
        None => (0, Digest::of(b""), BTreeMap::new()),
        Some(latest) => (latest.size, latest.root, latest.lanes.iter().copied().collect()),
    };
    let tree = Tree::resume(size, |place| tiles::read(tenant, place));
    let Some(tree) = tree.filter(|tree| tree.root() == root) else {
        refuse_findings(tenant, "its stored tree does not match its newest checkpoint");
    };
    let lineage = lineage::of_tenant(tenant);
    let mut appending = Appending { tenant, lineage, tree, full: Vec::new(), runs: Vec::new(), lanes: known };
    // Below SQL: most tenants have nothing new, and a query over all partitions takes longer than looking.
    for lane in append::lanes_of(tenant) {
        appending.lane(lane);
    }
    let appended = appending.tree.size() - size;
    match (latest, appended) {
        (Some(latest), 0) => (latest, 0),
        (None, 0) => raise(
            &Refusal::new(
                Reason::AuditEmpty,
                "the tenant has no audit rows",
                "Check the id: SELECT id, slug FROM awgp.tenants;",
            )
            .with("tenant_id", tenant.to_string()),
        ),
        _ => (appending.finish(), appended),
    }
}

/// The newest checkpoint, parsed from its body.
fn latest(tenant: Uuid) -> Option<Checkpoint> {
    let body = LATEST.look(&[uuid(tenant)], |rows| rows.first().and_then(|row| row.text(c"body")))?;
    match Checkpoint::parse(&body) {
        Ok(checkpoint) if checkpoint.tenant_id == tenant => Some(checkpoint),
        Ok(_) => refuse_findings(tenant, "its newest checkpoint belongs to another tenant"),
        Err(malformed) => refuse_findings(tenant, &format!("its newest checkpoint was changed: {malformed}")),
    }
}

/// A checkpoint being made.
struct Appending {
    tenant: Uuid,
    lineage: Lineage,
    tree: Tree,
    full: Vec<(Place, Vec<Digest>)>,
    runs: Vec<Run>,
    /// The last link of each lane in the tree.
    lanes: BTreeMap<i16, Link>,
}

impl Appending {
    /// Appends the new rows of a lane. Each must follow the one before it.
    fn lane(&mut self, chain_lane: i16) {
        let lane = Lane { tenant_id: self.tenant, chain_lane };
        let start = self.lanes.get(&chain_lane).copied().unwrap_or_else(|| self.lineage.start(lane));
        if append::last_seq(lane) <= start.seq {
            return;
        }
        let (mut last, mut linker) = (self.lineage.after(lane, start), Linker::default());
        let mut run = Run { lane: chain_lane, first_seq: last.seq + 1, last, first_leaf: self.tree.size() };
        read::for_each_row_after(lane, start.seq, |row| {
            if row.chain_seq > last.seq + 1 {
                // The number of an adoption has no row: the run before it ends there.
                last = self.lineage.after(lane, last);
                self.keep(&run);
                run = Run { first_seq: last.seq + 1, last, first_leaf: self.tree.size(), ..run };
            }
            let hash = linker.link(last.hash, row);
            if row.chain_seq != last.seq + 1 || hash.to_hex() != row.integrity_hash {
                let what =
                    format!("the chain of its lane {chain_lane} is broken at number {}", row.chain_seq);
                refuse_findings(self.tenant, &what);
            }
            last = Link { seq: row.chain_seq, hash };
            run.last = last;
            self.tree.push(tree::leaf_of(&linker, row, hash), &mut self.full);
            if self.full.len() >= TILES_WAITING {
                self.write_full();
            }
        });
        self.keep(&run);
    }

    /// Keeps a run that has rows.
    fn keep(&mut self, run: &Run) {
        if run.last.seq >= run.first_seq {
            self.lanes.insert(run.lane, run.last);
            self.runs.push(*run);
        }
    }

    fn write_full(&mut self) {
        for (place, hashes) in self.full.drain(..) {
            tiles::write(self.tenant, place, &hashes);
        }
    }

    /// Writes the rest of the tree, and the checkpoint.
    fn finish(mut self) -> Checkpoint {
        self.write_full();
        for (place, hashes) in self.tree.open_tiles() {
            tiles::write(self.tenant, place, hashes);
        }
        let checkpoint = Checkpoint {
            install_id: installation::id(),
            tenant_id: self.tenant,
            size: self.tree.size(),
            root: self.tree.root(),
            lanes: self.lanes.into_iter().collect(),
        };
        if let Err(error) = record(&checkpoint, &self.runs) {
            error!("the checkpoint could not be written: {error}");
        }
        checkpoint
    }
}

fn record(checkpoint: &Checkpoint, runs: &[Run]) -> spi::Result<()> {
    let size = i64::try_from(checkpoint.size).unwrap_or(i64::MAX);
    let tenant = to_sql(checkpoint.tenant_id);
    let (root, body) = (checkpoint.root.to_string(), checkpoint.to_text());
    Spi::run_with_args(
        "INSERT INTO awgp.audit_checkpoints (tenant_id, tree_size, root_hash, body) VALUES ($1, $2, $3, $4)",
        &[tenant.into(), size.into(), root.into(), body.into()],
    )?;
    let lanes: Vec<_> = runs.iter().map(|run| run.lane).collect();
    let firsts: Vec<_> = runs.iter().map(|run| run.first_seq).collect();
    let lasts: Vec<_> = runs.iter().map(|run| run.last.seq).collect();
    let hashes: Vec<_> = runs.iter().map(|run| run.last.hash.to_string()).collect();
    let leaves: Vec<_> = runs.iter().map(|run| i64::try_from(run.first_leaf).unwrap_or(i64::MAX)).collect();
    Spi::run_with_args(
        "INSERT INTO awgp.audit_tree_lanes
             (tenant_id, tree_size, chain_lane, first_seq, last_seq, last_hash, first_leaf)
         SELECT $1, $2, * FROM unnest($3::smallint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[])",
        &[
            to_sql(checkpoint.tenant_id).into(),
            size.into(),
            lanes.into(),
            firsts.into(),
            lasts.into(),
            hashes.into(),
            leaves.into(),
        ],
    )
}
