//! `awgp.verify_ledger()`: recomputes every balance from the entries.

use crate::pg::role::{self, outer_role_has};
use crate::pg::{clock, query};
use pgrx::JsonB;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use serde_json::json;

/// The differences of every balance: severity, kind, tenant, object, expected, found, detail.
pub const QUERY: &str = include_str!("../../../sql/verify/ledger.sql");
const NOW: &str = include_str!("../../../sql/verify/ledger_now.sql");

/// What maintenance found when it last verified the whole ledger, if that was in the time before $1 that $2
/// says, and it found nothing.
const FOUND_NOTHING: &str = "
    SELECT (SELECT last_outcome OPERATOR(pg_catalog.->) 'did' FROM awgp.maintenance_steps
    WHERE step OPERATOR(pg_catalog.=) 'verify_ledger'
      AND (last_outcome OPERATOR(pg_catalog.#>>) '{did,differences}') OPERATOR(pg_catalog.=) '0'
      AND (last_outcome OPERATOR(pg_catalog.#>>) '{did,verified_at}')::timestamptz
          OPERATOR(pg_catalog.>) ($1 OPERATOR(pg_catalog.-) $2::interval))";
/// Maintenance verifies the whole ledger again after this time,
const AGAIN: &str = "20 hours";
/// and the doctor relies on it for this one.
const RELIED_ON: &str = "2 days";

/// One difference: severity, kind, tenant, the row it is about, expected value, found value, description.
pub type Finding =
    (String, String, Option<pgrx::Uuid>, Option<pgrx::Uuid>, Option<AnyNumeric>, Option<AnyNumeric>, String);

/// Recomputes every balance from the entries and reservations. Returns one row per difference; no row means
/// that all agree.
///
/// Auditors and maintainers, who see no tenant's rows, verify all tenants; other callers verify what they can
/// see.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::type_complexity, reason = "pgrx reads the columns from the type")]
fn verify_ledger() -> TableIterator<
    'static,
    (
        name!(severity, String),
        name!(kind, String),
        name!(tenant_id, Option<pgrx::Uuid>),
        name!(object_id, Option<pgrx::Uuid>),
        name!(expected, Option<AnyNumeric>),
        name!(found, Option<AnyNumeric>),
        name!(detail, String),
    ),
> {
    let sees_all = outer_role_has("awgp_auditor") || outer_role_has("awgp_maintainer");
    TableIterator::new(if sees_all { findings_everywhere() } else { findings() })
}

/// The differences in all tenants, for any caller.
pub fn findings_everywhere() -> Vec<Finding> {
    role::as_installer_past_row_security(findings)
}

/// The differences that the doctor reports: of the whole ledger, but for what maintenance has found sound of
/// late. Then a difference in a period that has ended is found by maintenance, once a day.
pub fn findings_of_late() -> Vec<Finding> {
    role::as_installer_past_row_security(|| {
        let is_sound = found_nothing(clock::now(), RELIED_ON).is_some() && !differs_now();
        if is_sound { Vec::new() } else { findings() }
    })
}

/// Verifies the whole ledger of all tenants, once a day: what maintenance does at `at` (default: now).
/// Returns when it was verified last, the number of differences and the first of them.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn verify_due_ledger(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> JsonB {
    let at = clock::given("at", at);
    if let Some(found) = role::as_installer_past_row_security(|| found_nothing(at, AGAIN)) {
        return found;
    }
    let verified_at = clock::text(clock::now());
    let found = findings_everywhere();
    let first = found.first().map(|finding| finding.6.as_str());
    JsonB(json!({"verified_at": verified_at, "differences": found.len(), "first": first}))
}

fn found_nothing(at: TimestampWithTimeZone, within: &str) -> Option<JsonB> {
    query::one(FOUND_NOTHING, &[at.into(), within.into()])
        .unwrap_or_else(|error| error!("the last verification could not be read: {error}"))
}

fn differs_now() -> bool {
    let differs: Option<bool> =
        query::one(NOW, &[]).unwrap_or_else(|error| error!("the ledger could not be read: {error}"));
    differs.unwrap_or(true)
}

fn findings() -> Vec<Finding> {
    let found = Spi::connect(|client| {
        let mut found = Vec::new();
        for row in client.select(QUERY, None, &[])? {
            found.push((
                row.get::<String>(1)?.unwrap_or_default(),
                row.get::<String>(2)?.unwrap_or_default(),
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get::<String>(7)?.unwrap_or_default(),
            ));
        }
        Ok::<_, spi::Error>(found)
    });
    found.unwrap_or_else(|error| error!("the ledger could not be read: {error}"))
}
