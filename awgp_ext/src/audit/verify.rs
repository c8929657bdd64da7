//! `awgp.verify_audit()`: all findings, each with its kind and row.
//!
//! `awgp_core` judges the rows. This module reads them, looks up what is known about their lanes, and checks
//! what surrounds the rows: partitions, triggers, policies, seals.

use super::append;
use super::lineage;
use super::read::{self, Scope};
use super::verify_erasable;
use crate::audit::installation;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::query;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role;
use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::finding::{Finding, Kind, Severity};
use awgp_core::audit::integrity::{HeadsRoot, Seal, check};
use awgp_core::audit::lane_facts::{Bridge, Head, LaneFacts};
use awgp_core::audit::lineage::Lineage;
use awgp_core::audit::verify::LogVerifier;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys;
use pgrx::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Verifies the part of the audit trail that the caller can read, or one tenant's, or one partition. Returns
/// one row per finding; no row means that the trail is intact.
#[pg_extern(stable, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::type_complexity, reason = "pgrx reads the columns from the type")]
fn verify_audit(
    tenant_id: default!(Option<pgrx::Uuid>, "NULL"),
    partition_name: default!(Option<&str>, "NULL"),
) -> TableIterator<
    'static,
    (
        name!(severity, String),
        name!(kind, String),
        name!(tenant_id, Option<pgrx::Uuid>),
        name!(partition_name, Option<String>),
        name!(chain_lane, Option<i16>),
        name!(chain_seq, Option<i64>),
        name!(audit_id, Option<i64>),
        name!(detail, String),
    ),
> {
    let scope = Scope { tenant: tenant_id.as_ref().map(from_sql), partition: partition_name };
    if let Some(name) = partition_name {
        refuse_unknown_partition(name);
    }
    let rows: Vec<_> = findings(scope)
        .into_iter()
        .map(|finding| {
            (
                finding.severity.name().to_owned(),
                finding.kind.name().to_owned(),
                finding.tenant_id.map(to_sql),
                finding.partition_name,
                finding.chain_lane,
                finding.chain_seq,
                finding.audit_id,
                finding.detail,
            )
        })
        .collect();
    TableIterator::new(rows)
}

/// True for the name of an attached partition.
pub fn is_partition(name: &str) -> bool {
    let arguments = [name.into()];
    let known = query::one::<bool>(
        "SELECT EXISTS (SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                        WHERE inhparent = 'awgp.audit_logs'::regclass AND relname = $1)",
        &arguments,
    );
    known == Ok(Some(true))
}

/// Raises an error where `name` is not a partition of the audit trail.
pub fn refuse_unknown_partition(name: &str) {
    if !is_partition(name) {
        raise(
            &Refusal::new(
                Reason::UnknownPartition,
                "awgp.audit_logs has no partition of this name",
                "Partitions are named audit_logs_YYYY_MM; list them with: awgp partition list",
            )
            .with("partition_name", name),
        );
    }
}

/// The sum of one partition's rows.
#[derive(Default)]
pub struct PartitionSum {
    root: HeadsRoot,
    highest_id: i64,
    /// First number and last link of each lane; kept only where a seal will be written.
    pub lanes: Vec<(Lane, i64, Link)>,
    open: Option<(Lane, i64, Link)>,
    /// Whether a row may have a value that can be erased.
    has_erasable: bool,
}

impl PartitionSum {
    pub fn add(&mut self, lane: Lane, id: i64, link: Link, keep: bool) {
        self.highest_id = self.highest_id.max(id);
        match &mut self.open {
            Some((open, _, last)) if *open == lane => *last = link,
            _ => {
                self.end_lane(keep);
                self.open = Some((lane, link.seq, link));
            }
        }
    }

    pub fn end_lane(&mut self, keep: bool) {
        if let Some((lane, first, last)) = self.open.take() {
            self.root.add(lane, last);
            if keep {
                self.lanes.push((lane, first, last));
            }
        }
    }

    /// What sealing the partition records.
    pub fn seal(&self) -> Seal {
        Seal { last_sequence_number: self.highest_id, cumulative_hash: self.root.clone().finish() }
    }
}

