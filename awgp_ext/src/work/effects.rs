//! What follows from a transition of a work item: when the item has begun or ended, its open approvals are
//! withdrawn.

use super::WorkItem;
use crate::pg::datum::{text, uuid};
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::state_machine::EFFECT;
use awgp_core::work::{MACHINE, Status};
use pgrx::pg_sys::Datum;
use uuid::Uuid;

trigger_function!(awgp_work_item_effects, pg_finfo_awgp_work_item_effects, work_item_effects);

statements! {
    /// Withdraws the open approvals of an item, without those of single actions.
    WITHDRAW(UUIDOID, UUIDOID) = "
        UPDATE ONLY awgp.approvals SET status = 'expired', withdrawn_at = pg_catalog.clock_timestamp()
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND work_item_id OPERATOR(pg_catalog.=) $2
          AND status OPERATOR(pg_catalog.=) ANY ('{pending,escalated}'::text[]) AND action IS NULL";
    /// Withdraws the open approvals of one of its actions with these arguments; without an action, of all.
    WITHDRAW_CALLS(UUIDOID, UUIDOID, TEXTOID, TEXTOID) = "
        UPDATE ONLY awgp.approvals SET status = 'expired', withdrawn_at = pg_catalog.clock_timestamp()
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND work_item_id OPERATOR(pg_catalog.=) $2
          AND status OPERATOR(pg_catalog.=) ANY ('{pending,escalated}'::text[]) AND action IS NOT NULL
          AND ($3 IS NULL OR (action OPERATOR(pg_catalog.=) $3 AND arguments_digest OPERATOR(pg_catalog.=) $4))";
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
    // Its actions go on while it does.
    if moved && new.status.is_some_and(|status| MACHINE.is_final(status)) {
        let arguments = [uuid(new.tenant), uuid(new.id), None, None];
        let _effect = EFFECT.hold();
        as_owner_past_row_security(c"approvals", || WITHDRAW_CALLS.count(&arguments));
    }
    nothing()
}

/// Withdraws the open approvals of an action with these arguments. The caller holds the item's lock.
pub fn withdraw_call(tenant: Uuid, item: Uuid, action: &str, digest: &str) {
    let arguments = [uuid(tenant), uuid(item), text(action), text(digest)];
    let _effect = EFFECT.hold();
    as_owner_past_row_security(c"approvals", || WITHDRAW_CALLS.count(&arguments));
}

/// Withdraws the open approvals of an item. The caller holds the item's lock.
pub fn withdraw(tenant: Uuid, item: Uuid) {
    let arguments = [uuid(tenant), uuid(item)];
    let _effect = EFFECT.hold();
    as_owner_past_row_security(c"approvals", || WITHDRAW.count(&arguments));
}
