//! A tenant's approval policy: `tenants.settings->'approval_policy'` (docs/settings.md).
//!
//! Every key has a default, so an empty policy is valid. A policy that cannot be read is refused when it is
//! written; if one exists all the same, nobody decides under it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::permissions::Role;
use crate::setting_error::{SettingError, setting_of};

/// Risk levels are 0 to 5.
pub const RISKS: usize = 6;
/// The highest risk level; work without an assessment counts as this.
pub const RISK_MAX: u8 = 5;

const DAY_SECONDS: u64 = 86_400;
/// A request has a minute at least.
const LIFETIME_SECONDS_MIN: u64 = 60;
/// A request has 90 days at most.
const LIFETIME_SECONDS_MAX: u64 = 90 * DAY_SECONDS;
const QUORUM_MAX: u64 = 10;
const ESCALATIONS_MAX: u64 = 10;
/// Lists of users are written by hand, so they are short.
const USERS_MAX: usize = 100;

/// What one escalation does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The next higher role decides; listed users no longer have to.
    NextRole,
    /// These users decide, if their role allows it.
    Users(Vec<Uuid>),
}

/// Who decides what, and in what time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalPolicy {
    /// The lowest role that decides each risk level.
    pub roles: [Role; RISKS],
    /// How many approving votes each risk level needs.
    pub quorum: [u8; RISKS],
    /// How much time a request has by default, and how much an escalation adds at most.
    pub expires_in_seconds: u32,
    /// How much time a request has at most, including escalations.
    pub max_lifetime_seconds: u32,
    /// After how much time without a decision maintenance escalates; None: only by hand.
    pub escalate_after_seconds: Option<u32>,
    /// How often a request is escalated at most, by hand or by maintenance.
    pub max_escalations: u8,
    /// What the first, second … escalation does where nobody is named.
    pub chain: Vec<Step>,
    /// Whether the user who created the assistant may decide on its work.
    pub assistant_creator_may_approve: bool,
    /// Who may break glass.
    pub break_glass: BTreeSet<Uuid>,
    /// How many people a change of the tenant's policies needs, where its own users make it.
    pub policy_change_quorum: u8,
}

impl Default for ApprovalPolicy {
    fn default() -> Self {
        use Role::{Admin, Manager, Operator, SuperAdmin};
        Self {
            roles: [Operator, Operator, Manager, Manager, Admin, SuperAdmin],
            quorum: [1; RISKS],
            expires_in_seconds: 86_400,
            max_lifetime_seconds: 7 * 86_400,
            escalate_after_seconds: None,
            max_escalations: 3,
            chain: vec![Step::NextRole; 3],
            assistant_creator_may_approve: true,
            break_glass: BTreeSet::new(),
            policy_change_quorum: 1,
        }
    }
}

impl ApprovalPolicy {
    /// The policy of a tenant with these settings.
    pub fn of_settings(settings: &Value) -> Result<Self, SettingError> {
        setting_of(settings, "approval_policy", Self::parse)
    }

    /// Reads a policy. A missing key has its value of [`Self::default`].
    pub fn parse(value: &Value) -> Result<Self, SettingError> {
        let object = object(value)?;
        let mut policy = Self::default();
        for (key, value) in object {
            policy.take(key, value).map_err(|error| error.below(key))?;
        }
        policy.check()
    }

    fn take(&mut self, key: &str, value: &Value) -> Result<(), SettingError> {
        match key {
            "roles" => each_risk(value, &mut self.roles, role)?,
            "quorum" => each_risk(value, &mut self.quorum, |value| Ok(small(number(value, 1, QUORUM_MAX)?)))?,
            "expires_in_seconds" => self.expires_in_seconds = lifetime(value)?,
            "max_lifetime_seconds" => self.max_lifetime_seconds = lifetime(value)?,
            "escalation" => self.take_escalation(value)?,
            "assistant_creator_may_approve" => {
                self.assistant_creator_may_approve =
                    value.as_bool().ok_or_else(|| SettingError::at("", "it must be true or false"))?;
            }
            "break_glass" => self.break_glass = users(value)?.into_iter().collect(),
            "policy_change_quorum" => self.policy_change_quorum = small(number(value, 1, QUORUM_MAX)?),
            _ => return Err(unknown_key()),
        }
        Ok(())
    }

