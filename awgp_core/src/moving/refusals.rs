//! The refusals of moves.

use super::State;
use crate::reason::Reason;
use crate::refusal::Refusal;
use uuid::Uuid;

/// The tenant's writes are stopped while it moves.
pub fn moving(tenant: Uuid) -> Refusal {
    Refusal::new(
        Reason::TenantMoving,
        "the tenant is being moved to another server",
        "Try again, with longer and longer pauses. If it lasts: SELECT * FROM awgp.tenant_moves;",
    )
    .with("tenant_id", tenant.to_string())
}

/// The tenant works elsewhere.
pub fn moved(tenant: Uuid, peer: &str, install_id: Uuid) -> Refusal {
    Refusal::new(Reason::TenantMoved, "the tenant has moved to another server", format!("Connect to {peer}."))
        .with("tenant_id", tenant.to_string())
        .with("moved_to", peer)
        .with("install_id", install_id.to_string())
}

/// The family cannot move, for this problem.
pub fn refused(problem: &str, message: &str, hint: &str) -> Refusal {
    Refusal::new(Reason::TenantMoveRefused, message, hint).with("problem", problem)
}

/// What has arrived is not what is at the source.
pub fn differs(what: &str, source: &str, target: &str) -> Refusal {
    Refusal::new(
        Reason::TenantMoveDiffers,
        format!("what has arrived of {what} is not what the source has"),
        "Call awgp fleet move again; if it says so again, awgp fleet move FAMILY --back.",
    )
    .with("what", what)
    .with("source", source)
    .with("target", target)
}

/// The records of the two sides do not belong together, or do not allow this step.
pub fn unclear(source: Option<State>, target: Option<State>) -> Refusal {
    let name = |state: Option<State>| state.map_or("none", State::name);
    Refusal::new(
        Reason::TenantMoveUnclear,
        "the records of the move do not allow this step",
        "Compare awgp.tenant_moves of both servers. One of them may be a restored backup, or not the one that \
         the move began with.",
    )
    .with("source", name(source))
    .with("target", name(target))
}

/// There is no such move.
pub fn unknown_move(id: Uuid) -> Refusal {
    Refusal::new(
        Reason::UnknownMove,
        "there is no such move",
        "List them: SELECT id, side, slug, state FROM awgp.tenant_moves;",
    )
    .with("move_id", id.to_string())
}