/// All findings of the scope.
pub fn findings(scope: Scope<'_>) -> Vec<Finding> {
    let (mut findings, sums) = verify_rows(scope, false);
    findings.extend(structure());
    findings.extend(verify_erasable::findings(scope, sums.values().any(|sum| sum.has_erasable)));
    if scope.partition.is_none() {
        findings.extend(without_events(scope));
    }
    if scope.tenant.is_none() && sees_every_tenant() {
        let mut seals = seals(scope.partition, &sums);
        // Where rows were changed, the seal cannot match either: the change is reported once.
        seals.retain(|seal| {
            seal.kind == Kind::IntegrityMissing
                || !findings.iter().any(|finding| {
                    finding.severity == Severity::Error && finding.partition_name == seal.partition_name
                })
        });
        findings.extend(seals);
    }
    findings
}

/// The findings in the rows alone, and the sum of each partition.
pub fn verify_rows(scope: Scope<'_>, keep_lanes: bool) -> (Vec<Finding>, BTreeMap<String, PartitionSum>) {
    let mut verifier = LogVerifier::new(installation::id());
    let mut sums: HashMap<pg_sys::Oid, PartitionSum> = HashMap::new();
    let mut current = None;
    let lineage = lineage::of(scope);
    let mut adopted: BTreeSet<Lane> = lineage.lanes().collect();
    let mut anchors = anchors(scope);
    let mut leaves = last_leaves(scope);
    read::for_each_row(scope, |partition, row| {
        let lane = row.position().lane();
        if current != Some(lane) {
            current = Some(lane);
            let anchors = anchors.remove(&lane).unwrap_or_default();
            let leaf = leaves.remove(&lane);
            adopted.remove(&lane);
            verifier.lane(lane, known(scope, &lineage, lane, row.chain_seq, (&anchors, leaf)));
        }
        verifier.row(row);
        if let Some(hash) = Digest::from_hex(row.integrity_hash) {
            let link = Link { seq: row.chain_seq, hash };
            let sum = sums.entry(partition).or_default();
            sum.add(lane, row.id, link, keep_lanes);
            sum.has_erasable = sum.has_erasable || row.may_have_erasable();
        }
    });
    // Lanes with a seal but without a row.
    for (lane, anchors) in anchors {
        let first_seq = anchors.first().map_or(0, |anchor| anchor.first_seq);
        adopted.remove(&lane);
        let leaf = leaves.remove(&lane);
        verifier.lane(lane, known(scope, &lineage, lane, first_seq, (&anchors, leaf)));
    }
    // Lanes of which a checkpoint has rows, without a row or a seal.
    for (lane, leaf) in leaves {
        adopted.remove(&lane);
        verifier.lane(lane, known(scope, &lineage, lane, leaf.seq, (&[], Some(leaf))));
    }
    // Lanes that an adoption has recorded, without a row or a seal. A partition need not have any of them.
    for lane in adopted.into_iter().filter(|_| scope.partition.is_none()) {
        verifier.lane(lane, lineage.facts(lane));
    }
    let mut findings = verifier.finish();
    for finding in &mut findings {
        finding.partition_name = match finding.audit_id {
            Some(id) => partition_of(id),
            None => sealed_partition_of(finding),
        };
    }
    let named = sums.into_iter().map(|(oid, mut sum)| {
        sum.end_lane(keep_lanes);
        (relation::name_of(oid), sum)
    });
    (findings, named.collect())
}

/// What a seal recorded about a lane in its partition.
struct Anchor {
    first_seq: i64,
    last: Link,
    /// True where the partition is attached, so its rows must exist.
    is_attached: bool,
}

