//! The intent of a function that sends an UPDATE: what the row itself cannot express.

use std::cell::RefCell;
use uuid::Uuid;

/// A vote's direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Reject,
}

/// What the function wants.
#[derive(Clone, Debug)]
pub enum Intent {
    /// The user in context votes.
    Vote {
        /// Approve or reject.
        verdict: Verdict,
        /// The user's comment.
        comment: Option<String>,
        /// The arguments of the action that the user approves in place of those that were requested: JSON.
        arguments: Option<String>,
    },
    /// Ask a higher role, or other users.
    Escalate {
        /// Why.
        reason: Option<String>,
        /// The users to ask, if they are named.
        named: Option<Vec<Uuid>>,
    },
    /// The user in context breaks glass.
    BreakGlass {
        /// Why.
        reason: String,
    },
}

thread_local! {
    static INTENT: RefCell<Option<(Uuid, Intent)>> = const { RefCell::new(None) };
}

/// Runs `body` with this intent for the approval.
pub fn meaning<T>(approval: Uuid, intent: Intent, body: impl FnOnce() -> T) -> T {
    INTENT.set(Some((approval, intent)));
    let answer = body();
    forget();
    answer
}

/// Takes the intent for this approval; it is returned only once.
pub fn take(approval: Uuid) -> Option<Intent> {
    INTENT.with_borrow_mut(|intent| match intent {
        Some((of, _)) if *of == approval => intent.take().map(|(_, intent)| intent),
        _ => None,
    })
}

/// Clears the intent.
pub fn forget() {
    INTENT.set(None);
}
