//! Who may decide an approval, in person or for somebody else, and why not.
//!
//! A user decides in person when he is active, is listed (where the request lists anybody) and has the role that
//! the risk asks for; or on behalf of such a user, who gave him a delegation that is in force. Neither of the two may be the
//! requester, nor the assistant's creator where policy says so. A delegation passes on what the delegator may do
//! in person: it is not passed on further.
//!
//! **One human, one vote.** A vote names the human who voted and, where there is one, the user whose authority he
//! used. Neither may be named by another vote on the same approval: the delegate has voted and cannot vote again
//! in person, and the delegator's authority is used up and cannot be used again by him. Who is the same human, says
//! [`crate::human`]: one subject is one human, whichever user's row it belongs to today.

use uuid::Uuid;

use super::delegation::{Delegation, DelegationObstacle};
pub use super::question::{Obstacle, Person, Question, Vote};
use crate::reason::Reason;
use crate::refusal::Refusal;

/// By what right somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// His own.
    InPerson,
    /// That of another user.
    Delegated {
        /// The delegation.
        delegation: Uuid,
        /// The user.
        delegator: Uuid,
    },
}

/// Why somebody may not decide: in person, and through each delegation he holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyNot {
    /// In person.
    pub obstacle: Obstacle,
    /// Through each delegation.
    pub delegations: Vec<(Uuid, DelegationObstacle)>,
}

/// By what right a user may decide, his own first; or why not. `delegations` are those he holds.
pub fn may_decide(
    question: &Question<'_>,
    person: &Person,
    delegations: &[Delegation],
) -> Result<Authority, WhyNot> {
    let Some(obstacle) = question.obstacle_in_person(person) else { return Ok(Authority::InPerson) };
    if question.bar(person).is_some() {
        // Nor may he on anybody's behalf.
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

/// No human is in context: nothing is decided.
pub fn no_user() -> Refusal {
    Refusal::new(
        Reason::NoUserContext,
        "a decision needs a human in context",
        "Call awgp.set_context(tenant_id, user_id) first, in the same transaction.",
    )
}

/// An assistant is in context, with or without a user.
pub fn assistant_decides() -> Refusal {
    Refusal::new(
        Reason::AssistantDecides,
        "an assistant decides nothing, for no user",
        "The user decides in a context of his own: awgp.set_context(tenant_id, user_id)",
    )
}