/// What is known about a lane before its first row in the scope.
///
/// The anchors of seals and the last leaf of a checkpoint are links that the lane has reached.
fn known(
    scope: Scope<'_>,
    lineage: &Lineage,
    lane: Lane,
    first_seq: i64,
    (anchors, leaf): (&[Anchor], Option<Link>),
) -> LaneFacts {
    let whole = lineage.facts(lane);
    let is_part = scope.partition.is_some();
    let start = if is_part && first_seq > 1 {
        append::link_at(lane, first_seq - 1)
            .or_else(|| anchored(lane, first_seq - 1))
            .or_else(|| lineage.at(lane, first_seq - 1))
            .unwrap_or(whole.start)
    } else {
        whole.start
    };
    let mut points: Vec<Link> =
        anchors.iter().filter(|anchor| anchor.is_attached).map(|anchor| anchor.last).collect();
    points.extend(&whole.points);
    points.extend(leaf);
    // A missing partition is reported once, not row by row.
    let gone = anchors.iter().filter(|anchor| !anchor.is_attached);
    let mut bridges: Vec<Bridge> =
        gone.map(|anchor| Bridge { first_seq: anchor.first_seq, last: anchor.last }).collect();
    bridges.extend(&whole.bridges);
    bridges.sort_by_key(|bridge| bridge.first_seq);
    // A partition may end before the lane was adopted.
    let adopted = whole.points.last().copied().filter(|_| !is_part);
    let last = anchors
        .last()
        .map(|anchor| anchor.last)
        .into_iter()
        .chain(adopted)
        .chain(leaf)
        .max_by_key(|link| link.seq);
    let head = last.map_or(Head::Unknown, Head::AtLeast);
    LaneFacts { start, points, bridges, head, ..whole }
}

/// The last row of each lane that a checkpoint has recorded. A partition need not have it.
fn last_leaves(scope: Scope<'_>) -> BTreeMap<Lane, Link> {
    let mut leaves = BTreeMap::new();
    if scope.partition.is_some() {
        return leaves;
    }
    let arguments = [scope.tenant.map(to_sql).into()];
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT DISTINCT ON (tenant_id, chain_lane) tenant_id, chain_lane, last_seq, last_hash
             FROM awgp.audit_tree_lanes WHERE $1::uuid IS NULL OR tenant_id = $1
             ORDER BY tenant_id, chain_lane, last_seq DESC",
            None,
            &arguments,
        )?;
        for row in rows {
            let (tenant, chain_lane): (Option<pgrx::Uuid>, Option<i16>) = (row.get(1)?, row.get(2)?);
            let seq: Option<i64> = row.get(3)?;
            let hash = row.get::<String>(4)?.and_then(|hash| Digest::from_hex(hash.as_bytes()));
            if let (Some(tenant), Some(chain_lane), Some(seq), Some(hash)) = (tenant, chain_lane, seq, hash) {
                leaves.insert(Lane { tenant_id: from_sql(&tenant), chain_lane }, Link { seq, hash });
            }
        }
        Ok::<_, spi::Error>(())
    });
    if let Err(error) = read {
        error!("awgp.audit_tree_lanes could not be read: {error}");
    }
    leaves
}

/// Tenants of which there is no event, no seal and no checkpoint: the event of their making is missing. A
/// caller who is no auditor asks about those that they see.
fn without_events(scope: Scope<'_>) -> Vec<Finding> {
    const QUERY: &str = include_str!("../../../sql/verify/tenants.sql");
    let arguments = [scope.tenant.map(to_sql).into()];
    let read = || {
        Spi::connect(|client| {
            client
                .select(QUERY, None, &arguments)?
                .map(|row| row.get::<pgrx::Uuid>(1))
                .collect::<spi::Result<Vec<_>>>()
        })
    };
    let found = if sees_every_tenant() { role::as_installer_past_row_security(read) } else { read() };
    let found = found.unwrap_or_else(|error| error!("awgp.tenants could not be read: {error}"));
    let finding = |tenant: pgrx::Uuid| Finding {
        tenant_id: Some(from_sql(&tenant)),
        ..Finding::about_log(
            Kind::CutTail,
            "the tenant is there, and no event of it, not even that of its making",
        )
    };
    found.into_iter().flatten().map(finding).collect()
}

