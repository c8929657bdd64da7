//! What is to be decided, and why a user may not decide it in person.

use uuid::Uuid;

use super::policy::ApprovalPolicy;
use crate::human::Human;
use crate::permissions::Role;
use crate::reason::Reason;

/// A user of the approval's tenant, as they are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who they are.
    pub human: Human,
    /// Their role.
    pub role: Role,
    /// Whether they are active.
    pub is_active: bool,
}

/// A vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The human who voted.
    pub approver: Human,
    /// The human whose authority they used, where it was not their own.
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
    /// The role that an escalation requires.
    pub escalated_to: Option<Role>,
    /// The listed users; empty: everybody whom the risk allows.
    pub approver_ids: &'a [Uuid],
    /// Who requested it.
    pub requester: &'a Human,
    /// Who created the assistant, as far as known.
    pub assistant_creator: Option<&'a Human>,
    /// The votes so far.
    pub votes: &'a [Vote],
    /// The wall clock, in microseconds.
    pub now_us: i64,
}

/// Why a user may not decide in person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// They are not active.
    Inactive,
    /// They requested it.
    Requester,
    /// They created the assistant, and policy does not let such a user decide.
    AssistantCreator,
    /// They have voted, or somebody has voted on their behalf.
    AlreadyVoted,
    /// They are not among those listed.
    NotListed,
    /// The risk requires a higher role.
    Role {
        /// Their role.
        role: Role,
        /// The lowest that may.
        least: Role,
    },
}

impl Question<'_> {
    /// Why a user may not decide at all: neither in person, nor for somebody, nor somebody for them.
    pub(super) fn bar(&self, person: &Person) -> Option<Obstacle> {
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

    /// Why a user may not decide by their own authority; None where they may.
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

impl Obstacle {
    /// The reason of a refusal.
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

    pub(super) fn words(self) -> (String, String) {
        let (message, hint) = match self {
            Self::Inactive => ("the user is not active", "Ask another user to decide."),
            Self::Requester => {
                ("nobody decides what they asked for themselves", "Ask another user to decide.")
            }
            Self::AssistantCreator => {
                ("the assistant's creator does not decide on its work", "Ask another user to decide.")
            }
            Self::AlreadyVoted => {
                ("the user has voted already, or somebody on their behalf", "Ask another user to decide.")
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
