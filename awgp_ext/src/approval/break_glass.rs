//! Breaking glass: one user approves past quorum, role and list. Granted twice over (the policy names him, and
//! an administrator grants EXECUTE on the function), and never silent: an event of its own in the trail, a
//! notification whatever the settings, a warning to the client and a line in the server's log, a finding of the doctor.
//!
//! It is no way to approve what one asked for oneself, nor what has changed, nor what has expired.

use super::deciding::{Case, Columns, approved, changed, human, record};
use super::people::{self, Keep};
use super::{Approval, notice};
use crate::audit::event::Event;
use crate::audit::{actor, queue};
use crate::jsonb::Jsonb;
use crate::machine::now;
use awgp_core::approval::decide::{Obstacle, WhyNot};
use awgp_core::approval::{Status, check_open};
use awgp_core::isolation_refusals;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::{PgLogLevel, PgSqlErrorCode};
use serde_json::json;
use uuid::Uuid;

/// The user in context approves at once; what changes in the row, whose lock the caller holds.
pub fn break_glass(approval: &Approval, reason: &str) -> Result<Columns, Refusal> {
    let status = approval.status.unwrap_or(Status::Expired);
    check_open(approval.id, status, approval.expires_at, now())?;
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
    let now = now();
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
        tenant: approval.tenant,
        actor: actor::current(),
        action: "break_glass".to_owned(),
        entity_type: "approvals".to_owned(),
        entity_id: Some(approval.id),
        before: None,
        after: Some(Jsonb::from_text(&facts.to_string())),
        metadata: None,
        left_out: Vec::new(),
    });
    notice::push_always(approval.id);
    // The client is warned and the log keeps a line; neither carries what belongs to the tenant but ids.
    for level in [PgLogLevel::WARNING, PgLogLevel::LOG] {
        pgrx::ereport!(
            level,
            PgSqlErrorCode::ERRCODE_WARNING,
            format!("awgp: glass was broken for approval {} by user {user}", approval.id)
        );
    }
}

fn not_allowed(approval: Uuid, user: Uuid) -> Refusal {
    Refusal::new(
        Reason::BreakGlassNotAllowed,
        "the user is not among those who may break glass",
        "An administrator lists him in settings: approval_policy.break_glass; see docs/approvals.md.",
    )
    .with("approval_id", approval.to_string())
    .with("user_id", user.to_string())
}
