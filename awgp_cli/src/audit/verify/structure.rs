//! What the catalog shows an auditor: triggers and policies that keep the log, and partitions that are not there.

use super::plan::{Partition, parse, text};
use crate::failure::Trouble;
use crate::row::Row;
use crate::session::Work;
use awgp_core::audit::finding::{Finding, Kind};
use awgp_core::month::Month;
use std::collections::{BTreeMap, BTreeSet};

/// Triggers of the log that are not there, not enabled ALWAYS, or run another function than the extension's; and
/// disabled triggers that capture changes.
const TRIGGERS: &str = "
    WITH functions AS (
        SELECT p.oid, p.proname, l.lanname = 'c' AS compiled
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
        WHERE n.nspname = 'awgp' AND p.proname IN ('guard_audit', 'capture')),
    tables AS (
        SELECT 'awgp.audit_logs'::regclass::oid AS oid
        UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = 'awgp.audit_logs'::regclass)
    SELECT c.relname AS name, c.relispartition AS is_partition, wanted.name AS trigger, g.oid IS NOT NULL AS exists
    FROM tables t JOIN pg_class c ON c.oid = t.oid
    CROSS JOIN (VALUES ('guard_audit'), ('guard_truncate')) AS wanted (name)
    LEFT JOIN pg_trigger g ON g.tgrelid = t.oid AND g.tgname = wanted.name
    LEFT JOIN functions f ON f.oid = g.tgfoid AND f.proname = 'guard_audit'
    WHERE g.tgenabled IS DISTINCT FROM 'A' OR f.compiled IS NOT TRUE
    UNION ALL
    SELECT c.relname, false, g.tgname, true
    FROM pg_trigger g JOIN functions f ON f.oid = g.tgfoid AND f.proname = 'capture' JOIN pg_class c ON c.oid = g.tgrelid
    WHERE g.tgenabled NOT IN ('O', 'A') OR NOT f.compiled
    ORDER BY 1, 3";

const POLICIES: &str = "
    SELECT c.relname AS name, c.relispartition AS is_partition,
           CASE WHEN NOT c.relrowsecurity THEN 'row-level security is disabled'
                ELSE 'row-level security is not forced' END AS detail
    FROM pg_class c
    WHERE (c.oid = 'awgp.audit_logs'::regclass
           OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'awgp.audit_logs'::regclass))
      AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
    UNION ALL
    SELECT 'audit_logs', false, format('the policy %s is gone', wanted.name)
    FROM (VALUES ('tenant_isolation_audit'), ('auditors_select')) AS wanted (name)
    WHERE NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = 'awgp.audit_logs'::regclass AND polname = wanted.name)
    ORDER BY 1, 3";

const DETACHED: &str = "
    SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'awgp' AND c.relkind IN ('r', 'f', 'p') AND c.relname ~ '^audit_logs_[0-9]{4}_[0-9]{2}$'
      AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid AND NOT i.inhdetachpending
                      AND i.inhparent = 'awgp.audit_logs'::regclass)
    ORDER BY 1";

/// The partitions on both sides of a place in a lane.
const NEIGHBOURS: &str = "
    SELECT (SELECT c.relname FROM awgp.audit_logs a JOIN pg_class c ON c.oid = a.tableoid
            WHERE a.tenant_id = $1::text::uuid AND a.chain_lane = $2 AND a.chain_seq < $3
            ORDER BY a.chain_seq DESC LIMIT 1) AS before,
           (SELECT c.relname FROM awgp.audit_logs a JOIN pg_class c ON c.oid = a.tableoid
            WHERE a.tenant_id = $1::text::uuid AND a.chain_lane = $2 AND a.chain_seq >= $3
            ORDER BY a.chain_seq LIMIT 1) AS after";

/// Triggers and policies.
pub async fn guards(work: &Work<'_>) -> Result<Vec<Finding>, Trouble> {
    let triggers = work.select(TRIGGERS, &[]).await?;
    let policies = work.select(POLICIES, &[]).await?;
    let trigger_detail = |row: &Row| {
        let state = if text(row, "exists") == "true" { "is disabled or was replaced" } else { "is gone" };
        format!("the trigger {} {state}", text(row, "trigger"))
    };
    let triggers = triggers.iter().map(|row| of_table(Kind::TriggerDisabled, row, &trigger_detail(row)));
    let policies = policies.iter().map(|row| of_table(Kind::PolicyDisabled, row, &text(row, "detail")));
    Ok(triggers.chain(policies).collect())
}

