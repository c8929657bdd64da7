//! What follows from a transition of an approval, and the transitions that the time causes.

use super::intent::{Intent, meaning};
use super::{Approval, notice, policy, undecidable};
use crate::import::permit::IMPORT;
use crate::notices;
use crate::pg::datum::uuid;
use crate::pg::direct::Target;
use crate::pg::encoding::to_server;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::row_lock::{self, Strength};
use crate::pg::statement::statements;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::pg::tuple::Row;
use crate::state_machine::EFFECT;
use awgp_core::approval::escalate::is_due;
use awgp_core::approval::{Status, is_open};
use awgp_core::notices::Kind;
use awgp_core::work;
use pgrx::IntoDatum;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::{Datum, TimestampTz};
use uuid::Uuid;

trigger_function!(awgp_approval_effects, pg_finfo_awgp_approval_effects, approval_effects);

statements! {
    /// The item waits, and its risk cannot fall below the risk of this request.
    WAIT(UUIDOID, UUIDOID, INT4OID) = "
        UPDATE ONLY awgp.work_items SET status = 'awaiting_approval',
            asked_risk_level = GREATEST(asked_risk_level, $3)
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2";
    /// Expires what is due, of one tenant or of all; skips a row that another session is deciding.
    EXPIRE(TIMESTAMPTZOID, UUIDOID) = "
        UPDATE ONLY awgp.approvals SET status = 'expired'
        WHERE id OPERATOR(pg_catalog.=) ANY (ARRAY(
            SELECT id FROM ONLY awgp.approvals
            WHERE status OPERATOR(pg_catalog.=) ANY ('{pending,escalated}'::text[])
              AND expires_at OPERATOR(pg_catalog.<=) LEAST($1, pg_catalog.clock_timestamp())
              AND ($2 IS NULL OR tenant_id OPERATOR(pg_catalog.=) $2)
              AND NOT tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away())
            FOR NO KEY UPDATE SKIP LOCKED))";
    /// Open approvals, with the time of their request or last escalation.
    OPEN(TIMESTAMPTZOID) = "
        SELECT tenant_id, id, COALESCE(escalated_at, created_at) AS since FROM ONLY awgp.approvals
        WHERE status OPERATOR(pg_catalog.=) ANY ('{pending,escalated}'::text[])
          AND expires_at OPERATOR(pg_catalog.>) GREATEST($1, pg_catalog.clock_timestamp())
          AND NOT tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away())
        ORDER BY tenant_id USING OPERATOR(pg_catalog.<), id USING OPERATOR(pg_catalog.<)";
    /// Locks one of them, unless another session is deciding it.
    TAKE(UUIDOID, UUIDOID) = "
        SELECT FROM ONLY awgp.approvals
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2 FOR NO KEY UPDATE SKIP LOCKED";
    /// Fires the trigger; how to move, it reads from the intent.
    MOVE(UUIDOID, UUIDOID) = "
        UPDATE ONLY awgp.approvals SET status = status
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2";
}

/// No key of the item changes.
static WAITING: Target = Target::new(c"work_items", &[]);

/// AFTER INSERT OR UPDATE: a new request makes its item wait; every transition is notified.
fn approval_effects(call: &TriggerCall) -> Datum {
    if IMPORT.is_held_for(call.relation_oid()) {
        return nothing();
    }
    let row = call.new_row();
    let (Some(tenant), Some(id), Some(item)) =
        (row.uuid(c"tenant_id"), row.uuid(c"id"), row.uuid(c"work_item_id"))
    else {
        return nothing();
    };
    if call.is_row_insert() {
        // While one of its actions waits, the item goes on.
        if row.is_null(c"action") {
            let risk_level = row.integer(c"risk_level").unwrap_or(0);
            let _effect = EFFECT.hold();
            as_owner_past_row_security(c"work_items", || make_wait(tenant, item, risk_level));
        }
        notice::push(id);
        notices::write(Kind::ApprovalAsked, tenant, "approvals", id);
        Approval::read(&row).iter().for_each(undecidable::warn_of);
        return nothing();
    }
    let old = call.old_row();
    let moved = old.text(c"status") != row.text(c"status")
        || old.integer(c"escalation_count") != row.integer(c"escalation_count");
    if moved {
        notice::push(id);
        if let Some(kind) = kind_of(&row) {
            notices::write(kind, tenant, "approvals", id);
        }
    }
    let open = row.text(c"status").and_then(|name| Status::named(&name)).is_some_and(is_open);
    let asks_others = old.integer(c"escalation_count") != row.integer(c"escalation_count")
        || old.uuid_array(c"approver_ids") != row.uuid_array(c"approver_ids");
    if open && asks_others {
        Approval::read(&row).iter().for_each(undecidable::warn_of);
    }
    nothing()
}

