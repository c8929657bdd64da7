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
use super::policy::ApprovalPolicy;
use crate::human::Human;
use crate::permissions::Role;
use crate::reason::Reason;
use crate::refusal::Refusal;

/// A user of the approval's tenant, as he is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who they are.
    pub human: Human,
    /// His role.
    pub role: Role,
    /// Whether he is active.
    pub is_active: bool,
}

/// A vote that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The human.
    pub approver: Human,
    /// The one whose authority he used, where it was not his own.
    pub on_behalf_of: Option<Human>,
}

impl Vote {
    fn names(&self, human: &Human) -> bool {
        self.approver.is(human) || self.on_behalf_of.as_ref().is_some_and(|delegator| delegator.is(human))
    }
}

/// What is to be decided.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The tenant's policy, as it is now.
    pub policy: &'a ApprovalPolicy,
    /// The risk.
    pub risk_level: u8,
    /// The role that an escalation asks for.
    pub escalated_to: Option<Role>,
    /// Who is listed; nobody: everybody whom the risk allows.
    pub approver_ids: &'a [Uuid],
    /// Who asked.
    pub requester: &'a Human,
    /// Who made the assistant, as far as known.
    pub assistant_creator: Option<&'a Human>,
    /// The votes so far.
    pub votes: &'a [Vote],
    /// The wall clock, in microseconds.
    pub now_us: i64,
}

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

/// What keeps a user from deciding in person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// He is not active.
    Inactive,
    /// He asked for it.
    Requester,
    /// He made the assistant, and policy does not let such a user decide.
    AssistantCreator,
    /// He has voted, or somebody has voted on his behalf.
    AlreadyVoted,
    /// He is not among those listed.
    NotListed,
    /// The risk asks for more.
    Role {
        /// His role.
        role: Role,
        /// The least that may.
        least: Role,
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

impl Question<'_> {
    /// What bars a user whether he decides in person, for somebody, or somebody for him.
    fn bar(&self, person: &Person) -> Option<Obstacle> {
        if !person.is_active {
            Some(Obstacle::Inactive)
        } else if self.requester.is(&person.human) {
            Some(Obstacle::Requester)
        } else if !self.policy.assistant_creator_may_approve
            && self.assistant_creator.is_some_and(|creator| creator.is(&person.human))
        {
            Some(Obstacle::AssistantCreator)
        } else if self.votes.iter().any(|vote| vote.names(&person.human)) {
            Some(Obstacle::AlreadyVoted)
        } else {
            None
        }
    }

    /// What keeps a user from deciding by his own right; None where nothing does.
    pub fn obstacle_in_person(&self, person: &Person) -> Option<Obstacle> {
        let least = self.policy.least_role(self.risk_level, self.escalated_to);
        self.bar(person).or_else(|| {
            if !self.approver_ids.is_empty() && !self.approver_ids.contains(&person.human.user) {
                Some(Obstacle::NotListed)
            } else if person.role < least {
                Some(Obstacle::Role { role: person.role, least })
            } else {
                None
            }
        })
    }
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

impl Obstacle {
    /// The reason a refusal gives.
    pub fn reason(self) -> Reason {
        match self {
            Self::Inactive => Reason::UnknownUser,
            Self::Requester => Reason::SelfApproval,
            Self::AssistantCreator => Reason::AssistantCreator,
            Self::AlreadyVoted => Reason::AlreadyVoted,
            Self::NotListed => Reason::NotAnApprover,
            Self::Role { .. } => Reason::ApproverRole,
        }
    }

    fn words(self) -> (String, String) {
        let (message, hint) = match self {
            Self::Inactive => ("the user is not active", "Ask another user to decide."),
            Self::Requester => ("nobody decides what he asked for himself", "Ask another user to decide."),
            Self::AssistantCreator => {
                ("the assistant's creator does not decide on its work", "Ask another user to decide.")
            }
            Self::AlreadyVoted => {
                ("the user has voted already, or somebody on his behalf", "Ask another user to decide.")
            }
            Self::NotListed => {
                ("the user is not among the approvers", "Ask one of approver_ids, or escalate the approval.")
            }
            Self::Role { role, least } => {
                return (
                    format!("a user of role {role} does not decide this risk"),
                    format!("Ask a user of role {least} or above."),
                );
            }
        };
        (message.to_owned(), hint.to_owned())
    }
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
