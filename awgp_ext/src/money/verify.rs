//! `awgp.verify_ledger()`: recomputes every balance from the entries.

use crate::pg::role::{self, outer_role_has};
use pgrx::prelude::*;

const QUERY: &str = include_str!("../../../sql/verify/ledger.sql");

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
