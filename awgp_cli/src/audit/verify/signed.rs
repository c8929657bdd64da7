//! The trail against what an auditor has signed.
//!
//! The lanes' last links in the notes are known points of the chain, so that cut or rewritten rows are found
//! and named where the rows are read. The rest is checked here: whether the database still has what was
//! signed, and whether the rows yield the signed roots, computed by [`walk`].

use super::plan::{parse, text};
use crate::audit::lineage;
use crate::audit::notes::Notes;
use crate::audit::walk;
use awgp_client::{Trouble, Work};
use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::finding::{Finding, Kind, Severity};
use awgp_core::audit::lineage::Lineage;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// The state of the lanes, as the database reports it: for trees of which a group's note has only the root.
const LANES: &str = "
    SELECT DISTINCT ON (chain_lane) chain_lane, last_seq, last_hash FROM awgp.audit_tree_lanes
    WHERE tenant_id = $1::text::uuid AND tree_size <= $2 ORDER BY chain_lane, last_seq DESC";

const KNOWN: &str = "
    SELECT count(*) FROM awgp.audit_checkpoints
    WHERE tenant_id = $1::text::uuid AND tree_size = $2 AND root_hash = $3";

const NEWEST: &str = "
    SELECT coalesce(max(tree_size), 0) FROM awgp.audit_checkpoints WHERE tenant_id = $1::text::uuid";

/// The links that the notes name, a lane's in ascending order.
pub async fn links(
    work: &Work<'_>,
    notes: &Notes,
    tenants: &[Uuid],
) -> Result<HashMap<Lane, Vec<Link>>, Trouble> {
    let mut links: HashMap<Lane, Vec<Link>> = HashMap::new();
    // A note cannot prove which of two histories is the true one.
    let split = split_tenants(notes);
    for tenant_id in tenants.iter().filter(|id| !split.contains(id)) {
        let mut add = |chain_lane, link| {
            links.entry(Lane { tenant_id: *tenant_id, chain_lane }).or_default().push(link);
        };
        let checkpoints = notes.checkpoints(*tenant_id);
        let signed_lanes = checkpoints.last().map_or(0, |(checkpoint, _)| checkpoint.size);
        for (checkpoint, _) in checkpoints {
            checkpoint.lanes.iter().for_each(|(lane, link)| add(*lane, *link));
        }
        let Some((size, _)) = trees(notes, *tenant_id).last_key_value().map(|(size, roots)| (*size, roots))
        else {
            continue;
        };
        if size > signed_lanes {
            let size = i64::try_from(size).unwrap_or(i64::MAX);
            for row in work.select(LANES, &[&tenant_id.to_string(), &size]).await? {
                if let Some(hash) = Digest::from_hex(text(&row, "last_hash").as_bytes()) {
                    add(
                        parse(&text(&row, "chain_lane"))?,
                        Link { seq: parse(&text(&row, "last_seq"))?, hash },
                    );
                }
            }
        }
    }
    for links in links.values_mut() {
        links.sort_by_key(|link| link.seq);
        links.dedup();
    }
    Ok(links)
}

/// The signed trees of a tenant: sizes and their roots. More than one root for a size is a split view, which
/// is reported elsewhere.
fn trees(notes: &Notes, tenant_id: Uuid) -> BTreeMap<u64, Digest> {
    let statements = notes.signed.iter().map(|signed| &signed.statement);
    statements.filter_map(|statement| statement.tree_of(tenant_id)).collect()
}

