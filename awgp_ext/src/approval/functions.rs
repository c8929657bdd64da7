//! The functions of approvals and delegations, and what the SQL functions over them call.

use super::effects::{expire_due, move_as_caller};
use super::intent::{Intent, Verdict};
use super::{Approval, explain};
use crate::context::{self, Context};
use crate::encoding::Text;
use crate::raise::raise;
use crate::relation::{self, from_sql, to_sql};
use crate::trigger::outer_role_has;
use awgp_core::approval::delegation::unknown_delegation;
use awgp_core::approval::unknown_approval;
use awgp_core::assistant::reason_required;
use awgp_core::{approval, tenancy};
use pgrx::JsonB;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use uuid::Uuid;

fn context_for(table: &str) -> Context {
    context::current().unwrap_or_else(|| raise(&tenancy::no_tenant_context(table)))
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

/// The user in context votes on an approval; what `approve()` and `reject()` call.
#[pg_extern(volatile, parallel_unsafe)]
fn vote_on_approval(
    approval_id: Option<pgrx::Uuid>,
    approve: bool,
    comment: default!(Option<Text>, "NULL"),
) -> pgrx::Uuid {
    let verdict = if approve { Verdict::Approve } else { Verdict::Reject };
    let comment = comment.map(|Text(comment)| comment);
    moved(approval_id.as_ref(), Intent::Vote { verdict, comment })
}

/// Asks somebody higher; what `escalate_approval()` calls.
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

/// The user in context breaks glass; what `break_glass()` calls. Nobody may call either before an administrator
/// grants EXECUTE on both.
#[pg_extern(volatile, parallel_unsafe)]
fn force_approval(approval_id: Option<pgrx::Uuid>, reason: Option<Text>) -> pgrx::Uuid {
    let reason = reason.map(|Text(reason)| reason).filter(|reason| !reason.trim().is_empty());
    let Some(reason) = reason else { raise(&reason_required("breaking glass")) };
    moved(approval_id.as_ref(), Intent::BreakGlass { reason })
}

/// Expires the approvals whose time is over at `at`, the present at most: of every tenant for maintainers, else
/// of the tenant in context. Returns how many.
#[pg_extern(volatile, parallel_unsafe)]
fn expire_approvals(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i32 {
    let tenant = (!outer_role_has("awgp_maintainer")).then(|| context_for("approvals").tenant);
    i32::try_from(expire_due(at, tenant)).unwrap_or(i32::MAX)
}

/// Escalates the approvals of every tenant that nobody has decided for as long as policy waits. Returns how many.
#[pg_extern(volatile, parallel_unsafe)]
fn escalate_due_approvals(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i32 {
    i32::try_from(super::escalate_due(at)).unwrap_or(i32::MAX)
}

/// Whether a user may decide an approval now, by what right, or why not.
#[pg_extern(volatile, parallel_unsafe)]
fn explain_approval(approval_id: Option<pgrx::Uuid>, user_id: default!(Option<pgrx::Uuid>, "NULL")) -> JsonB {
    let approval = find(approval_id.as_ref());
    let user = user_id.as_ref().map(from_sql).or_else(|| context_for("approvals").user);
    let user = user.unwrap_or_else(|| raise(&approval::decide::no_user()));
    JsonB(explain::explain(&approval, user).unwrap_or_else(|refusal| raise(&refusal)))
}

/// True where the user may decide the approval of the tenant in context now.
#[pg_extern(volatile, parallel_unsafe)]
fn may_decide_approval(approval_id: Option<pgrx::Uuid>, user_id: Option<pgrx::Uuid>) -> bool {
    let Some(context) = context::current() else { return false };
    let (Some(approval), Some(user)) = (approval_id.as_ref().map(from_sql), user_id.as_ref().map(from_sql))
    else {
        return false;
    };
    Approval::find(context.tenant, approval).is_some_and(|approval| explain::may_decide(&approval, user))
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