fn of_table(kind: Kind, row: &Row, detail: &str) -> Finding {
    let name = text(row, "name");
    if text(row, "is_partition") == "true" {
        Finding::about_partition(kind, name, detail)
    } else {
        Finding::about_log(kind, format!("{name}: {detail}"))
    }
}

/// Partitions whose bounds are another month's than their names say.
pub fn swapped(partitions: &[Partition]) -> Vec<Finding> {
    let wrong = |partition: &&Partition| {
        Month::of_partition(&partition.name).is_some_and(|month| {
            let (from, to) = month.bounds();
            partition.bounds != format!("FOR VALUES FROM ('{from}') TO ('{to}')")
        })
    };
    let finding = |partition: &Partition| {
        let detail = format!("it is attached {}", partition.bounds);
        Finding::about_partition(Kind::SwappedPartition, &partition.name, detail)
    };
    partitions.iter().filter(wrong).map(finding).collect()
}

/// Finds the partitions that are not attached, and puts each in the place of the missing rows that went with it.
pub async fn missing_partitions(
    work: &Work<'_>,
    partitions: &[Partition],
    findings: Vec<Finding>,
) -> Result<Vec<Finding>, Trouble> {
    let detached: BTreeSet<Month> = work
        .select(DETACHED, &[])
        .await?
        .iter()
        .filter_map(|row| Month::of_partition(&text(row, "name")))
        .collect();
    let gaps = gaps(partitions, &detached);
    let mut lanes_by_month: BTreeMap<Month, u64> = detached.iter().map(|month| (*month, 0)).collect();
    let mut kept = Vec::new();
    for finding in findings {
        let months = match &finding {
            Finding { kind: Kind::MissingRow, .. } if !gaps.is_empty() => {
                straddled(work, &finding, &gaps).await?
            }
            _ => Vec::new(),
        };
        if months.is_empty() {
            kept.push(finding);
        }
        months.into_iter().for_each(|month| *lanes_by_month.entry(month).or_default() += 1);
    }
    kept.extend(lanes_by_month.into_iter().map(|(month, lanes)| {
        let what = if detached.contains(&month) { "it is there and not attached" } else { "it is not there" };
        let detail = match lanes {
            0 => what.to_owned(),
            lanes => format!("{what}; rows of {lanes} lanes are missing with it"),
        };
        Finding::about_partition(Kind::MissingPartition, month.partition_name(), detail)
    }));
    Ok(kept)
}

/// Months without a partition between the first and the last, and those whose partition is not attached.
fn gaps(partitions: &[Partition], detached: &BTreeSet<Month>) -> BTreeSet<Month> {
    let attached: BTreeSet<Month> =
        partitions.iter().filter_map(|partition| Month::of_partition(&partition.name)).collect();
    let mut gaps = detached.clone();
    if let (Some(first), Some(last)) = (attached.first(), attached.last()) {
        gaps.extend(first.through(*last).filter(|month| !attached.contains(month)));
    }
    gaps
}

/// The gaps that lie between the two sides of a hole.
async fn straddled(work: &Work<'_>, hole: &Finding, gaps: &BTreeSet<Month>) -> Result<Vec<Month>, Trouble> {
    let (Some(tenant_id), Some(lane), Some(seq)) = (hole.tenant_id, hole.chain_lane, hole.chain_seq) else {
        return Ok(Vec::new());
    };
    let rows = work.select(NEIGHBOURS, &[&tenant_id.to_string(), &lane, &seq]).await?;
    let month = |name| rows.first().and_then(|row| Month::of_partition(&text(row, name)));
    let (before, after) = (month("before"), month("after"));
    let between = |gap: &&Month| {
        // A hole at the beginning of a lane is explained by a partition that is there and not attached.
        before.is_none_or(|before| before < **gap) && after.is_some_and(|after| **gap < after)
    };
    Ok(gaps.iter().filter(between).copied().collect())
}

/// Names the partitions of the rows that were found.
pub async fn name_partitions(work: &Work<'_>, findings: &mut [Finding]) -> Result<(), Trouble> {
    const AT_ONCE: usize = 1000;
    const SQL: &str = "
        SELECT a.id, a.tenant_id, c.relname AS name FROM awgp.audit_logs a JOIN pg_class c ON c.oid = a.tableoid
        WHERE a.id = ANY ($1::bigint[])";
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
            // One id may be in two partitions where a row was copied: then neither is named alone.
            if let Some(names) = names.get(&(id, tenant_id.to_string())) {
                finding.partition_name = Some(names.iter().cloned().collect::<Vec<_>>().join(", "));
            }
        }
    }
    Ok(())
}