    fn take_escalation(&mut self, value: &Value) -> Result<(), SettingError> {
        let mut bounded = false;
        for (key, value) in object(value)? {
            let taken = match key.as_str() {
                "after_seconds" => lifetime(value).map(|seconds| self.escalate_after_seconds = Some(seconds)),
                "max_count" => number(value, 0, ESCALATIONS_MAX).map(|count| {
                    bounded = true;
                    self.max_escalations = small(count);
                }),
                "chain" => chain(value).map(|steps| self.chain = steps),
                _ => Err(unknown_key()),
            };
            taken.map_err(|error| error.below(key))?;
        }
        if !bounded {
            self.max_escalations = u8::try_from(self.chain.len()).unwrap_or(u8::MAX);
        }
        Ok(())
    }

    fn check(self) -> Result<Self, SettingError> {
        if let Some(risk) = (1..RISKS).find(|risk| self.roles[*risk] < self.roles[risk - 1]) {
            return Err(SettingError::at(
                format!("roles.{risk}"),
                format!("it must not be less than that of risk {}", risk - 1),
            ));
        }
        if self.expires_in_seconds > self.max_lifetime_seconds {
            return Err(SettingError::at(
                "expires_in_seconds",
                "it must not be more than max_lifetime_seconds",
            ));
        }
        Ok(self)
    }

    /// The lowest role that decides this risk; after an escalation to a role, at least that one.
    pub fn least_role(&self, risk: u8, escalated_to: Option<Role>) -> Role {
        let asked = self.roles[usize::from(risk.min(RISK_MAX))];
        escalated_to.map_or(asked, |role| role.max(asked))
    }

    /// How many approving votes this risk needs.
    pub fn votes_needed(&self, risk: u8) -> usize {
        usize::from(self.quorum[usize::from(risk.min(RISK_MAX))])
    }

    /// The risk levels at which this policy lets fewer people decide than the one before it, or lets people
    /// decide who could not before.
    pub fn loosened_from(&self, before: &Self) -> BTreeSet<u8> {
        let everywhere = (self.assistant_creator_may_approve && !before.assistant_creator_may_approve)
            || !self.break_glass.is_subset(&before.break_glass);
        let at = |risk: &u8| {
            let place = usize::from(*risk);
            self.roles[place] < before.roles[place] || self.quorum[place] < before.quorum[place]
        };
        (0..=RISK_MAX).filter(|risk| everywhere || at(risk)).collect()
    }

    /// How many people must want a change that loosens these risk levels: never fewer than decide an approval
    /// of one of them.
    pub fn people_for_change(&self, loosened: &BTreeSet<u8>) -> u8 {
        let asked = loosened.iter().map(|risk| self.quorum[usize::from(*risk)]);
        asked.fold(self.policy_change_quorum, u8::max)
    }

    /// The risk levels that a user with this role decides in person.
    pub fn risks_of(&self, role: Role) -> impl Iterator<Item = u8> + '_ {
        (0..=RISK_MAX).filter(move |risk| role >= self.roles[usize::from(*risk)])
    }
}

/// Checks a policy before it is stored.
pub fn validate(value: &Value) -> Result<(), SettingError> {
    ApprovalPolicy::parse(value).map(|_| ())
}

fn unknown_key() -> SettingError {
    SettingError::at("", "there is no such key")
}

fn object(value: &Value) -> Result<&Map<String, Value>, SettingError> {
    value.as_object().ok_or_else(|| SettingError::at("", "it must be an object"))
}

fn number(value: &Value, min: u64, max: u64) -> Result<u64, SettingError> {
    let number = value.as_u64().filter(|number| (min..=max).contains(number));
    number.ok_or_else(|| SettingError::at("", format!("it must be a whole number from {min} to {max}")))
}

