//! Governed actions: what an assistant does under the rules, from asking to the end.
//!
//! ```text
//! begun ──► succeeded
//!   │  └──► failed ◄────┐
//!   └─────► abandoned ──┴► succeeded
//! ```
//!
//! An action whose time is over is abandoned by maintenance, which gives its money back. Who finishes it late all the
//! same says what it cost: money that was spent is never lost.

use crate::machine::illegal_transition;
use crate::refusal::Refusal;

/// The table, for errors.
const TABLE: &str = "governed_actions";

/// How far an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It was allowed, and is going on.
    Begun,
    /// It did what it was for.
    Succeeded,
    /// It did not.
    Failed,
    /// Nobody said how it ended, in the time it had.
    Abandoned,
}

impl Status {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Begun, Self::Succeeded, Self::Failed, Self::Abandoned];

    /// The name in `governed_actions.status`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// What a report of the end leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The action ends now.
    Now,
    /// It had ended so before; the report is a repetition.
    Repeated,
}

/// What `finish` with this outcome does to an action in this state.
pub fn finish(from: Status, outcome: Status) -> Result<Ending, Refusal> {
    use Status::{Abandoned, Begun, Failed, Succeeded};
    match (from, outcome) {
        (Begun, Succeeded | Failed | Abandoned) | (Abandoned, Succeeded | Failed) => Ok(Ending::Now),
        (Succeeded, Succeeded) | (Failed, Failed) | (Abandoned, Abandoned) => Ok(Ending::Repeated),
        (Begun | Abandoned, Begun) | (Succeeded | Failed, _) => {
            let possible: &[&str] = match from {
                Begun => &["succeeded", "failed", "abandoned"],
                Abandoned => &["succeeded", "failed"],
                Succeeded | Failed => &[],
            };
            Err(illegal_transition(TABLE, from.name(), outcome.name(), possible.iter().copied()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_status() -> impl Strategy<Value = Status> {
        prop::sample::select(Status::ALL.to_vec())
    }

    proptest! {
        /// No sequence of reports changes an ending that stands, or brings an action back.
        #[test]
        fn an_action_ends_once(reports in prop::collection::vec(any_status(), 0..12)) {
            let mut status = Status::Begun;
            for outcome in reports {
                let before = status;
                match finish(status, outcome) {
                    Ok(Ending::Now) => status = outcome,
                    Ok(Ending::Repeated) => prop_assert_eq!(status, outcome),
                    Err(_) => {}
                }
                prop_assert!(status == Status::Begun || before != Status::Begun || status != before);
                if matches!(before, Status::Succeeded | Status::Failed) {
                    prop_assert_eq!(status, before);
                }
                if before != Status::Begun {
                    prop_assert_ne!(status, Status::Begun);
                }
            }
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for status in Status::ALL {
            assert_eq!(Status::named(status.name()), Some(status));
        }
        assert_eq!(Status::named("done"), None);
    }
}
