//! The erasable values against the commitments of the trail: each value gives its commitment, and each that
//! is gone was erased by an erasure on record.

use super::read::Scope;
use crate::audit::installation;
use crate::moving;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::query::text;
use awgp_core::audit::erasable::value_fits;
use awgp_core::audit::finding::{Finding, Kind};
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;

const GONE: &str = include_str!("../../../sql/verify/erasable.sql");
const VALUES: &str = include_str!("../../../sql/verify/erasable_values.sql");

/// A value as it is read.
struct Held {
    tenant: pgrx::Uuid,
    commitment: String,
    audit_id: Option<i64>,
    partition: Option<String>,
    member: String,
    salt: String,
    value: String,
}

/// What is wrong with the erasable values of the scope. Whoever has read its rows says whether one of
/// them may have any: where none does, none is missing, and the rows are not read again.
pub fn findings(scope: Scope<'_>, may_have: bool) -> Vec<Finding> {
    // A copy has the trail and no values.
    if installation::is_copy() {
        return Vec::new();
    }
    let mut arguments = given(scope);
    arguments.push(may_have.into());
    let mut findings = rows(GONE, &arguments, |row| gone(&row));
    // The values of a family that moved away are where it works; its events stay here too.
    findings.retain(|finding| finding.tenant_id.is_none_or(moving::is_here));
    let mut after = (to_sql(uuid::Uuid::nil()), String::new());
    loop {
        let mut arguments = given(scope);
        arguments.extend([after.0.into(), text(Some(&after.1))]);
        let held = rows(VALUES, &arguments, |row| {
            Ok(Held {
                tenant: row.get(1)?.unwrap_or(after.0),
                commitment: row.get(2)?.unwrap_or_default(),
                audit_id: row.get(3)?,
                partition: row.get(4)?,
                member: row.get(5)?.unwrap_or_default(),
                salt: row.get(6)?.unwrap_or_default(),
                value: row.get(7)?.unwrap_or_default(),
            })
        });
        let Some(last) = held.last() else { return findings };
        after = (last.tenant, last.commitment.clone());
        findings.extend(held.iter().filter_map(differs));
    }
}

fn given(scope: Scope<'_>) -> Vec<DatumWithOid<'static>> {
    let tenants = scope.tenant.map(|tenant| vec![to_sql(tenant)]);
    vec![tenants.into(), text(scope.partition)]
}

fn differs(held: &Held) -> Option<Finding> {
    if value_fits(&held.commitment, &held.salt, &held.value) {
        return None;
    }
    Some(Finding {
        tenant_id: Some(from_sql(&held.tenant)),
        partition_name: held.partition.clone(),
        audit_id: held.audit_id,
        ..Finding::about_log(
            Kind::ErasableValueDiffers,
            format!("the value of {}, or its salt, does not give its commitment", held.member),
        )
    })
}

fn gone(row: &spi::SpiHeapTupleData<'_>) -> spi::Result<Finding> {
    let detail = row.get::<String>(7)?.unwrap_or_default();
    Ok(Finding {
        tenant_id: row.get::<pgrx::Uuid>(2)?.as_ref().map(from_sql),
        partition_name: row.get(3)?,
        chain_lane: row.get(4)?,
        chain_seq: row.get(5)?,
        audit_id: row.get(6)?,
        ..Finding::about_log(Kind::ErasableValueMissing, detail)
    })
}

fn rows<T>(
    query: &str,
    arguments: &[DatumWithOid<'_>],
    read: impl Fn(spi::SpiHeapTupleData<'_>) -> spi::Result<T>,
) -> Vec<T> {
    Spi::connect(|client| client.select(query, None, arguments)?.map(read).collect::<spi::Result<Vec<T>>>())
        .unwrap_or_else(|error| error!("awgp.audit_erasable_values could not be read: {error}"))
}