/// The links that seals have recorded, for each lane in ascending order.
fn anchors(scope: Scope<'_>) -> BTreeMap<Lane, Vec<Anchor>> {
    let arguments = [scope.tenant.map(to_sql).into(), scope.partition.into()];
    let mut anchors: BTreeMap<Lane, Vec<Anchor>> = BTreeMap::new();
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT tenant_id, chain_lane, first_seq, last_seq, last_hash, EXISTS (
                 SELECT FROM pg_inherits
                 WHERE inhparent = to_regclass('awgp.audit_logs')
                   AND inhrelid = to_regclass(format('awgp.%I', partition_name)))
             FROM awgp.audit_chain_anchors
             WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ($2::text IS NULL OR partition_name = $2)
             ORDER BY tenant_id, chain_lane, last_seq",
            None,
            &arguments,
        )?;
        for row in rows {
            let (tenant, chain_lane): (Option<pgrx::Uuid>, Option<i16>) = (row.get(1)?, row.get(2)?);
            let (first_seq, seq): (Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?);
            let hash = row.get::<String>(5)?.and_then(|hash| Digest::from_hex(hash.as_bytes()));
            let is_attached = row.get(6)? == Some(true);
            if let (Some(tenant), Some(chain_lane), Some(first_seq), Some(seq), Some(hash)) =
                (tenant, chain_lane, first_seq, seq, hash)
            {
                let lane = Lane { tenant_id: from_sql(&tenant), chain_lane };
                let last = Link { seq, hash };
                anchors.entry(lane).or_default().push(Anchor { first_seq, last, is_attached });
            }
        }
        Ok::<_, spi::Error>(())
    });
    if let Err(error) = read {
        error!("awgp.audit_chain_anchors could not be read: {error}");
    }
    anchors
}

/// The partition in which a seal recorded the missing row.
fn sealed_partition_of(finding: &Finding) -> Option<String> {
    let arguments =
        [finding.tenant_id.map(to_sql).into(), finding.chain_lane.into(), finding.chain_seq.into()];
    let found = query::one::<String>(
        "SELECT partition_name FROM awgp.audit_chain_anchors
         WHERE tenant_id = $1 AND chain_lane = $2 AND $3 BETWEEN first_seq AND last_seq
         ORDER BY first_seq LIMIT 1",
        &arguments,
    );
    found.ok().flatten()
}

/// The link at `seq` of a lane, if a seal recorded it.
pub fn anchored(lane: Lane, seq: i64) -> Option<Link> {
    let arguments = [to_sql(lane.tenant_id).into(), lane.chain_lane.into(), seq.into()];
    let hash = query::one::<String>(
        "SELECT last_hash FROM awgp.audit_chain_anchors
         WHERE tenant_id = $1 AND chain_lane = $2 AND last_seq = $3",
        &arguments,
    );
    let hash = hash.ok().flatten().and_then(|hash| Digest::from_hex(hash.as_bytes()))?;
    Some(Link { seq, hash })
}

/// The last link of a lane in a partition, as the seal recorded it.
pub fn anchor_of(partition: &str, lane: Lane) -> Option<Link> {
    let arguments = [partition.into(), to_sql(lane.tenant_id).into(), lane.chain_lane.into()];
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT last_seq, last_hash FROM awgp.audit_chain_anchors
             WHERE partition_name = $1 AND tenant_id = $2 AND chain_lane = $3",
            Some(1),
            &arguments,
        )?;
        if rows.is_empty() {
            return Ok(None);
        }
        let row = rows.first();
        Ok::<_, spi::Error>(row.get::<i64>(1)?.zip(row.get::<String>(2)?))
    });
    let (seq, hash) =
        read.unwrap_or_else(|error| error!("awgp.audit_chain_anchors could not be read: {error}"))?;
    Some(Link { seq, hash: Digest::from_hex(hash.as_bytes())? })
}

fn partition_of(audit_id: i64) -> Option<String> {
    let arguments = [audit_id.into()];
    let found = query::one::<String>(
        "SELECT relname::text FROM awgp.audit_logs JOIN pg_class ON pg_class.oid = audit_logs.tableoid
         WHERE id = $1 LIMIT 1",
        &arguments,
    );
    found.ok().flatten()
}

