//! Break-glass: one user approves regardless of quorum, role and list. It needs two grants: the policy names
//! the user, and an administrator grants EXECUTE on the function. It is always visible: as an event of its
//! own in the audit trail, a notification whatever the settings, a warning to the client, a line in the
//! server's log, and a finding of the doctor.
//!
//! It does not allow to approve one's own request, a request whose work item has changed, or one that has
//! expired.

use super::deciding::{Case, Columns, approved, changed, human, record};
use super::people::{self, Keep};
use super::{Approval, notice};
use crate::audit::event::Event;
use crate::audit::{actor, queue};
use crate::pg::clock;
use crate::pg::jsonb::Jsonb;
use awgp_core::approval::decide::{Obstacle, WhyNot};
use awgp_core::approval::{Status, check_open};
use awgp_core::isolation_refusals;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::{PgLogLevel, PgSqlErrorCode};
use serde_json::json;
use uuid::Uuid;

/// The user in context approves at once. Returns the columns that change; the caller holds the row's lock.
pub fn break_glass(approval: &Approval, reason: &str) -> Result<Columns, Refusal> {
    let status = approval.status.unwrap_or(Status::Expired);
    check_open(approval.id, status, approval.expires_at, clock::timestamp())?;
    let human = human(approval.tenant)?;
    let user = human.user;
    let case = Case::of(approval)?;
    let person =
        people::user(approval.tenant, user, Keep::Locked).ok_or_else(isolation_refusals::unknown_user)?;
    if !person.is_active {
        return Err(isolation_refusals::unknown_user());
    }
    if approval.requester.is(&human) {
        return Err(
            WhyNot { obstacle: Obstacle::Requester, delegations: Vec::new() }.refusal(approval.id, user)
        );
    }
    if !case.policy.break_glass.contains(&user) {
        return Err(not_allowed(approval.id, user));
    }
    if !case.is_as_asked(approval) {
        return Err(changed(approval));
    }
    let now = clock::timestamp();
    check_open(approval.id, status, approval.expires_at, now)?;
    record(approval, &human, None, "break_glass", Some(reason));
    tell(approval, user, reason);
    let mut columns = approved(user, now);
    columns.push((c"break_glass", pgrx::IntoDatum::into_datum(true)));
    Ok(columns)
}

fn tell(approval: &Approval, user: Uuid, reason: &str) {
    let facts = json!({
        "work_item_id": approval.work_item, "user_id": user, "risk_level": approval.risk_level, "reason": reason,
    });
    queue::push(Event {
        id: None,
        at: None,
        tenant: approval.tenant,
        actor: actor::current(),
        action: "break_glass".to_owned(),
        entity_type: "approvals".to_owned(),
        entity_id: Some(approval.id),
        before: None,
        after: Some(Jsonb::from_text(&facts.to_string())),
        metadata: None,
        left_out: Vec::new(),
        erasable: Vec::new(),
    });
    notice::push_always(approval.id);
    // A warning for the client and a line in the log; both contain only ids.
    for level in [PgLogLevel::WARNING, PgLogLevel::LOG] {
        pgrx::ereport!(
            level,
            PgSqlErrorCode::ERRCODE_WARNING,
            format!("awgp: approval {} was given by break-glass by user {user}", approval.id)
        );
    }
}

fn not_allowed(approval: Uuid, user: Uuid) -> Refusal {
    Refusal::new(
        Reason::BreakGlassNotAllowed,
        "the approval policy does not allow the user to break glass",
        "Let an administrator add the user to approval_policy.break_glass in the tenant's settings.",
    )
    .with("approval_id", approval.to_string())
    .with("user_id", user.to_string())
}
