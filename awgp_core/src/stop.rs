//! Stops: in the scope of one nothing begins. What may be stopped, by whom, and who may lift it again.

mod beginning;
mod event;
pub mod proof;
pub mod verdict;

use crate::human::Human;
use crate::named::named;
use crate::permissions::Role;
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::setting_error::{SettingError, setting_of};
use serde_json::Value;
use uuid::Uuid;

/// The key of the settings.
pub const SETTING: &str = "stop_policy";

/// `action` of the event in the trail of each tenant that a stop covers.
pub const BEGAN: &str = "stop.began";
/// `action` of the event when the stop is lifted.
pub const ENDED: &str = "stop.ended";
/// `entity_type` of both.
pub const ENTITY: &str = "stop";

named! {
    /// What a stop covers, as in the CHECK of `stops.scope`.
    Scope {
        /// One assistant.
        Assistant = "assistant",
        /// A tenant with all its assistants.
        Tenant = "tenant",
        /// A holding with all tenants below it.
        Holding = "holding",
        /// Every tenant.
        Installation = "installation",
    }
}

impl Scope {
    /// The least role of a user who stops it; None where no user does.
    pub fn least_role(self) -> Option<Role> {
        match self {
            Self::Assistant => Some(Role::Manager),
            Self::Tenant | Self::Holding => Some(Role::SuperAdmin),
            Self::Installation => None,
        }
    }
}

/// What holds for lifting a stop of a tenant: `settings.stop_policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopPolicy {
    /// Whoever stopped does not lift it.
    pub resume_by_other: bool,
    /// The least role that lifts the stop of an assistant.
    pub resume_role: Role,
}

impl Default for StopPolicy {
    fn default() -> Self {
        Self { resume_by_other: true, resume_role: Role::Manager }
    }
}

impl StopPolicy {
    /// The policy in a tenant's settings.
    pub fn of_settings(settings: &Value) -> Result<Self, SettingError> {
        setting_of(settings, SETTING, Self::parse)
    }

    fn parse(policy: &Value) -> Result<Self, SettingError> {
        let mut parsed = Self::default();
        let object = policy.as_object().ok_or_else(|| SettingError::at("", "it must be an object"))?;
        for (key, value) in object {
            match key.as_str() {
                "resume_by_other" => {
                    parsed.resume_by_other =
                        value.as_bool().ok_or_else(|| SettingError::at(key, "it must be true or false"))?;
                }
                "resume_role" => {
                    let role = value.as_str().and_then(|name| name.parse().ok());
                    parsed.resume_role = role
                        .filter(|role| *role >= Role::Manager)
                        .ok_or_else(|| SettingError::at(key, "it must be manager, admin or super_admin"))?;
                }
                _ => {
                    return Err(SettingError::at(
                        key,
                        "there is no such key; the keys are resume_by_other, resume_role",
                    ));
                }
            }
        }
        Ok(parsed)
    }

    /// The least role that lifts a stop of this scope; None where no user does.
    pub fn least_role(&self, scope: Scope) -> Option<Role> {
        match scope {
            Scope::Assistant => Some(self.resume_role),
            _ => scope.least_role(),
        }
    }
}

/// Checks a policy that is written.
pub fn validate(policy: &Value) -> Result<(), SettingError> {
    StopPolicy::parse(policy).map(|_| ())
}

/// Who stops or lifts a stop: a user, or else the login alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The user in context.
    pub human: Option<Human>,
    /// The login role.
    pub login: String,
}

impl Person {
    /// True where they are one, as far as known. Two users of one login are two people; a login without a
    /// user cannot be told from the users that it puts in context.
    pub fn is(&self, other: &Self) -> bool {
        match (&self.human, &other.human) {
            (Some(own), Some(theirs)) => own.is(theirs),
            _ => self.login == other.login,
        }
    }
}

/// A stop is in force.
pub fn stopped(stop: Uuid, scope: Scope) -> Refusal {
    let message = match scope {
        Scope::Assistant => "the assistant is stopped",
        Scope::Tenant => "the tenant is stopped",
        Scope::Holding => "the holding is stopped, with its subsidiaries",
        Scope::Installation => "the installation is stopped",
    };
    Refusal::new(
        Reason::Stopped,
        message,
        "Wait until somebody resumes. Which stop it is and why: SELECT * FROM awgp.stops_in_force(assistant_id)",
    )
    .with("stop_id", stop.to_string())
    .with("scope", scope.name())
}

