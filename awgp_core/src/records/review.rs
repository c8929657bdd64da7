//! The states of a hallucination flag: one diagram (docs/state_machines.md), one enum, one transition
//! function.
//!
//! `pending` → `reviewed` (somebody looked and could not decide) → `false_positive` or `confirmed`. A higher
//! role may overturn a conclusion into the other one; nothing goes back.

use super::policy::HallucinationPolicy;
use crate::permissions::{PermissionError, Role, Verb};
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::state_machine::state_machine;
use std::fmt;
use thiserror::Error;

/// The methods that every tenant has.
pub const METHODS: [&str; 3] = ["confidence", "fact_check", "pattern"];

/// Longest flagged content, in bytes: as long as a message may be.
pub const CONTENT_BYTES_MAX: usize = super::messages::MESSAGE_BYTES_MAX;

/// Longest notes, in bytes.
pub const NOTES_BYTES_MAX: usize = 16 << 10;

state_machine! {
    table "hallucination_flags";
    /// A flag's status, as in the CHECK of `hallucination_flags.status`.
    Status {
        /// Nobody has looked at it.
        Pending = "pending",
        /// Somebody has looked and could not decide.
        Reviewed = "reviewed",
        /// It was not a hallucination.
        FalsePositive = "false_positive",
        /// It was a hallucination.
        Confirmed = "confirmed",
    }
    begins Pending;
    /// What a review does.
    Move {
        /// Looks, and leaves it open.
        Look = "look": Pending => Reviewed;
        /// Concludes.
        Conclude = "conclude": Pending => FalsePositive, Pending => Confirmed, Reviewed => FalsePositive,
            Reviewed => Confirmed;
        /// Turns a conclusion into the other one.
        Overturn = "overturn": FalsePositive => Confirmed, Confirmed => FalsePositive;
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reviewer {
    /// Their role.
    pub role: Role,
    /// They created the assistant.
    pub is_creator: bool,
}

/// Whether the reviewer may change a flag's status. `reviewer` is the human in context; None where there is
/// no human, or where an assistant is in context beside them, since then the assistant judges.
pub fn check_review(
    policy: &HallucinationPolicy,
    from: Status,
    to: Status,
    reviewer: Option<Reviewer>,
) -> Result<Move, ReviewError> {
    let step = MACHINE.verb(from, to).ok_or(ReviewError::Transition { from, to })?;
    let reviewer = reviewer.ok_or(ReviewError::NoHuman)?;
    let least = if step == Move::Overturn { policy.overturn_role } else { policy.reviewer_role };
    if reviewer.role < least {
        return Err(ReviewError::Role { role: reviewer.role, least });
    }
    if reviewer.is_creator && step != Move::Look && !policy.creator_may_conclude {
        return Err(ReviewError::Creator);
    }
    Ok(step)
}

/// The states that a review leads to from this one.
fn following(from: Status) -> Vec<&'static str> {
    let arrows = MACHINE.arrows.iter().filter(|(at, _, _)| *at == from);
    arrows.map(|(_, _, to)| to.name()).collect()
}

/// Whether a flag may name this method.
pub fn check_method(policy: &HallucinationPolicy, method: &str) -> Result<(), ReviewError> {
    if METHODS.contains(&method) || policy.custom_methods.iter().any(|custom| custom == method) {
        Ok(())
    } else {
        Err(ReviewError::Method)
    }
}

/// Bounds of the texts.
pub fn check_texts(content: Option<&str>, notes: Option<&str>) -> Result<(), ReviewError> {
    for (argument, text, limit) in
        [("flagged_content", content, CONTENT_BYTES_MAX), ("notes", notes, NOTES_BYTES_MAX)]
    {
        if text.is_some_and(|text| text.len() > limit) {
            return Err(ReviewError::TooLong { argument, limit });
        }
    }
    Ok(())
}

/// There is no such flag to write to.
pub fn unknown_flag() -> Refusal {
    Refusal::new(Reason::UnknownFlag, "no such flag in this tenant", "Check the id with: awgp flag list")
}

/// Why a flag is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReviewError {
    /// There is no such transition.
    #[error("the status of a flag cannot change from {from} to {to}")]
    Transition {
        /// The status before.
        from: Status,
        /// The status after.
        to: Status,
    },
    /// A new flag with another status than pending.
    #[error("a new flag must be pending")]
    NotPending,
    /// No human is in context, or an assistant is beside them.
    #[error("only a human reviews a flag")]
    NoHuman,
    /// Their role is too low.
    #[error("a user of role {role} may not review this flag")]
    Role {
        /// Their role.
        role: Role,
        /// The lowest that may.
        least: Role,
    },
    /// They created the assistant, and policy requires somebody else.
    #[error("the assistant's creator may not conclude the review")]
    Creator,
    /// The tenant does not have the method.
    #[error("there is no such detection method")]
    Method,
    /// What was written about a flag does not change, and notes come with a review.
    #[error("{column} of a flag cannot be changed in this way")]
    Fixed {
        /// The column.
        column: &'static str,
    },
    /// The content was erased.
    #[error("the content that the flag quotes was erased")]
    Erased,
    /// A text is too long.
    #[error("{argument} is longer than {limit} bytes")]
    TooLong {
        /// The column.
        argument: &'static str,
        /// Its bound.
        limit: usize,
    },
}

