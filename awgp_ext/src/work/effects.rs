//! What follows when a work item has moved: open approvals of an item that has begun or ended ask for nothing
//! any more.

use super::WorkItem;
use crate::pg::datum::uuid;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::state_machine::EFFECT;
use awgp_core::work::{Status, is_final};
use pgrx::pg_sys::Datum;
use uuid::Uuid;

trigger_function!(awgp_work_item_effects, pg_finfo_awgp_work_item_effects, work_item_effects);

statements! {
    /// Withdraws the open approvals of an item.
    WITHDRAW(UUIDOID, UUIDOID) = "
        UPDATE ONLY awgp.approvals SET status = 'expired', withdrawn_at = pg_catalog.clock_timestamp()
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND work_item_id OPERATOR(pg_catalog.=) $2
          AND status OPERATOR(pg_catalog.=) ANY ('{pending,escalated}'::text[])";
}

/// AFTER UPDATE: an item that has begun or ended withdraws what still waits for it.
fn work_item_effects(call: &TriggerCall) -> Datum {
    let Some(new) = WorkItem::read(&call.new_row()) else { return nothing() };
    let old = call.old_text(c"status").and_then(|name| Status::named(&name));
    let moved = old != new.status;
    let over = new.status.is_some_and(|status| status == Status::InProgress || is_final(status));
    // Where no approval was ever asked for there is none.
    if moved && over && new.asked_risk_level.is_some() {
        withdraw(new.tenant, new.id);
    }
    nothing()
}

/// Withdraws the open approvals of an item, whose lock the caller holds.
pub fn withdraw(tenant: Uuid, item: Uuid) {
    let arguments = [uuid(tenant), uuid(item)];
    let _effect = EFFECT.hold();
    as_owner_past_row_security(c"approvals", || WITHDRAW.count(&arguments));
}
