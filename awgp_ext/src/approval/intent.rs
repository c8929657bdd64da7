//! What a function means by the UPDATE it sends, beside what the row can say.

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

/// What is meant.
#[derive(Clone, Debug)]
pub enum Intent {
    /// The user in context votes.
    Vote {
        /// How.
        verdict: Verdict,
        /// What he says to it.
        comment: Option<String>,
    },
    /// Ask somebody higher.
    Escalate {
        /// Why.
        reason: Option<String>,
        /// Whom, where somebody is named.
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

/// Runs `body` with this meant for the approval.
pub fn meaning<T>(approval: Uuid, intent: Intent, body: impl FnOnce() -> T) -> T {
    INTENT.set(Some((approval, intent)));
    let answer = body();
    forget();
    answer
}

/// What is meant for this approval, once.
pub fn take(approval: Uuid) -> Option<Intent> {
    INTENT.with_borrow_mut(|intent| match intent {
        Some((of, _)) if *of == approval => intent.take().map(|(_, intent)| intent),
        _ => None,
    })
}

/// Nothing is meant any more.
pub fn forget() {
    INTENT.set(None);
}
