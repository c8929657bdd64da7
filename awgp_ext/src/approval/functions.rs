//! The functions on approvals and delegations, and the Rust part of the SQL functions.

use super::asker::asker;
use super::asking::REQUESTS;
use super::effects::{expire_due, move_as_caller};
use super::intent::{Intent, Verdict};
use super::{Approval, explain};
use crate::context::{self, Context};
use crate::pg::clock;
use crate::pg::datum::{from_sql, to_sql, uuid};
use crate::pg::encoding::Text;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role::outer_role_has;
use crate::pg::row_function::{Arguments, row_function};
use crate::pg::statement::statements;
use crate::pg::transaction::refuse_read_only;
use crate::state_machine::risk;
use awgp_core::approval::delegation::unknown_delegation;
use awgp_core::approval::unknown_approval;
use awgp_core::assistant::reason_required;
use awgp_core::{approval, isolation_refusals};
use pgrx::JsonB;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::Datum;
use pgrx::prelude::*;
use uuid::Uuid;

fn context_for(table: &str) -> Context {
    context::current().unwrap_or_else(|| raise(&isolation_refusals::no_tenant_context(table)))
}

fn find(id: Option<&pgrx::Uuid>) -> Approval {
    let tenant = context_for("approvals").tenant;
    let id = id.map(from_sql).unwrap_or_default();
    Approval::find(tenant, id).unwrap_or_else(|| raise(&unknown_approval(id)))
}

fn moved(approval: Option<&pgrx::Uuid>, intent: Intent) -> pgrx::Uuid {
    let tenant = context_for("approvals").tenant;
    let id = approval.map(from_sql).unwrap_or_default();
    if !move_as_caller(tenant, id, intent) {
        raise(&unknown_approval(id));
    }
    to_sql(id)
}

row_function!(awgp_approve, pg_finfo_awgp_approve, approve);
row_function!(awgp_reject, pg_finfo_awgp_reject, reject);

statements! {
    /// An approval, if the caller can read it.
    APPROVAL(UUIDOID, UUIDOID) = "
        SELECT * FROM awgp.approvals
        WHERE id OPERATOR(pg_catalog.=) $2 AND pg_catalog.uuid_eq(tenant_id, $1)";
}

/// `approve(approval_id, comment, arguments)`.
fn approve(arguments: &Arguments) -> Datum {
    vote(arguments.uuid(0), Verdict::Approve, arguments.text(1), arguments.json(2))
}

/// `reject(approval_id, reason)`.
fn reject(arguments: &Arguments) -> Datum {
    vote(arguments.uuid(0), Verdict::Reject, arguments.text(1), None)
}

fn vote(
    approval: Option<Uuid>,
    verdict: Verdict,
    comment: Option<String>,
    arguments: Option<String>,
) -> Datum {
    let tenant = context_for("approvals").tenant;
    let id = approval.unwrap_or_default();
    let moved = move_as_caller(tenant, id, Intent::Vote { verdict, comment, arguments });
    let row = moved.then(|| row_of(tenant, id)).flatten();
    row.unwrap_or_else(|| raise(&unknown_approval(id)))
}

/// The tenant's approval as a row, if the caller can read it.
fn row_of(tenant: Uuid, id: Uuid) -> Option<Datum> {
    if !REQUESTS.may_read() {
        return APPROVAL.composite(&[uuid(tenant), uuid(id)]);
    }
    let mut found = None;
    relation::for_each_by_uuid(c"approvals", c"approvals_pkey", c"id", id, |row| {
        found = (row.uuid(c"tenant_id") == Some(tenant)).then(|| row.composite());
    });
    found
}

/// Escalates an approval; called by `escalate_approval()`.
#[pg_extern(volatile, parallel_unsafe)]
fn step_up_approval(
    approval_id: Option<pgrx::Uuid>,
    reason: default!(Option<Text>, "NULL"),
    approver_ids: default!(Option<Vec<Option<pgrx::Uuid>>>, "NULL"),
) -> pgrx::Uuid {
    let named =
        approver_ids.map(|ids| ids.iter().map(|id| id.as_ref().map_or(Uuid::nil(), from_sql)).collect());
    let reason = reason.map(|Text(reason)| reason);
    moved(approval_id.as_ref(), Intent::Escalate { reason, named })
}

