//! Who may decide an approval, in person or for somebody else, and why somebody may not.
//!
//! A user decides in person when they are active, are listed (where the request lists anybody) and have the
//! role that the risk requires; or on behalf of such a user, who gave them a delegation that is in force.
//! Neither of the two may be the requester, nor the assistant's creator where policy excludes them. A
//! delegation passes on what the delegator may do in person; it is not passed on further.
//!
//! **One human, one vote.** A vote names the human who voted and, where there is one, the user whose
//! authority they used. Neither may be named by another vote on the same approval: the delegate has voted and
//! cannot vote again in person, and the delegator cannot vote once their authority was used. [`crate::human`]
//! defines who is the same human: one subject is one human, whichever user's row has it today.

use uuid::Uuid;

use super::delegation::{Delegation, DelegationObstacle};
pub use super::question::{Obstacle, Person, Question, Vote};
use crate::isolation_refusals::PUT_USER_IN_CONTEXT;
use crate::reason::Reason;
use crate::refusal::Refusal;

/// The authority by which somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// Their own.
    InPerson,
    /// Another user's.
    Delegated {
        /// The delegation.
        delegation: Uuid,
        /// The user.
        delegator: Uuid,
    },
}

/// Why somebody may not decide: in person, and through each delegation they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyNot {
    /// In person.
    pub obstacle: Obstacle,
    /// Through each delegation.
    pub delegations: Vec<(Uuid, DelegationObstacle)>,
}

/// The authority by which a user may decide, their own first; or why they may not. `delegations` are those
/// that they hold.
pub fn may_decide(
    question: &Question<'_>,
    person: &Person,
    delegations: &[Delegation],
) -> Result<Authority, WhyNot> {
    let Some(obstacle) = question.obstacle_in_person(person) else { return Ok(Authority::InPerson) };
    if question.bar(person).is_some() {
        // They may not decide on anybody's behalf either.
        return Err(WhyNot { obstacle, delegations: Vec::new() });
    }
    let mut why_not = Vec::new();
    for delegation in delegations {
        match delegation.obstacle(question) {
            None => {
                return Ok(Authority::Delegated {
                    delegation: delegation.id,
                    delegator: delegation.delegator.human.user,
                });
            }
            Some(obstacle) => why_not.push((delegation.id, obstacle)),
        }
    }
    Err(WhyNot { obstacle, delegations: why_not })
}

impl WhyNot {
    /// As a refusal to decide this approval.
    pub fn refusal(&self, approval: Uuid, user: Uuid) -> Refusal {
        let (message, hint) = self.obstacle.words();
        let refusal = Refusal::new(self.obstacle.reason(), message, hint)
            .with("approval_id", approval.to_string())
            .with("user_id", user.to_string());
        let refusal = match self.obstacle {
            Obstacle::Role { role, least } => {
                refusal.with("role", role.name()).with("least_role", least.name())
            }
            _ => refusal,
        };
        match self.delegations.as_slice() {
            [] => refusal,
            tried => refusal.with("delegations", self::tried(tried)),
        }
    }
}

fn tried(delegations: &[(Uuid, DelegationObstacle)]) -> serde_json::Value {
    let one = |(id, obstacle): &(Uuid, DelegationObstacle)| serde_json::json!({"delegation_id": id, "why_not": obstacle.name()});
    delegations.iter().map(one).collect()
}

/// No human is in context, so nothing is decided.
pub fn no_user() -> Refusal {
    Refusal::new(Reason::NoUserContext, "a decision needs a human in context", PUT_USER_IN_CONTEXT)
}

/// An assistant is in context, with or without a user.
pub fn assistant_decides() -> Refusal {
    Refusal::new(
        Reason::AssistantDecides,
        "an assistant may not decide, not even for a user",
        "Set a context without the assistant: awgp.set_context('TENANT', 'USER')",
    )
}
