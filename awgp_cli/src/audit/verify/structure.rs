//! What an auditor finds in the catalog: triggers and policies that protect the log, and missing partitions.

use super::plan::{parse, text};
use awgp_client::{Row, Trouble, Work};
use awgp_core::audit::finding::{Finding, Kind};
use awgp_core::counted::counted;
use awgp_core::month::Month;
use std::collections::{BTreeMap, BTreeSet};

/// The same query with which the extension reads the catalog; here it is part of this program, and reads only
/// the catalog.
const PARTITIONS: &str = include_str!("../../../../sql/verify/partitions.sql");
const GUARDS: [&str; 2] = [
    include_str!("../../../../sql/verify/triggers.sql"),
    include_str!("../../../../sql/verify/policies.sql"),
];

/// The partitions before and after a position in a lane.
const NEIGHBOURS: &str = "
    SELECT (SELECT c.relname FROM awgp.audit_logs a JOIN pg_class c ON c.oid = a.tableoid
            WHERE a.tenant_id = $1::text::uuid AND a.chain_lane = $2 AND a.chain_seq < $3
            ORDER BY a.chain_seq DESC LIMIT 1) AS before,
           (SELECT c.relname FROM awgp.audit_logs a JOIN pg_class c ON c.oid = a.tableoid
            WHERE a.tenant_id = $1::text::uuid AND a.chain_lane = $2 AND a.chain_seq >= $3
            ORDER BY a.chain_seq LIMIT 1) AS after";

/// Triggers and policies.
pub async fn guards(work: &Work<'_>) -> Result<Vec<Finding>, Trouble> {
    let mut findings = Vec::new();
    for sql in GUARDS {
        findings.extend(catalog(work, sql).await?);
    }
    Ok(findings)
}

/// Months that are marked as retired, without a record of it. For a login that reads every tenant's trail.
pub async fn retirements(work: &Work<'_>) -> Result<Vec<Finding>, Trouble> {
    catalog(work, include_str!("../../../../sql/verify/retirements.sql")).await
}

/// Findings of a query whose columns are kind, object and detail.
async fn catalog(work: &Work<'_>, sql: &str) -> Result<Vec<Finding>, Trouble> {
    let rows = work.select(&format!("SELECT * FROM ({sql}) AS found (kind, object, detail)"), &[]).await?;
    let finding = |row: &Row| {
        let (kind, object) = (text(row, "kind"), text(row, "object"));
        let kind = Kind::ALL.iter().find(|known| known.name() == kind)?;
        let object = object.strip_prefix("awgp.").unwrap_or(&object).to_owned();
        Some(Finding::about_partition(*kind, object, text(row, "detail")))
    };
    Ok(rows.iter().filter_map(finding).collect())
}

/// Finds the partitions that are missing, not attached, or another month's; the finding of a missing
/// partition counts the rows missing with it.
pub async fn partitions(work: &Work<'_>, findings: Vec<Finding>) -> Result<Vec<Finding>, Trouble> {
    let mut structure = catalog(work, PARTITIONS).await?;
    let gaps: BTreeSet<Month> = structure.iter().filter_map(missing_month).collect();
    let mut lanes_by_month: BTreeMap<Month, u64> = BTreeMap::new();
    let mut kept = Vec::new();
    for finding in findings {
        let months = match &finding {
            Finding { kind: Kind::MissingRow | Kind::CutTail, .. } if !gaps.is_empty() => {
                straddled(work, &finding, &gaps).await?
            }
            _ => Vec::new(),
        };
        if months.is_empty() {
            kept.push(finding);
        }
        months.into_iter().for_each(|month| *lanes_by_month.entry(month).or_default() += 1);
    }
    for finding in &mut structure {
        if let Some(lanes) = missing_month(finding).and_then(|month| lanes_by_month.get(&month)) {
            let lanes = counted(*lanes, "lane");
            finding.detail = format!("{}; rows of {lanes} are missing with it", finding.detail);
        }
    }
    kept.append(&mut structure);
    Ok(kept)
}

fn missing_month(finding: &Finding) -> Option<Month> {
    let name = finding.partition_name.as_deref().filter(|_| finding.kind == Kind::MissingPartition)?;
    Month::of_partition(name)
}

/// The missing partitions between the two sides of a hole.
async fn straddled(work: &Work<'_>, hole: &Finding, gaps: &BTreeSet<Month>) -> Result<Vec<Month>, Trouble> {
    let (Some(tenant_id), Some(lane), Some(seq)) = (hole.tenant_id, hole.chain_lane, hole.chain_seq) else {
        return Ok(Vec::new());
    };
    let rows = work.select(NEIGHBOURS, &[&tenant_id.to_string(), &lane, &seq]).await?;
    let month = |name| rows.first().and_then(|row| Month::of_partition(&text(row, name)));
    let (before, after) = (month("before"), month("after"));
    // A side without a row is the beginning or the end of the lane.
    let between =
        |gap: &&Month| before.is_none_or(|before| before < **gap) && after.is_none_or(|after| **gap < after);
    Ok(gaps.iter().filter(between).copied().collect())
}

/// Names the partition in which a seal recorded a row that is missing.
async fn name_sealed_partition(work: &Work<'_>, hole: &mut Finding) -> Result<(), Trouble> {
    const SQL: &str = "
        SELECT partition_name AS name FROM awgp.audit_chain_anchors
        WHERE tenant_id = $1::text::uuid AND chain_lane = $2 AND $3 BETWEEN first_seq AND last_seq
        ORDER BY first_seq LIMIT 1";
    if let (Some(tenant_id), Some(lane), Some(seq)) = (hole.tenant_id, hole.chain_lane, hole.chain_seq) {
        let rows = work.select(SQL, &[&tenant_id.to_string(), &lane, &seq]).await?;
        hole.partition_name = rows.first().map(|row| text(row, "name"));
    }
    Ok(())
}

/// Names the partitions of the rows in findings, and those of missing rows that a seal recorded.
pub async fn name_partitions(work: &Work<'_>, findings: &mut [Finding]) -> Result<(), Trouble> {
    const AT_ONCE: usize = 1000;
    const SQL: &str = "
        SELECT a.id, a.tenant_id, c.relname AS name FROM awgp.audit_logs a JOIN pg_class c ON c.oid = a.tableoid
        WHERE a.id = ANY ($1::bigint[])";
    for hole in findings.iter_mut().filter(|finding| finding.audit_id.is_none()) {
        name_sealed_partition(work, hole).await?;
    }
    for some in findings.chunks_mut(AT_ONCE) {
        let ids: Vec<i64> = some.iter().filter_map(|finding| finding.audit_id).collect();
        if ids.is_empty() {
            continue;
        }
        let mut names: BTreeMap<(i64, String), BTreeSet<String>> = BTreeMap::new();
        for row in work.select(SQL, &[&ids]).await? {
            let key = (parse(&text(&row, "id"))?, text(&row, "tenant_id"));
            names.entry(key).or_default().insert(text(&row, "name"));
        }
        for finding in some {
            let (Some(id), Some(tenant_id)) = (finding.audit_id, finding.tenant_id) else { continue };
            // One id may be in two partitions where a row was copied: then neither is named.
            if let Some(names) = names.get(&(id, tenant_id.to_string())) {
                finding.partition_name = Some(names.iter().cloned().collect::<Vec<_>>().join(", "));
            }
        }
    }
    Ok(())
}
