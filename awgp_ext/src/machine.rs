//! What the triggers of the state machines share.
//!
//! Order of locks, for everybody: work item, assistant, approval, delegation, users. A BEFORE UPDATE trigger runs when its row is locked
//! and OLD is what the row is now, so the questions below are asked of the present, whatever the statement saw.

use crate::context;
use crate::pg::trigger::TriggerCall;
use pgrx::pg_sys;
use std::cell::Cell;
use uuid::Uuid;

thread_local! {
    /// True while a machine writes what follows from a move: columns that callers cannot set.
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

/// True while a machine itself writes.
pub fn is_writing() -> bool {
    WRITING.get()
}

/// Runs `body` as the machine's own writing.
pub fn writing<T>(body: impl FnOnce() -> T) -> T {
    let before = WRITING.replace(true);
    let answer = body();
    WRITING.set(before);
    answer
}

/// A transaction or a savepoint has ended, perhaps by an error in the midst of [`writing`].
pub fn forget() {
    WRITING.set(false);
}

/// The wall clock, in microseconds since 2000. Not the transaction's time: a transaction may have begun long ago.
pub fn now() -> pg_sys::TimestampTz {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// The user in context, where he is of this tenant.
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

/// True where the call is an INSERT.
pub fn is_insert(call: &TriggerCall) -> bool {
    call.is_row_insert()
}