/// Another session stops or resumes at this moment.
pub fn under_way() -> Refusal {
    Refusal::new(
        Reason::StopUnderWay,
        "a stop is being made or lifted at this moment",
        "Run the transaction again.",
    )
}

/// There is no such stop, or none that the caller may read.
pub fn unknown(stop: Uuid) -> Refusal {
    Refusal::new(Reason::UnknownStop, "there is no such stop", "List those of your tenant: SELECT * FROM awgp.stop_list; those above it that are in force: SELECT * FROM awgp.stops_in_force()")
        .with("stop_id", stop.to_string())
}

/// The stop was lifted before.
pub fn ended(stop: Uuid) -> Refusal {
    Refusal::new(
        Reason::StopEnded,
        "the stop is already lifted",
        "Nothing is left to do: awgp stop show STOP",
    )
    .with("stop_id", stop.to_string())
}

/// Whoever stopped may not resume.
pub fn own(stop: Uuid) -> Refusal {
    Refusal::new(
        Reason::OwnStop,
        "whoever stopped does not resume",
        "Ask somebody else. A login without a user in context counts as everybody whom it puts there.",
    )
    .with("stop_id", stop.to_string())
}

/// The user's role is too low, or no user may.
pub fn role_not_sufficient(role: Option<Role>, least: Option<Role>, verb: &str) -> Refusal {
    let hint = match least {
        Some(least) => format!("Ask a user of role {least} or above."),
        None => "Ask a member of awgp_admin, who comes without a user in context.".to_owned(),
    };
    Refusal::new(Reason::RoleNotSufficient, format!("this role does not {verb} it"), hint)
        .with("role", role.map(Role::name))
        .with("table", "stops")
        .with("verb", verb)
        .with("least_role", least.map(Role::name))
}

/// The text names no scope.
pub fn unknown_scope() -> Refusal {
    let names: Vec<&str> = Scope::ALL.iter().map(|scope| scope.name()).collect();
    Refusal::new(Reason::OutOfRange, "scope is not valid", format!("Use {}.", names.join(", ")))
        .with("argument", "scope")
}

/// The id does not fit the scope.
pub fn id_does_not_fit(scope: Scope) -> Refusal {
    let hint = match scope {
        Scope::Assistant => "Pass the assistant's id.",
        Scope::Tenant => "Pass the tenant's id, or put it in context.",
        Scope::Holding => "Pass the id of a tenant of type holding, or put it in context.",
        Scope::Installation => "Pass no id: there is one installation.",
    };
    Refusal::new(Reason::OutOfRange, "id does not fit the scope", hint).with("argument", "id")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_of_the_policy_has_its_default_and_what_cannot_be_used_is_named() {
        let of =
            |policy: Value| StopPolicy::of_settings(&json!({ SETTING: policy })).map_err(|error| error.path);
        assert_eq!(StopPolicy::of_settings(&json!({})), Ok(StopPolicy::default()));
        let policy = of(json!({"resume_by_other": false, "resume_role": "admin"})).expect("a policy");
        assert_eq!(policy, StopPolicy { resume_by_other: false, resume_role: Role::Admin });
        assert_eq!(policy.least_role(Scope::Assistant), Some(Role::Admin));
        assert_eq!(policy.least_role(Scope::Tenant), Some(Role::SuperAdmin));
        assert_eq!(policy.least_role(Scope::Installation), None);
        for (policy, path) in [
            (json!(1), "stop_policy"),
            (json!({"resume_by_other": 1}), "stop_policy.resume_by_other"),
            (json!({"resume_role": "operator"}), "stop_policy.resume_role"),
            (json!({"resume": true}), "stop_policy.resume"),
        ] {
            assert_eq!(of(policy.clone()), Err(path.to_owned()), "{policy}");
        }
    }

    #[test]
    fn two_users_of_one_login_are_two_people_and_a_login_alone_is_itself() {
        let person = |user: Option<u128>, login: &str| Person {
            human: user.map(|user| Human::from(Uuid::from_u128(user))),
            login: login.to_owned(),
        };
        let ada = person(Some(1), "app");
        assert!(ada.is(&person(Some(1), "other")));
        assert!(!ada.is(&person(Some(2), "app")));
        assert!(ada.is(&person(None, "app")));
        assert!(!ada.is(&person(None, "dba")));
        assert!(person(None, "dba").is(&person(None, "dba")));
    }
}
