//! Where a request goes that nobody decides: a bounded number of escalations within a bounded time.

use uuid::Uuid;

use super::policy::{ApprovalPolicy, Step};
use crate::permissions::Role;
use crate::reason::Reason;
use crate::refusal::Refusal;

const SECOND_US: i64 = 1_000_000;

/// What escalating needs to know about an approval.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Its id.
    pub id: Uuid,
    /// Its risk.
    pub risk_level: u8,
    /// The role that an earlier escalation requires.
    pub escalated_to: Option<Role>,
    /// How often it was escalated.
    pub escalation_count: u32,
    /// When it was requested, in microseconds.
    pub created_at_us: i64,
    /// When it expires.
    pub expires_at_us: i64,
}

/// What an escalation changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// The role that is required from now on.
    pub escalated_to: Option<Role>,
    /// The users listed from now on; empty: everybody whom risk and role allow.
    pub approver_ids: Vec<Uuid>,
    /// When it expires from now on.
    pub expires_at_us: i64,
}

/// The next escalation: to `named` where somebody is named, else along the policy's chain. Refuses with
/// `escalation_exhausted` after the last.
pub fn escalate(
    policy: &ApprovalPolicy,
    asked: &Asked,
    named: Option<&[Uuid]>,
    now_us: i64,
) -> Result<Escalation, Refusal> {
    if asked.escalation_count >= u32::from(policy.max_escalations) {
        return Err(exhausted(asked));
    }
    let place = usize::try_from(asked.escalation_count).unwrap_or(usize::MAX);
    let (escalated_to, approver_ids) = match (named, policy.chain.get(place)) {
        (Some(users), _) => (asked.escalated_to, users.to_vec()),
        (None, Some(Step::Users(users))) => (asked.escalated_to, users.clone()),
        (None, Some(Step::NextRole)) => {
            let role = policy.least_role(asked.risk_level, asked.escalated_to);
            let above = Role::ALL.into_iter().find(|above| *above > role);
            (Some(above.ok_or_else(|| exhausted(asked))?), Vec::new())
        }
        (None, None) => return Err(exhausted(asked)),
    };
    Ok(Escalation { escalated_to, approver_ids, expires_at_us: prolonged(policy, asked, now_us) })
}

/// The new approvers have as much time as a new request gives, within the policy's bound. No request gets
/// less time than it had.
fn prolonged(policy: &ApprovalPolicy, asked: &Asked, now_us: i64) -> i64 {
    let step_end = now_us.saturating_add(i64::from(policy.expires_in_seconds) * SECOND_US);
    let bound = asked.created_at_us.saturating_add(i64::from(policy.max_lifetime_seconds) * SECOND_US);
    step_end.min(bound).max(asked.expires_at_us)
}

/// True where maintenance escalates: nobody has decided for as long as the policy waits. `last_us` is when it
/// was requested or last escalated.
pub fn is_due(policy: &ApprovalPolicy, last_us: i64, now_us: i64) -> bool {
    policy
        .escalate_after_seconds
        .is_some_and(|seconds| now_us >= last_us.saturating_add(i64::from(seconds) * SECOND_US))
}

/// Nobody is left to escalate to.
pub fn exhausted(asked: &Asked) -> Refusal {
    Refusal::new(
        Reason::EscalationExhausted,
        "there is nobody left to escalate to",
        "Ask one of those who may decide, or let it expire and request it again.",
    )
    .with("approval_id", asked.id.to_string())
    .with("escalation_count", asked.escalation_count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(escalation_count: u32) -> Asked {
        Asked {
            id: Uuid::nil(),
            risk_level: 3,
            escalated_to: None,
            escalation_count,
            created_at_us: 0,
            expires_at_us: 86_400 * SECOND_US,
        }
    }

    #[test]
    fn each_step_asks_the_next_role_until_there_is_none() {
        let policy = ApprovalPolicy::default();
        let mut now = asked(0);
        let mut roles = Vec::new();
        while let Ok(step) = escalate(&policy, &now, None, 5) {
            roles.extend(step.escalated_to);
            now =
                Asked { escalated_to: step.escalated_to, escalation_count: now.escalation_count + 1, ..now };
        }
        assert_eq!(roles, [Role::Admin, Role::SuperAdmin]);
    }

    #[test]
    fn those_who_are_named_are_listed_and_the_role_stays() {
        let policy = ApprovalPolicy::default();
        let user = Uuid::from_u128(7);
        let step = escalate(&policy, &asked(0), Some(&[user]), 5).expect("a step");
        assert_eq!((step.escalated_to, step.approver_ids), (None, vec![user]));
        let refusal = escalate(&policy, &asked(3), Some(&[user]), 5).expect_err("past the last");
        assert_eq!(refusal.reason, Reason::EscalationExhausted);
    }

    #[test]
    fn maintenance_escalates_only_where_policy_says_when() {
        let mut policy = ApprovalPolicy::default();
        assert!(!is_due(&policy, 0, i64::MAX));
        policy.escalate_after_seconds = Some(60);
        assert!(!is_due(&policy, 0, 60 * SECOND_US - 1));
        assert!(is_due(&policy, 0, 60 * SECOND_US));
    }

    proptest! {
        /// However often and whenever a request is escalated, it ends within the bound.
        #[test]
        fn no_escalation_prolongs_for_ever(moments in prop::collection::vec(0_i64..100_000_000_000_000, 1..30)) {
            let policy = ApprovalPolicy::default();
            let bound = i64::from(policy.max_lifetime_seconds) * SECOND_US;
            let mut now = asked(0);
            let mut steps = 0;
            for moment in moments {
                let Ok(step) = escalate(&policy, &now, Some(&[]), moment) else { break };
                steps += 1;
                prop_assert!(step.expires_at_us >= now.expires_at_us && step.expires_at_us <= bound);
                now = Asked { escalation_count: now.escalation_count + 1, expires_at_us: step.expires_at_us, ..now };
            }
            prop_assert!(steps <= policy.max_escalations);
        }
    }
}
