//! Shared by the triggers of the state machines.
//!
//! All code locks in this order: work item, assistant, approval, delegation, users. A BEFORE UPDATE trigger
//! runs after its row is locked, and OLD is the row's newest version, so checks use the present state,
//! whatever the statement's snapshot saw.

use crate::context;
use crate::pg::permit::Permit;
use uuid::Uuid;

/// Writing what follows from a transition: columns that callers cannot set.
pub static EFFECT: Permit = Permit::to("write what follows from a transition");

/// The user in context, if they belong to this tenant.
pub fn user_of(tenant: Uuid) -> Option<Uuid> {
    let context = context::current_or_none().filter(|context| context.tenant == tenant)?;
    context.user
}

/// True where a user or an assistant of any tenant is in context: they may not change who created something.
pub fn somebody_acts() -> bool {
    context::current_or_none().is_some_and(|context| context.user.is_some() || context.assistant.is_some())
}

/// A risk level as the rules use it; the columns' CHECKs limit it to 0 to 5.
pub fn risk(level: Option<i32>) -> Option<u8> {
    level.map(|level| u8::try_from(level.clamp(0, i32::from(u8::MAX))).unwrap_or(u8::MAX))
}
