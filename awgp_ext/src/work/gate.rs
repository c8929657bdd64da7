//! The gate: loads what [`awgp_core::work::gate`] needs, under locks, and asks it.

use super::WorkItem;
use crate::pg::clock;
use crate::pg::datum::uuid;
use crate::pg::permit::Permit;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::row_lock::{self, Strength};
use crate::pg::statement::statements;
use crate::pg::tuple::Row;
use crate::state_machine::{EFFECT, risk};
use crate::stop;
use awgp_core::approval;
use awgp_core::assistant::Status;
use awgp_core::isolation_refusals;
use awgp_core::refusal::Refusal;
use awgp_core::work::digest::{ITEM_ALONE, Pin};
use awgp_core::work::gate::{Approval, Assistant, Pass, check_assistant, find_approval, needs_approval};
use pgrx::pg_sys;
use uuid::Uuid;

statements! {
    /// The assistant, locked against changes: suspending it happens before or after this transaction, not
    /// during it.
    ASSISTANT(UUIDOID, UUIDOID) = "
        SELECT status, risk_tier, capabilities FROM ONLY awgp.assistants
        WHERE id OPERATOR(pg_catalog.=) $2 AND pg_catalog.uuid_eq(tenant_id, $1) FOR SHARE";
    /// All approvals of an item, without those of single actions.
    APPROVALS(UUIDOID, UUIDOID) = "
        SELECT id, status, risk_level, expires_at, used_at, request_digest, created_at, request_digest_version
        FROM ONLY awgp.approvals
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND work_item_id OPERATOR(pg_catalog.=) $2 AND action IS NULL
        FOR NO KEY UPDATE";
    /// Marks an approval as used.
    USE(UUIDOID, UUIDOID) = "
        UPDATE ONLY awgp.approvals SET used_at = pg_catalog.clock_timestamp()
        WHERE id OPERATOR(pg_catalog.=) $2 AND pg_catalog.uuid_eq(tenant_id, $1) AND used_at IS NULL";
}

/// A human has approved the action for which this item starts.
pub static ACTION_APPROVED: Permit = Permit::to("start an item for an action that a human has approved");

/// The assistant of a tenant, locked against changes until the transaction ends. Refuses with
/// `unknown_assistant`.
pub fn lock_assistant(tenant: Uuid, id: Uuid) -> Result<Assistant, Refusal> {
    let read = |row: &Row| (row.text(c"status"), row.integer(c"risk_tier"), row.texts(c"capabilities"));
    let found = if row_lock::takes_newest() {
        let key = c"assistants_tenant_id_id_key";
        row_lock::find_own(c"assistants", key, tenant, id, Strength::Share).map(|locked| read(&locked.row()))
    } else {
        let arguments = [uuid(tenant), uuid(id)];
        as_owner_past_row_security(c"assistants", || {
            ASSISTANT.run(&arguments, |rows| rows.first().as_ref().map(read))
        })
    };
    let (status, tier, capabilities) = found.ok_or_else(isolation_refusals::unknown_assistant)?;
    Ok(Assistant {
        id,
        // A value that is not a status allows nothing to begin.
        status: status.and_then(|name| Status::named(&name)).unwrap_or(Status::Error),
        risk_tier: risk(tier).unwrap_or(0),
        capabilities,
    })
}

/// Whether an item in this form may begin, and under what. Locks the assistant and the item's approvals;
/// changes nothing. The caller holds the item's lock.
pub fn check(item: &WorkItem) -> Result<Pass, Refusal> {
    stop::check(item.tenant, item.assistant)?;
    let assistant = lock_assistant(item.tenant, item.assistant)?;
    check_assistant(&item.item(), &assistant)?;
    if ACTION_APPROVED.is_held() || !needs_approval(&item.item(), assistant.risk_tier) {
        return Ok(Pass::WithinTier);
    }
    let approvals = lock_approvals(item);
    // The time is read after the last lock: an approval that expired during the wait no longer counts.
    find_approval(
        &item.item(),
        assistant.risk_tier,
        &approvals,
        &|version| item.digest(version),
        clock::timestamp(),
    )
}

fn lock_approvals(item: &WorkItem) -> Vec<Approval> {
    let arguments = [uuid(item.tenant), uuid(item.id)];
    let mut rows: Vec<(pg_sys::TimestampTz, Approval)> = as_owner_past_row_security(c"approvals", || {
        APPROVALS.run(&arguments, |rows| {
            let read = |row: Row| {
                let time = |column| row.bigint(column).unwrap_or(pg_sys::TimestampTz::MIN);
                let approval = Approval {
                    id: row.uuid(c"id")?,
                    status: row.text(c"status").and_then(|name| approval::Status::named(&name))?,
                    risk_level: risk(row.integer(c"risk_level")).unwrap_or(0),
                    expires_at_us: time(c"expires_at"),
                    used: !row.is_null(c"used_at"),
                    request_digest: Pin {
                        version: row.integer(c"request_digest_version").unwrap_or(ITEM_ALONE),
                        digest: row.text(c"request_digest").unwrap_or_default(),
                    },
                };
                Some((time(c"created_at"), approval))
            };
            rows.iter().filter_map(read).collect()
        })
    });
    rows.sort_by_key(|(created_at, _)| std::cmp::Reverse(*created_at));
    rows.into_iter().map(|(_, approval)| approval).collect()
}

/// Marks the approval as used, so that nothing else begins under it.
pub fn use_up(tenant: Uuid, approval: Uuid) {
    let arguments = [uuid(tenant), uuid(approval)];
    let _effect = EFFECT.hold();
    as_owner_past_row_security(c"approvals", || USE.count(&arguments));
}