/// Makes the item wait, as the table's owner.
fn make_wait(tenant: Uuid, item: Uuid, risk_level: i32) {
    if row_lock::takes_newest() && make_wait_directly(tenant, item, risk_level).is_some() {
        return;
    }
    WAIT.count(&[uuid(tenant), uuid(item), risk_level.into_datum()]);
}

/// The same without a statement; None, and nothing has happened, where one has to do it.
fn make_wait_directly(tenant: Uuid, item: Uuid, risk_level: i32) -> Option<()> {
    let key = c"work_items_tenant_id_id_key";
    let item = row_lock::find_own(c"work_items", key, tenant, item, Strength::Write)?;
    let asked = item.row().integer(c"asked_risk_level").map_or(risk_level, |asked| asked.max(risk_level));
    WAITING.update(
        item.tuple(),
        &[
            (c"status", to_server(work::Status::AwaitingApproval.name())),
            (c"asked_risk_level", asked.into_datum()),
        ],
    )
}

/// What people are told of this transition; None for a request that was withdrawn.
fn kind_of(new: &Row) -> Option<Kind> {
    match new.text(c"status").as_deref().and_then(Status::named)? {
        Status::Approved | Status::Rejected => Some(Kind::ApprovalDecided),
        Status::Escalated => Some(Kind::ApprovalEscalated),
        Status::Expired if new.is_null(c"withdrawn_at") => Some(Kind::ApprovalExpired),
        Status::Expired | Status::Pending => None,
    }
}

/// Expires what is due at `at`, which is never later than now, of one tenant or of all.
pub fn expire_due(at: TimestampWithTimeZone, tenant: Option<Uuid>) -> usize {
    let arguments = [at.into_datum(), tenant.and_then(uuid)];
    let _effect = EFFECT.hold();
    as_owner_past_row_security(c"approvals", || EXPIRE.count(&arguments))
}

/// Escalates the approvals of all tenants that have waited undecided for the time in their tenant's policy.
/// What cannot be escalated further waits until it expires.
pub fn escalate_due(at: TimestampWithTimeZone) -> usize {
    let moment = TimestampTz::from(at);
    let arguments = [at.into_datum()];
    let open: Vec<(Uuid, Uuid, TimestampTz)> = as_owner_past_row_security(c"approvals", || {
        OPEN.run(&arguments, |rows| {
            let read = |row: Row| Some((row.uuid(c"tenant_id")?, row.uuid(c"id")?, row.bigint(c"since")?));
            rows.iter().filter_map(read).collect()
        })
    });
    let mut policies = std::collections::HashMap::new();
    let mut escalated = 0;
    for (tenant, id, since) in open {
        let policy = policies.entry(tenant).or_insert_with(|| policy::of(tenant).ok());
        let due = policy.as_ref().is_some_and(|policy| is_due(policy, since, moment));
        if due && escalate_one(tenant, id) {
            escalated += 1;
        }
    }
    escalated
}

fn escalate_one(tenant: Uuid, id: Uuid) -> bool {
    let arguments = [uuid(tenant), uuid(id)];
    as_owner_past_row_security(c"approvals", || {
        if TAKE.count(&arguments) == 0 {
            return false;
        }
        // Checked here first, because an error in the trigger would stop the others: an approval past its
        // last step is skipped.
        let approval = Approval::find(tenant, id);
        if approval.is_none_or(|approval| super::escalating::escalate(&approval, None, None).is_err()) {
            return false;
        }
        let intent = Intent::Escalate { reason: Some("nobody decided in time".to_owned()), named: None };
        meaning(id, intent, || MOVE.count(&arguments)) > 0
    })
}

/// Moves an approval of the tenant as the caller, bound by row-level security and their role; how to move,
/// the trigger reads from the intent. False where the caller sees no such approval.
pub fn move_as_caller(tenant: Uuid, id: Uuid, intent: Intent) -> bool {
    let arguments = [uuid(tenant), uuid(id)];
    meaning(id, intent, || MOVE.count(&arguments)) > 0
}
