//! The erasable values of the trail against their commitments, computed here.

use super::plan::{Plan, parse, text};
use awgp_client::{Row, Trouble, Work};
use awgp_core::audit::erasable::value_fits;
use awgp_core::audit::finding::{Finding, Kind};
use std::collections::HashSet;
use uuid::Uuid;

/// The same queries with which the extension reads; here they are part of this program, and read tables only.
const GONE: &str = include_str!("../../../../sql/verify/erasable.sql");
const VALUES: &str = include_str!("../../../../sql/verify/erasable_values.sql");
const ELSEWHERE: &str = include_str!("../../../../sql/verify/erasable_elsewhere.sql");
const SEES_MOVES: &str = "
    SELECT coalesce(has_table_privilege(to_regclass('awgp.tenant_moves'), 'SELECT'), false)::integer::bigint";

/// Whether there are values to compare: an extension that is older than this program has none. A login that
/// may not read whether this is a copy works with the original.
const THERE: &str = "
    SELECT to_regclass('awgp.audit_erasable_values') IS NOT NULL AS has_values,
           has_table_privilege('awgp.installation', 'SELECT') AS may_be_copy";
const IS_COPY: &str = "SELECT is_copy FROM awgp.installation WHERE is_copy";

/// What is wrong with the erasable values of what is read. The rows that were read
/// say whether one of them may have any: where none does, none is missing, and they are not read again.
pub async fn findings(work: &Work<'_>, plan: &Plan, may_have: bool) -> Result<Vec<Finding>, Trouble> {
    if !has_values(work).await? {
        return Ok(Vec::new());
    }
    let only = plan.only.as_ref().map(|partition| partition.name.clone());
    let rows = work.select(GONE, &[&plan.tenants, &only, &may_have]).await?;
    let mut findings = rows.iter().map(gone).collect::<Result<Vec<Finding>, Trouble>>()?;
    if !findings.is_empty() && work.number(SEES_MOVES, &[]).await? == 1 {
        let elsewhere = work.select(ELSEWHERE, &[]).await?;
        let elsewhere: HashSet<String> = elsewhere.iter().map(|row| text(row, "tenant_id")).collect();
        findings.retain(|found| found.tenant_id.is_none_or(|id| !elsewhere.contains(&id.to_string())));
    }
    let (mut tenant, mut commitment) = (Uuid::nil(), String::new());
    loop {
        let held = work.select(VALUES, &[&plan.tenants, &only, &tenant, &commitment]).await?;
        let Some(last) = held.last() else { return Ok(findings) };
        (tenant, commitment) = (parse(&text(last, "tenant_id"))?, text(last, "commitment"));
        for row in &held {
            findings.extend(differs(row)?);
        }
    }
}

/// False for an older extension, and for a copy, which has the trail and no values.
async fn has_values(work: &Work<'_>) -> Result<bool, Trouble> {
    let there = work.select(THERE, &[]).await?;
    let is = |name| there.first().is_some_and(|row| text(row, name) == "true");
    Ok(is("has_values") && (!is("may_be_copy") || work.select(IS_COPY, &[]).await?.is_empty()))
}

fn differs(row: &Row) -> Result<Option<Finding>, Trouble> {
    if value_fits(&text(row, "commitment"), &text(row, "salt"), &text(row, "value")) {
        return Ok(None);
    }
    let detail = format!("the value of {}, or its salt, does not give its commitment", text(row, "member"));
    Ok(Some(Finding {
        tenant_id: Some(parse(&text(row, "tenant_id"))?),
        partition_name: row.text("partition_name"),
        audit_id: Some(parse(&text(row, "audit_id"))?),
        ..Finding::about_log(Kind::ErasableValueDiffers, detail)
    }))
}

fn gone(row: &Row) -> Result<Finding, Trouble> {
    let number = |name: &str| row.text(name).map(|text| parse(&text)).transpose();
    Ok(Finding {
        tenant_id: Some(parse(&text(row, "tenant_id"))?),
        partition_name: row.text("partition_name"),
        chain_lane: row.text("chain_lane").map(|text| parse(&text)).transpose()?,
        chain_seq: number("chain_seq")?,
        audit_id: number("audit_id")?,
        ..Finding::about_log(Kind::ErasableValueMissing, text(row, "detail"))
    })
}
