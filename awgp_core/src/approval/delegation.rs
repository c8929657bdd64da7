//! Delegations: authority passed from one user to another, for a time.
//!
//! A delegation passes on what its delegator may do in person at the moment of deciding. So it has no effect
//! while they are not active or once another human has their row, and it shrinks with their role. Nobody
//! passes on what was passed to them.

use uuid::Uuid;

use super::policy::ApprovalPolicy;
use super::question::{Obstacle, Person, Question};
use crate::permissions::Role;
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::state_machine::state_machine;

state_machine! {
    table "approval_delegations";
    /// The state of a delegation. It changes with time and with [`Verb::Revoke`].
    Status {
        /// Its time has not begun.
        Scheduled = "scheduled",
        /// In force.
        InForce = "in_force",
        /// Its time is over; final.
        Ended = "ended",
        /// Revoked; final.
        Revoked = "revoked",
    }
    begins Scheduled;
    /// The verbs that change a delegation's state.
    Verb {
        /// `starts_at` has come.
        Begin = "begin": Scheduled => InForce;
        /// `ends_at` has come.
        End = "end": InForce => Ended;
        /// It is revoked.
        Revoke = "revoke": Scheduled => Revoked, InForce => Revoked;
    }
}

/// The state at a moment. `starts_at` is in force, `ends_at` no longer.
pub fn status_at(is_active: bool, starts_at_us: i64, ends_at_us: i64, now_us: i64) -> Status {
    match is_active {
        false => Status::Revoked,
        true if now_us < starts_at_us => Status::Scheduled,
        true if now_us < ends_at_us => Status::InForce,
        true => Status::Ended,
    }
}

/// A delegation that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// Its id.
    pub id: Uuid,
    /// The delegator, as they are now.
    pub delegator: Person,
    /// The subject that their row had when it was given.
    pub given_by_subject: Option<String>,
    /// The risk levels; None: all that the delegator may decide.
    pub risk_levels: Option<Vec<i32>>,
    /// The first moment in force, in microseconds.
    pub starts_at_us: i64,
    /// The first moment no longer in force.
    pub ends_at_us: i64,
    /// False once revoked.
    pub is_active: bool,
}

/// Why a delegation does not let its holder decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DelegationObstacle {
    /// It is not in force.
    NotInForce(Status),
    /// It does not cover the risk.
    Risk,
    /// Another human has the delegator's row now.
    Subject,
    /// The delegator may not decide themselves.
    Delegator(Obstacle),
}

impl DelegationObstacle {
    /// Its name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotInForce(Status::Scheduled) => "delegation_scheduled",
            Self::NotInForce(Status::Revoked) => "delegation_revoked",
            Self::NotInForce(_) => "delegation_ended",
            Self::Risk => "delegation_risk",
            Self::Subject => "delegation_subject",
            Self::Delegator(obstacle) => obstacle.reason().name(),
        }
    }
}

impl Delegation {
    /// Why it does not let its holder decide; None where it does.
    pub fn obstacle(&self, question: &Question<'_>) -> Option<DelegationObstacle> {
        let status = status_at(self.is_active, self.starts_at_us, self.ends_at_us, question.now_us);
        if status != Status::InForce {
            return Some(DelegationObstacle::NotInForce(status));
        }
        let covers = |levels: &Vec<i32>| levels.contains(&i32::from(question.risk_level));
        if !self.risk_levels.as_ref().is_none_or(covers) {
            return Some(DelegationObstacle::Risk);
        }
        if self.given_by_subject.is_some() && self.given_by_subject != self.delegator.human.subject {
            return Some(DelegationObstacle::Subject);
        }
        question.obstacle_in_person(&self.delegator).map(DelegationObstacle::Delegator)
    }
}

/// Checks that risk levels of a delegation are the delegator's own; refuses with `beyond_authority`. A
/// delegator who may decide nothing passes nothing on.
pub fn check_risk_levels(
    policy: &ApprovalPolicy,
    role: Role,
    risk_levels: Option<&[i32]>,
) -> Result<(), Refusal> {
    let own: Vec<i32> = policy.risks_of(role).map(i32::from).collect();
    let beyond = match risk_levels {
        None if own.is_empty() => Some(None),
        None => None,
        Some(levels) => levels.iter().find(|level| !own.contains(level)).map(|level| Some(*level)),
    };
    let Some(beyond) = beyond else { return Ok(()) };
    Err(Refusal::new(
        Reason::BeyondAuthority,
        "nobody can delegate authority that they do not have",
        "Leave risk_levels out to pass on everything that the delegator may decide.",
    )
    .with("role", role.name())
    .with("risk_level", beyond)
    .with("own_risk_levels", own))
}

/// A statement would change a delegation, or bring it back.
pub fn fixed(column: &str) -> Refusal {
    Refusal::new(
        Reason::DelegationFixed,
        "a delegation cannot be changed or brought back",
        "Revoke it with awgp.revoke_delegation(id) and create another with awgp.delegate_approvals().",
    )
    .with("column", column)
}

/// No delegation of the tenant has this id.
pub fn unknown_delegation(id: Uuid) -> Refusal {
    Refusal::new(
        Reason::UnknownDelegation,
        "no such delegation in this tenant",
        "Check the delegation's id with: awgp delegation list",
    )
    .with("delegation_id", id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_window_is_half_open() {
        let at = |now_us| status_at(true, 10, 20, now_us);
        assert_eq!(
            [at(9), at(10), at(19), at(20)],
            [Status::Scheduled, Status::InForce, Status::InForce, Status::Ended]
        );
        assert_eq!(status_at(false, 10, 20, 15), Status::Revoked);
    }

    #[test]
    fn risk_levels_are_the_delegators_own() {
        let policy = ApprovalPolicy::default();
        assert!(check_risk_levels(&policy, Role::Manager, None).is_ok());
        assert!(check_risk_levels(&policy, Role::Manager, Some(&[0, 3])).is_ok());
        for (role, levels) in
            [(Role::Manager, Some([3, 4].as_slice())), (Role::Viewer, None), (Role::Admin, Some(&[6]))]
        {
            let refusal = check_risk_levels(&policy, role, levels).expect_err("beyond");
            assert_eq!(refusal.reason, Reason::BeyondAuthority);
        }
    }

    proptest! {
        #[test]
        fn no_sequence_of_verbs_leaves_ended_or_revoked(verbs in prop::collection::vec(0_usize..3, 0..20)) {
            let mut status = Status::Scheduled;
            for verb in verbs.into_iter().map(|place| Verb::ALL[place]) {
                let Some(next) = MACHINE.transition(status, verb) else { continue };
                prop_assert!(!matches!(status, Status::Ended | Status::Revoked));
                status = next;
            }
        }
    }
}
