//! Numbers for monitoring, over every tenant and without a row of any.
//!
//! Each query in `sql/metrics/` returns name, unit, help, labels and value. What would make the number of
//! rows grow with the installation is bounded in the query. [`metrics`] reads no month of the trail and sums
//! no ledger: it is called every few seconds.

use crate::doctor;
use crate::pg::argument;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::or_raise;
use crate::pg::relation;
use crate::pg::role;
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde_json::json;
use std::ffi::CStr;

/// The most pools that have numbers of their own.
const POOLS_MAX: i64 = 1000;

/// The queries, each with a table that it reads: where that is missing, there is nothing to count.
const QUERIES: &[(&CStr, &str)] = &[
    (c"approvals", include_str!("../../sql/metrics/approvals.sql")),
    (c"provider_credit_pools", include_str!("../../sql/metrics/money.sql")),
    (c"audit_checkpoints", include_str!("../../sql/metrics/trail.sql")),
    (c"maintenance_steps", include_str!("../../sql/metrics/maintenance.sql")),
    (c"outbox", include_str!("../../sql/metrics/outbox.sql")),
    (c"stops", include_str!("../../sql/metrics/stops.sql")),
    (c"tenant_moves", include_str!("../../sql/metrics/moves.sql")),
];

/// Name, unit, help, labels, value.
type Number = (String, Option<String>, String, Jsonb, AnyNumeric);

/// The numbers of all tenants for monitoring: one row for each number, in the order in which they are shown.
#[pg_extern(stable, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn metrics(
    pools: default!(Option<i64>, 50),
    findings: default!(Option<bool>, true),
) -> TableIterator<
    'static,
    (
        name!(name, String),
        name!(unit, Option<String>),
        name!(help, String),
        name!(labels, Jsonb),
        name!(value, AnyNumeric),
    ),
> {
    let pools = argument::needed("pools", pools);
    or_raise(awgp_core::argument::within("pools", pools, 0..=POOLS_MAX));
    let findings = argument::needed("findings", findings);
    TableIterator::new(role::as_installer_past_row_security(|| {
        let there = QUERIES.iter().filter(|(table, _)| relation::oid(table) != pg_sys::InvalidOid);
        let mut numbers: Vec<Number> = there.flat_map(|(_, query)| read(query, pools)).collect();
        if findings {
            numbers.extend(found());
        }
        numbers
    }))
}

fn read(query: &str, pools: i64) -> Vec<Number> {
    Spi::connect(|client| {
        let mut numbers = Vec::new();
        for row in client.select(query, None, &[pools.into()])? {
            numbers.push((
                row.get(1)?.unwrap_or_default(),
                row.get(2)?,
                row.get(3)?.unwrap_or_default(),
                row.get(4)?.unwrap_or_else(|| Jsonb::from_text("{}")),
                row.get(5)?.unwrap_or_default(),
            ));
        }
        Ok::<_, spi::Error>(numbers)
    })
    .unwrap_or_else(|error| error!("the numbers could not be read: {error}"))
}

/// How many findings the doctor has, without the check that sums the ledger.
fn found() -> impl Iterator<Item = Number> {
    let findings = doctor::without_ledger();
    ["error", "warning", "info"].into_iter().map(move |severity| {
        let number = findings.iter().filter(|finding| finding.severity == severity).count();
        (
            "awgp_doctor_findings".to_owned(),
            None,
            "Findings of the doctor, without the check that sums the ledger, by severity".to_owned(),
            Jsonb::from_text(&json!({ "severity": severity }).to_string()),
            AnyNumeric::from(number as u64),
        )
    })
}
