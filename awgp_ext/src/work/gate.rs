//! The gate: loads what [`awgp_core::work::gate`] asks for, under locks, and asks it.

use super::WorkItem;
use crate::machine::{now, risk, writing};
use crate::relation::{as_owner_past_row_security, from_sql, to_sql};
use crate::statement::statements;
use awgp_core::approval;
use awgp_core::assistant::Status;
use awgp_core::isolation_refusals;
use awgp_core::refusal::Refusal;
use awgp_core::work::digest::{ITEM_ALONE, Pin};
use awgp_core::work::gate::{Approval, Assistant, Pass, check_assistant, find_approval, needs_approval};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys;
use uuid::Uuid;

statements! {
    /// The assistant, kept as it is until the transaction ends: whoever suspends it comes before or after.
    ASSISTANT(UUIDOID, UUIDOID) = "
        SELECT status, risk_tier, capabilities FROM ONLY awgp.assistants
        WHERE id OPERATOR(pg_catalog.=) $2 AND pg_catalog.uuid_eq(tenant_id, $1) FOR SHARE";
    /// Every approval of an item.
    APPROVALS(UUIDOID, UUIDOID) = "
        SELECT id, status, risk_level, expires_at, used_at IS NOT NULL, request_digest, created_at, request_digest_version
        FROM ONLY awgp.approvals
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND work_item_id OPERATOR(pg_catalog.=) $2
        FOR NO KEY UPDATE";
    /// Uses an approval up.
    USE(UUIDOID, UUIDOID) = "
        UPDATE ONLY awgp.approvals SET used_at = pg_catalog.clock_timestamp()
        WHERE id OPERATOR(pg_catalog.=) $2 AND pg_catalog.uuid_eq(tenant_id, $1) AND used_at IS NULL";
}

/// The assistant of a tenant, locked against change until the transaction ends. Refuses with `unknown_assistant`.
pub fn lock_assistant(tenant: Uuid, id: Uuid) -> Result<Assistant, Refusal> {
    let arguments = [to_sql(tenant).into(), to_sql(id).into()];
    let found = as_owner_past_row_security(c"assistants", || {
        ASSISTANT.with(|statement| {
            statement.run(&arguments, |rows| {
                if rows.is_empty() {
                    return Ok(None);
                }
                let row = rows.first();
                let (status, tier) = row.get_two::<String, i32>()?;
                Ok(Some((status, tier, row.get::<Vec<Option<String>>>(3)?)))
            })
        })
    });
    let (status, tier, capabilities) = found.ok_or_else(isolation_refusals::unknown_assistant)?;
    Ok(Assistant {
        id,
        // What is none of the four begins nothing.
        status: status.and_then(|name| Status::named(&name)).unwrap_or(Status::Error),
        risk_tier: risk(tier).unwrap_or(0),
        capabilities: capabilities.unwrap_or_default().into_iter().flatten().collect(),
    })
}

/// Whether an item may begin as it is given, and by what. Locks the assistant and the item's approvals; changes
/// nothing. The caller holds the item's lock.
pub fn check(item: &WorkItem) -> Result<Pass, Refusal> {
    let assistant = lock_assistant(item.tenant, item.assistant)?;
    check_assistant(&item.item(), &assistant)?;
    if !needs_approval(&item.item(), assistant.risk_tier) {
        return Ok(Pass::WithinTier);
    }
    let approvals = lock_approvals(item);
    // After the last lock: who waited past the moment of expiry is too late.
    find_approval(&item.item(), assistant.risk_tier, &approvals, &|version| item.digest(version), now())
}

fn lock_approvals(item: &WorkItem) -> Vec<Approval> {
    let arguments = [to_sql(item.tenant).into(), to_sql(item.id).into()];
    let mut rows: Vec<(pg_sys::TimestampTz, Approval)> = as_owner_past_row_security(c"approvals", || {
        APPROVALS.with(|statement| {
            statement.run(&arguments, |rows| {
                let mut approvals = Vec::new();
                for row in rows {
                    let time = |column: usize| {
                        let time = row.get::<TimestampWithTimeZone>(column);
                        time.map(|time| time.map_or(pg_sys::TimestampTz::MIN, pg_sys::TimestampTz::from))
                    };
                    let status = row.get::<String>(2)?.and_then(|name| approval::Status::named(&name));
                    let (Some(id), Some(status)) = (row.get::<pgrx::Uuid>(1)?, status) else { continue };
                    approvals.push((
                        time(7)?,
                        Approval {
                            id: from_sql(&id),
                            status,
                            risk_level: risk(row.get(3)?).unwrap_or(0),
                            expires_at_us: time(4)?,
                            used: row.get(5)?.unwrap_or(true),
                            request_digest: Pin {
                                version: row.get(8)?.unwrap_or(ITEM_ALONE),
                                digest: row.get(6)?.unwrap_or_default(),
                            },
                        },
                    ));
                }
                Ok(approvals)
            })
        })
    });
    rows.sort_by_key(|(created_at, _)| std::cmp::Reverse(*created_at));
    rows.into_iter().map(|(_, approval)| approval).collect()
}

/// Uses the approval up, so that nothing begins under it again.
pub fn use_up(tenant: Uuid, approval: Uuid) {
    let arguments = [to_sql(tenant).into(), to_sql(approval).into()];
    writing(|| {
        as_owner_past_row_security(c"approvals", || USE.with(|statement| statement.count(&arguments)));
    });
}