impl From<ReviewError> for Refusal {
    fn from(error: ReviewError) -> Self {
        let refusal = |reason, hint: &str| Self::new(reason, error.to_string(), hint);
        match error {
            ReviewError::Transition { from, to } => refusal(
                Reason::ReviewTransition,
                &match following(from).as_slice() {
                    [] => format!("{from} is final: flag the content again."),
                    next => format!("Choose a status that may follow: {}.", next.join(", ")),
                },
            )
            .with("from", from.name())
            .with("to", to.name()),
            ReviewError::NotPending => refusal(
                Reason::ReviewTransition,
                "Insert it as pending, then call awgp.review_hallucination().",
            ),
            ReviewError::NoHuman => refusal(
                Reason::HumanNeeded,
                "Put a user in context, and no assistant: awgp.set_context('TENANT', 'USER').",
            ),
            ReviewError::Role { role, least } => PermissionError::NotSufficient {
                role,
                table: "hallucination_flags".to_owned(),
                verb: Verb::Update,
                least: Some(least),
            }
            .into(),
            ReviewError::Creator => refusal(
                Reason::CreatorAlone,
                "Set it to reviewed, and ask another user to conclude; hallucination_policy.creator_may_conclude is \
                 false.",
            ),
            ReviewError::Method => refusal(
                Reason::UnknownDetectionMethod,
                "Use confidence, fact_check or pattern, or list the method in the tenant's settings: \
                 hallucination_policy.custom_methods.",
            ),
            ReviewError::Fixed { column } => refusal(
                Reason::AppendOnly,
                "Create a new flag, or review this one with awgp.review_hallucination(flag_id, status, \
                 notes).",
            )
            .with("column", column),
            ReviewError::Erased => refusal(
                Reason::ConversationErased,
                "Review it without notes, and do not quote the content again.",
            ),
            ReviewError::TooLong { argument, limit } => {
                refusal(Reason::OutOfRange, "Quote the part that matters.")
                    .with("argument", argument)
                    .with("limit", limit)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn status() -> impl Strategy<Value = Status> {
        prop::sample::select(Status::ALL)
    }

    proptest! {
        #[test]
        fn nothing_becomes_pending_and_no_conclusion_is_left_open(from in status(), to in status()) {
            let concluded = |status| matches!(status, Status::FalsePositive | Status::Confirmed);
            if MACHINE.verb(from, to).is_some() {
                prop_assert!(to != Status::Pending && from != to);
                prop_assert!(!concluded(from) || concluded(to));
            }
        }

        #[test]
        fn a_review_needs_a_human_of_the_role_and_the_creator_where_they_may(
            from in status(), to in status(), role in prop::sample::select(&Role::ALL[..]), is_creator: bool,
            reviewer_role in prop::sample::select(&Role::ALL[..]), overturn_role in prop::sample::select(&Role::ALL[..]),
            creator_may_conclude: bool,
        ) {
            let policy = HallucinationPolicy {
                reviewer_role, overturn_role, creator_may_conclude, ..HallucinationPolicy::default()
            };
            let outcome = check_review(&policy, from, to, Some(Reviewer { role, is_creator }));
            if let Some(step) = MACHINE.verb(from, to) {
                prop_assert_eq!(check_review(&policy, from, to, None), Err(ReviewError::NoHuman));
                let least = if step == Move::Overturn { overturn_role } else { reviewer_role };
                let creator_stands_back = is_creator && !creator_may_conclude && step != Move::Look;
                prop_assert_eq!(outcome.is_ok(), role >= least && !creator_stands_back);
            } else {
                prop_assert_eq!(outcome, Err(ReviewError::Transition { from, to }));
            }
        }
    }

    #[test]
    fn a_method_is_one_of_three_or_listed() {
        let policy = HallucinationPolicy {
            custom_methods: vec!["judge".to_owned()],
            ..HallucinationPolicy::default()
        };
        for method in ["confidence", "fact_check", "pattern", "judge"] {
            assert_eq!(check_method(&policy, method), Ok(()));
        }
        for method in ["", "Pattern", "fact-check", "jury"] {
            assert_eq!(check_method(&policy, method), Err(ReviewError::Method), "{method}");
        }
    }
}
