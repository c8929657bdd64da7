//! `awgp.verify_audit()`: all findings, each with its kind and row.
//!
//! The rows are verified in `verify_rows`. This module checks what surrounds them: partitions, triggers,
//! policies, seals.

use super::partition_sum::PartitionSum;
use super::read::Scope;
use super::verify_erasable;
use super::verify_rows::verify_rows;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::query;
use crate::pg::raise::raise;
use crate::pg::role;
use awgp_core::audit::finding::{Finding, Kind, Severity};
use awgp_core::audit::integrity::check;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::prelude::*;
use std::collections::BTreeMap;

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
