//! What the triggers of the state machines share.
//!
//! Order of locks, for everybody: work item, assistant, approval, delegation, users. A BEFORE UPDATE trigger runs when its row is locked
//! and OLD is what the row is now, so the questions below are asked of the present, whatever the statement saw.

use crate::context;
use crate::pg::permit::Permit;
use uuid::Uuid;

/// What follows from a move is written: columns that callers cannot set.
pub static EFFECT: Permit = Permit::to("write what follows from a move");

/// The user in context, where they are of this tenant.
pub fn user_of(tenant: Uuid) -> Option<Uuid> {
    let context = context::current_or_none().filter(|context| context.tenant == tenant)?;
    context.user
}

/// True where a user or an assistant acts, of whatever tenant: who made what is not theirs to change.
pub fn somebody_acts() -> bool {
    context::current_or_none().is_some_and(|context| context.user.is_some() || context.assistant.is_some())
}

/// Risk levels as the rules have them; the columns' CHECKs keep them within 0 to 5.
pub fn risk(level: Option<i32>) -> Option<u8> {
    level.map(|level| u8::try_from(level.clamp(0, i32::from(u8::MAX))).unwrap_or(u8::MAX))
}