fn small(number: u64) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn lifetime(value: &Value) -> Result<u32, SettingError> {
    let seconds = number(value, LIFETIME_SECONDS_MIN, LIFETIME_SECONDS_MAX)?;
    Ok(u32::try_from(seconds).unwrap_or(u32::MAX))
}

fn role(value: &Value) -> Result<Role, SettingError> {
    let role = value.as_str().and_then(|name| name.parse::<Role>().ok());
    let role = role.filter(|role| *role >= Role::Operator);
    role.ok_or_else(|| SettingError::at("", "it must be operator, manager, admin or super_admin"))
}

fn each_risk<T>(
    value: &Value,
    levels: &mut [T; RISKS],
    read: impl Fn(&Value) -> Result<T, SettingError>,
) -> Result<(), SettingError> {
    for (key, value) in object(value)? {
        let place = ["0", "1", "2", "3", "4", "5"].iter().position(|level| level == key);
        let Some(place) = place else {
            return Err(SettingError::at(key, "it must be a risk level, 0 to 5"));
        };
        levels[place] = read(value).map_err(|error| error.below(key))?;
    }
    Ok(())
}

fn users(value: &Value) -> Result<Vec<Uuid>, SettingError> {
    let list = value.as_array().filter(|list| !list.is_empty() && list.len() <= USERS_MAX);
    let list = list
        .ok_or_else(|| SettingError::at("", format!("it must be a list of 1 to {USERS_MAX} users' ids")))?;
    let read = |(place, value): (usize, &Value)| {
        let id = value.as_str().and_then(|text| Uuid::try_parse(text).ok());
        id.ok_or_else(|| SettingError::at(place, "it must be a user's id"))
    };
    list.iter().enumerate().map(read).collect()
}

fn chain(value: &Value) -> Result<Vec<Step>, SettingError> {
    let fits = |list: &&Vec<Value>| list.len() as u64 <= ESCALATIONS_MAX;
    let list = value.as_array().filter(fits);
    let list = list.ok_or_else(|| {
        SettingError::at("", format!("it must be a list of at most {ESCALATIONS_MAX} steps"))
    })?;
    list.iter().enumerate().map(|(place, value)| step(value).map_err(|error| error.below(place))).collect()
}

