//! What follows from a transition of a work item: when the item has begun or ended, its open approvals are
//! withdrawn.

use super::WorkItem;
use crate::pg::datum::uuid;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::state_machine::EFFECT;
use awgp_core::work::{MACHINE, Status};
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

/// AFTER UPDATE: withdraws the open approvals of an item that has begun or ended.
fn work_item_effects(call: &TriggerCall) -> Datum {
    let Some(new) = WorkItem::read(&call.new_row()) else { return nothing() };
    let old = call.old_text(c"status").and_then(|name| Status::named(&name));
    let moved = old != new.status;
    let over = new.status.is_some_and(|status| status == Status::InProgress || MACHINE.is_final(status));
    // asked_risk_level is set with an item's first approval; without it there is none to withdraw.
    if moved && over && new.asked_risk_level.is_some() {
        withdraw(new.tenant, new.id);
    }
    nothing()
}

/// Withdraws the open approvals of an item. The caller holds the item's lock.
pub fn withdraw(tenant: Uuid, item: Uuid) {
    let arguments = [uuid(tenant), uuid(item)];
    let _effect = EFFECT.hold();
    as_owner_past_row_security(c"approvals", || WITHDRAW.count(&arguments));
}