/// Findings about partitions, triggers and policies.
fn structure() -> Vec<Finding> {
    const QUERIES: [&str; 2] =
        [include_str!("../../../sql/verify/triggers.sql"), include_str!("../../../sql/verify/policies.sql")];
    // Reads only the catalog and names of months, so it may run with the installer's privileges: for a caller
    // who is not an auditor and has no tenant in context, retired months would otherwise look missing.
    let mut findings = role::as_installer_past_row_security(|| {
        catalog(&[include_str!("../../../sql/verify/partitions.sql")])
    });
    findings.extend(catalog(&QUERIES));
    if sees_every_tenant() {
        findings.extend(catalog(&[include_str!("../../../sql/verify/retirements.sql")]));
    }
    findings
}

/// The findings of queries that return kind, object and detail.
fn catalog(queries: &[&str]) -> Vec<Finding> {
    Spi::connect(|client| {
        let mut findings = Vec::new();
        // Bounds are printed in the session's time zone and style; the comparison is in UTC and ISO.
        for query in queries {
            for row in client.select(*query, None, &[])? {
                let (kind, object, detail): (Option<String>, Option<String>, Option<String>) =
                    (row.get(1)?, row.get(2)?, row.get(3)?);
                let kind = Kind::ALL.iter().find(|known| Some(known.name()) == kind.as_deref());
                if let (Some(kind), Some(object), Some(detail)) = (kind, object, detail) {
                    let object = object.strip_prefix("awgp.").unwrap_or(&object).to_owned();
                    findings.push(Finding::about_partition(*kind, object, detail));
                }
            }
        }
        Ok::<_, spi::Error>(findings)
    })
    .unwrap_or_else(|error| error!("the structure of the audit trail could not be read: {error}"))
}

/// Seals cover all tenants, so only a role that sees all tenants' rows can check them.
fn sees_every_tenant() -> bool {
    query::one::<bool>(
        "SELECT pg_has_role(current_user, 'awgp_auditor', 'USAGE')
             OR NOT row_security_active('awgp.audit_logs'::regclass)",
        &[],
    ) == Ok(Some(true))
}

/// Compares the seal of each partition in audit_log_integrity with its rows.
fn seals(partition: Option<&str>, sums: &BTreeMap<String, PartitionSum>) -> Vec<Finding> {
    let arguments = [partition.into()];
    let stored = Spi::connect(|client| {
        let rows = client.select(
            "SELECT COALESCE(i.partition_name, a.partition_name), i.last_sequence_number, i.cumulative_hash,
                    a.partition_name IS NOT NULL
             FROM awgp.audit_log_integrity AS i
             FULL JOIN (SELECT DISTINCT partition_name FROM awgp.audit_chain_anchors
                        WHERE partition_name NOT LIKE '%/%') AS a
                 ON a.partition_name = i.partition_name
             WHERE ($1::text IS NULL OR COALESCE(i.partition_name, a.partition_name) = $1)
               AND NOT EXISTS (SELECT FROM awgp.audit_retired_partitions AS retired
                               WHERE retired.partition_name = COALESCE(i.partition_name, a.partition_name)
                                 AND retired.restored_at IS NULL)
             ORDER BY 1",
            None,
            &arguments,
        )?;
        let mut stored = Vec::new();
        for row in rows {
            let name: Option<String> = row.get(1)?;
            let (last, hash): (Option<i64>, Option<String>) = (row.get(2)?, row.get(3)?);
            stored.push((name.unwrap_or_default(), last.zip(hash), row.get::<bool>(4)? == Some(true)));
        }
        Ok::<_, spi::Error>(stored)
    });
    let stored = stored.unwrap_or_else(|error| error!("awgp.audit_log_integrity could not be read: {error}"));
    let empty = PartitionSum::default();
    stored
        .into_iter()
        .filter_map(|(name, row, sealed)| {
            let actual = sums.get(&name).unwrap_or(&empty).seal();
            check(&name, row.as_ref().map(|(last, hash)| (*last, hash.as_str())), sealed, actual)
        })
        .collect()
}