/// Checks each tenant's signed trees, and returns what was proved and on what it rests.
pub async fn judge(
    work: &Work<'_>,
    notes: &Notes,
    tenants: &[Uuid],
    findings: &mut Vec<Finding>,
) -> Result<Vec<String>, Trouble> {
    let Some(install_id) = notes.install_id()? else { return Ok(Vec::new()) };
    let split = split_tenants(notes);
    let mut told = Vec::new();
    for tenant_id in tenants.iter().filter(|id| !split.contains(id)) {
        let trees = trees(notes, *tenant_id);
        let lineage = lineage::of_tenant(work, *tenant_id, install_id).await?;
        if let Some(lost) = lost(work, *tenant_id, &trees).await? {
            match lineage.install_id() == install_id {
                true => rolled_back(findings, *tenant_id, lost),
                false => parted(findings, *tenant_id, install_id, &lineage, lost.0),
            }
            continue;
        }
        let is_touched =
            |finding: &Finding| finding.severity == Severity::Error && finding.tenant_id == Some(*tenant_id);
        // Where rows were changed the root cannot fit either: one act is one finding.
        if findings.iter().any(is_touched) {
            continue;
        }
        let Some(size) = trees.last_key_value().map(|(size, _)| *size) else { continue };
        match walk::walk(work, &lineage, *tenant_id, None, size).await? {
            Err(what) => findings.push(mismatch(*tenant_id, what)),
            Ok(walked) => {
                let wrong = trees.iter().find(|(size, root)| walked.roots.get(size) != Some(root));
                match wrong {
                    Some((size, _)) => {
                        let what = format!("the tree of the first {size} rows has another root");
                        findings.push(mismatch(*tenant_id, what));
                    }
                    None => told.push(proved(*tenant_id, &trees, walked.by_stored_hash)),
                }
            }
        }
    }
    let asked = |finding: &Finding| finding.tenant_id.is_some_and(|tenant_id| tenants.contains(&tenant_id));
    findings.extend(notes.split_views().into_iter().filter(asked));
    Ok(told)
}

/// The tenants for which the notes have two histories.
fn split_tenants(notes: &Notes) -> Vec<Uuid> {
    notes.split_views().into_iter().filter_map(|finding| finding.tenant_id).collect()
}

/// The largest signed tree that the database does not have, and the newest that it has.
async fn lost(
    work: &Work<'_>,
    tenant_id: Uuid,
    trees: &BTreeMap<u64, Digest>,
) -> Result<Option<(u64, i64)>, Trouble> {
    let tenant = tenant_id.to_string();
    for (size, root) in trees.iter().rev() {
        let size_in_sql = i64::try_from(*size).unwrap_or(i64::MAX);
        if work.number(KNOWN, &[&tenant, &size_in_sql, &root.to_string()]).await? == 0 {
            return Ok(Some((*size, work.number(NEWEST, &[&tenant]).await?)));
        }
    }
    Ok(None)
}

/// An older state of the database has shorter lanes: what is missing at their ends is one finding.
fn rolled_back(findings: &mut Vec<Finding>, tenant_id: Uuid, (size, newest): (u64, i64)) {
    let mut ends = String::new();
    findings.retain(|finding| {
        let is_end = finding.kind == Kind::CutTail && finding.tenant_id == Some(tenant_id);
        if let (true, Some(lane), Some(seq)) = (is_end, finding.chain_lane, finding.chain_seq) {
            ends = format!("{ends}; lane {lane} has no rows from {seq} on");
        }
        !is_end
    });
    let detail = format!("{size} rows were signed; the newest checkpoint in the database has {newest}{ends}");
    findings.push(Finding { tenant_id: Some(tenant_id), ..Finding::about_log(Kind::RolledBack, detail) });
}

/// The note is of the original, from after this copy was made: the copy never had those rows.
fn parted(findings: &mut Vec<Finding>, tenant_id: Uuid, signed_by: Uuid, lineage: &Lineage, size: u64) {
    // What the note names in its lanes is the original's: each of it would be reported as lost.
    findings.retain(|finding| {
        let of_lanes = matches!(finding.kind, Kind::CutTail | Kind::RewrittenChain);
        !(of_lanes && finding.tenant_id == Some(tenant_id))
    });
    let detail = format!(
        "install {signed_by} has signed {size} rows; this trail has parted from it, and is of install {}",
        lineage.install_id()
    );
    findings.push(Finding { tenant_id: Some(tenant_id), ..Finding::about_log(Kind::SplitView, detail) });
}

fn mismatch(tenant_id: Uuid, what: String) -> Finding {
    Finding { tenant_id: Some(tenant_id), ..Finding::about_log(Kind::RootMismatch, what) }
}

fn proved(tenant_id: Uuid, trees: &BTreeMap<u64, Digest>, by_stored_hash: u64) -> String {
    let sizes: Vec<String> = trees.keys().map(u64::to_string).collect();
    let sizes = match sizes.as_slice() {
        [first, .., last] if sizes.len() > 3 => format!("{first} to {last} ({} notes)", sizes.len()),
        _ => sizes.join(", "),
    };
    let relies = match by_stored_hash {
        0 => String::new(),
        rows => format!(
            "; {rows} of them are gone with their partitions: their stored leaves and the remaining rows \
             yield the signed root"
        ),
    };
    format!("tenant {tenant_id}: the trail extends what was signed at {sizes} rows{relies}")
}