/// The user in context breaks glass; called by `break_glass()`. Nobody can call either function until an
/// administrator grants EXECUTE on both.
#[pg_extern(volatile, parallel_unsafe)]
fn force_approval(approval_id: Option<pgrx::Uuid>, reason: Option<Text>) -> pgrx::Uuid {
    let reason = reason.map(|Text(reason)| reason).filter(|reason| !reason.trim().is_empty());
    let Some(reason) = reason else { raise(&reason_required("breaking glass")) };
    moved(approval_id.as_ref(), Intent::BreakGlass { reason })
}

/// Expires the approvals due at `at`, which is never later than now. For maintainers of all tenants,
/// otherwise of the tenant in context. Returns their number.
#[pg_extern(volatile, parallel_unsafe)]
fn expire_approvals(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i32 {
    refuse_read_only(c"awgp.expire_approvals()");
    let at = clock::given_until_now("at", at);
    let tenant = (!outer_role_has("awgp_maintainer")).then(|| context_for("approvals").tenant);
    i32::try_from(expire_due(at, tenant)).unwrap_or(i32::MAX)
}

/// Escalates the approvals of all tenants that have waited undecided for the time in the policy. Returns
/// their number.
#[pg_extern(volatile, parallel_unsafe)]
fn escalate_due_approvals(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i32 {
    refuse_read_only(c"awgp.escalate_due_approvals()");
    let at = clock::given_until_now("at", at);
    i32::try_from(super::effects::escalate_due(at)).unwrap_or(i32::MAX)
}

/// Whether a user may decide an approval now, with what authority, or why not.
#[pg_extern(volatile, parallel_unsafe)]
fn explain_approval(approval_id: Option<pgrx::Uuid>, user_id: default!(Option<pgrx::Uuid>, "NULL")) -> JsonB {
    let approval = find(approval_id.as_ref());
    let user = user_id.as_ref().map(from_sql).or_else(|| context_for("approvals").user);
    let user = user.unwrap_or_else(|| raise(&approval::decide::no_user()));
    JsonB(explain::explain(&approval, user).unwrap_or_else(|refusal| raise(&refusal)))
}

/// True where the user may decide the approval of the tenant in context now. The columns of its row, where
/// they are given and bar the user, spare reading the rest.
#[pg_extern(volatile, parallel_unsafe)]
fn may_decide_approval(
    approval_id: Option<pgrx::Uuid>,
    user_id: Option<pgrx::Uuid>,
    risk_level: default!(Option<i32>, "NULL"),
    escalated_to: default!(Option<Text>, "NULL"),
    approver_ids: default!(Option<Vec<Option<pgrx::Uuid>>>, "NULL"),
    requested_by: default!(Option<pgrx::Uuid>, "NULL"),
) -> bool {
    let Some(context) = context::current() else { return false };
    let (Some(approval), Some(user)) = (approval_id.as_ref().map(from_sql), user_id.as_ref().map(from_sql))
    else {
        return false;
    };
    let asker = asker(context.tenant, user);
    let is_barred = risk(risk_level).zip(requested_by).is_some_and(|(risk_level, requester)| {
        let escalated_to = escalated_to.and_then(|Text(role)| role.parse().ok());
        let named: Vec<Uuid> = approver_ids.unwrap_or_default().iter().flatten().map(from_sql).collect();
        !asker.could_decide(risk_level, escalated_to, &named, from_sql(&requester))
    });
    !is_barred
        && Approval::find(context.tenant, approval)
            .is_some_and(|approval| explain::is_open(&approval) && asker.may_decide(&approval))
}

/// The id, where the tenant in context has such a delegation; refuses with `unknown_delegation`.
#[pg_extern(volatile, parallel_unsafe)]
fn require_delegation(delegation_id: Option<pgrx::Uuid>) -> pgrx::Uuid {
    let tenant = context_for("approval_delegations").tenant;
    let id = delegation_id.as_ref().map(from_sql).unwrap_or_default();
    let mut found = false;
    let (table, index) = (c"approval_delegations", c"approval_delegations_pkey");
    relation::for_each_by_uuid(table, index, c"id", id, |row| found = row.uuid(c"tenant_id") == Some(tenant));
    if !found {
        raise(&unknown_delegation(id));
    }
    to_sql(id)
}
