//! What follows when a work item has moved: open approvals of an item that has begun or ended ask for nothing
//! any more.

use super::WorkItem;
use crate::machine::writing;
use crate::relation::{as_owner_past_row_security, to_sql};
use crate::statement::statements;
use crate::trigger::{TriggerCall, nothing, trigger_function};
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

/// AFTER UPDATE: an item that has begun or ended withdraws what still waits for it.
fn work_item_effects(call: &TriggerCall) -> Datum {
    let Some(new) = WorkItem::read(&call.new_row()) else { return nothing() };
    let old = call.old_text(c"status").and_then(|name| Status::named(&name));
    let moved = old != new.status;
    let over = new.status.is_some_and(|status| status == Status::InProgress || MACHINE.is_final(status));
    // Where no approval was ever asked for there is none.
    if moved && over && new.asked_risk_level.is_some() {
        withdraw(new.tenant, new.id);
    }
    nothing()
}

/// Withdraws the open approvals of an item, whose lock the caller holds.
pub fn withdraw(tenant: Uuid, item: Uuid) {
    let arguments = [to_sql(tenant).into(), to_sql(item).into()];
    writing(|| {
        as_owner_past_row_security(c"approvals", || WITHDRAW.with(|statement| statement.count(&arguments)));
    });
}