fn step(value: &Value) -> Result<Step, SettingError> {
    if value == "next_role" {
        return Ok(Step::NextRole);
    }
    let only = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.get("users"));
    match only {
        Some(list) => users(list).map(Step::Users).map_err(|error| error.below("users")),
        None => Err(SettingError::at("", r#"it must be "next_role" or {"users": [id, …]}"#)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path_of(policy: &Value) -> String {
        validate(policy).expect_err(&policy.to_string()).path
    }

    #[test]
    fn nothing_said_is_the_default_and_every_key_replaces_its_own() {
        assert_eq!(ApprovalPolicy::of_settings(&json!({})), Ok(ApprovalPolicy::default()));
        assert_eq!(ApprovalPolicy::parse(&json!({})), Ok(ApprovalPolicy::default()));
        let id = Uuid::from_u128(7);
        let policy = ApprovalPolicy::parse(&json!({
            "roles": {"3": "admin"}, "quorum": {"4": 2, "5": 3}, "expires_in_seconds": 600,
            "max_lifetime_seconds": 1200, "assistant_creator_may_approve": false, "break_glass": [id],
            "escalation": {"after_seconds": 60, "chain": ["next_role", {"users": [id]}]},
        }))
        .expect("a policy");
        assert_eq!(policy.roles[3], Role::Admin);
        assert_eq!(policy.roles[5], Role::SuperAdmin);
        assert_eq!((policy.votes_needed(3), policy.votes_needed(5)), (1, 3));
        assert_eq!((policy.expires_in_seconds, policy.max_lifetime_seconds), (600, 1200));
        assert_eq!(policy.chain, [Step::NextRole, Step::Users(vec![id])]);
        assert_eq!((policy.max_escalations, policy.escalate_after_seconds), (2, Some(60)));
        assert!(!policy.assistant_creator_may_approve && policy.break_glass.contains(&id));
    }

    #[test]
    fn each_fault_is_found_at_its_own_path() {
        for (policy, path) in [
            (json!([]), ""),
            (json!({"role": {}}), "role"),
            (json!({"roles": {"6": "admin"}}), "roles.6"),
            (json!({"roles": {"0": "viewer"}}), "roles.0"),
            (json!({"roles": {"4": "manager", "3": "admin"}}), "roles.4"),
            (json!({"quorum": {"4": 0}}), "quorum.4"),
            (json!({"quorum": {"4": 1.5}}), "quorum.4"),
            (json!({"quorum": {"4": 11}}), "quorum.4"),
            (json!({"expires_in_seconds": 59}), "expires_in_seconds"),
            (json!({"expires_in_seconds": 700_000}), "expires_in_seconds"),
            (json!({"max_lifetime_seconds": 7_776_001}), "max_lifetime_seconds"),
            (json!({"escalation": {"chain": ["boss"]}}), "escalation.chain.0"),
            (json!({"escalation": {"chain": [{"users": ["x"]}]}}), "escalation.chain.0.users.0"),
            (json!({"escalation": {"chain": [{"users": []}]}}), "escalation.chain.0.users"),
            (json!({"escalation": {"max_count": -1}}), "escalation.max_count"),
            (json!({"escalation": {"forever": true}}), "escalation.forever"),
            (json!({"assistant_creator_may_approve": "no"}), "assistant_creator_may_approve"),
            (json!({"policy_change_quorum": 0}), "policy_change_quorum"),
            (json!({"break_glass": "everybody"}), "break_glass"),
            (json!({"break_glass": ["everybody"]}), "break_glass.0"),
        ] {
            assert_eq!(path_of(&policy), path, "{policy}");
        }
    }

    #[test]
    fn a_change_loosens_where_fewer_or_other_people_decide_and_needs_as_many_as_decide_there() {
        let parse = |policy: Value| ApprovalPolicy::parse(&policy).expect("a policy");
        let strict = parse(json!({"quorum": {"4": 2, "5": 3}, "assistant_creator_may_approve": false}));
        let loosened = |policy: Value| {
            let levels = parse(policy).loosened_from(&strict);
            let people = strict.people_for_change(&levels);
            (levels.into_iter().collect::<Vec<_>>(), people)
        };
        let kept = json!({"quorum": {"4": 2, "5": 3}, "assistant_creator_may_approve": false});
        let with = |key: &str, value: Value| {
            let mut policy = kept.clone();
            policy[key] = value;
            policy
        };
        assert_eq!(loosened(kept.clone()), (vec![], 1));
        assert_eq!(loosened(with("quorum", json!({"4": 1, "5": 3}))), (vec![4], 2));
        assert_eq!(loosened(with("quorum", json!({"4": 3, "5": 4}))), (vec![], 1));
        assert_eq!(loosened(with("roles", json!({"5": "admin"}))), (vec![5], 3));
        assert_eq!(loosened(with("roles", json!({"3": "admin"}))), (vec![], 1));
        assert_eq!(
            loosened(with("assistant_creator_may_approve", json!(true))),
            ((0..=5).collect::<Vec<_>>(), 3)
        );
        assert_eq!(loosened(with("break_glass", json!([Uuid::from_u128(7)]))).1, 3);
        let careful = parse(json!({"policy_change_quorum": 4}));
        assert_eq!(careful.people_for_change(&BTreeSet::new()), 4);
    }

    #[test]
    fn an_escalation_to_a_role_never_asks_for_less() {
        let policy = ApprovalPolicy::default();
        assert_eq!(policy.least_role(4, None), Role::Admin);
        assert_eq!(policy.least_role(4, Some(Role::SuperAdmin)), Role::SuperAdmin);
        assert_eq!(policy.least_role(4, Some(Role::Operator)), Role::Admin);
        assert_eq!(policy.least_role(99, None), Role::SuperAdmin);
        assert_eq!(policy.risks_of(Role::Manager).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(policy.risks_of(Role::Viewer).count(), 0);
    }
}
