//! A tenant's settings for conversations and flags: the keys `conversation_policy` and
//! `hallucination_policy`.
//!
//! Settings are validated when they are written, with an error that names the key; the same function reads
//! them.

use super::suspension::SuspendPolicy;
use crate::permissions::Role;
use crate::setting_error::SettingError;
use serde_json::{Map, Value, json};
use thiserror::Error;

/// How many detection methods a tenant may add.
pub const CUSTOM_METHODS_MAX: usize = 32;

/// `conversation_policy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConversationPolicy {
    /// How many days after its end the content of a conversation is erased; None leaves it to the setting
    /// `awgp.conversation_retention`.
    pub retention_days: Option<u32>,
}

/// `hallucination_policy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HallucinationPolicy {
    /// The lowest role that reviews.
    pub reviewer_role: Role,
    /// The lowest role that overturns a conclusion.
    pub overturn_role: Role,
    /// Whether the assistant's creator may conclude.
    pub creator_may_conclude: bool,
    /// Detection methods of the tenant's own.
    pub custom_methods: Vec<String>,
    /// When flags suspend; None: never.
    pub suspend: Option<SuspendPolicy>,
}

impl Default for HallucinationPolicy {
    fn default() -> Self {
        Self {
            reviewer_role: Role::Manager,
            overturn_role: Role::Admin,
            creator_may_conclude: true,
            custom_methods: Vec::new(),
            suspend: None,
        }
    }
}

/// A key that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key}: {rule}")]
pub struct PolicyError {
    /// Path to the key.
    pub key: String,
    /// The rule.
    pub rule: &'static str,
}

fn error(key: impl Into<String>, rule: &'static str) -> PolicyError {
    PolicyError { key: key.into(), rule }
}

/// Checks the value of `conversation_policy`.
pub fn validate_conversation(value: &Value) -> Result<(), SettingError> {
    let judged = conversation_policy(&json!({"conversation_policy": value}));
    judged.map(|_| ()).map_err(|error| error.setting("conversation_policy"))
}

/// Checks the value of `hallucination_policy`.
pub fn validate_hallucination(value: &Value) -> Result<(), SettingError> {
    let judged = hallucination_policy(&json!({"hallucination_policy": value}));
    judged.map(|_| ()).map_err(|error| error.setting("hallucination_policy"))
}

impl PolicyError {
    /// The same, with the path relative to the key.
    fn setting(&self, key: &str) -> SettingError {
        let path = self.key.strip_prefix(key).unwrap_or(&self.key);
        SettingError::at(path.trim_start_matches('.'), format!("it must be {}", self.rule))
    }
}

/// Reads `conversation_policy` from a tenant's settings.
pub fn conversation_policy(settings: &Value) -> Result<ConversationPolicy, PolicyError> {
    let mut policy = ConversationPolicy::default();
    for (key, value) in object(settings.get("conversation_policy"), "conversation_policy")? {
        let path = format!("conversation_policy.{key}");
        match key.as_str() {
            "retention_days" => {
                policy.retention_days = optional(value, |value| number(value, &path, 1..=36_500))?;
            }
            _ => return Err(error(path, "left out, because there is no such key")),
        }
    }
    Ok(policy)
}

/// Reads `hallucination_policy` from a tenant's settings.
pub fn hallucination_policy(settings: &Value) -> Result<HallucinationPolicy, PolicyError> {
    let mut policy = HallucinationPolicy::default();
    for (key, value) in object(settings.get("hallucination_policy"), "hallucination_policy")? {
        let path = format!("hallucination_policy.{key}");
        match key.as_str() {
            "reviewer_role" => policy.reviewer_role = reviewer(value, &path)?,
            "overturn_role" => policy.overturn_role = reviewer(value, &path)?,
            "creator_may_conclude" => {
                policy.creator_may_conclude = value.as_bool().ok_or_else(|| error(path, "true or false"))?;
            }
            "custom_methods" => policy.custom_methods = methods(value, &path)?,
            "suspend" => policy.suspend = optional(value, |value| suspend(value, &path))?,
            _ => return Err(error(path, "left out, because there is no such key")),
        }
    }
    Ok(policy)
}

fn suspend(value: &Value, path: &str) -> Result<SuspendPolicy, PolicyError> {
    let mut policy = SuspendPolicy {
        confirmed: None,
        rate_percent: None,
        least_conversations: SuspendPolicy::LEAST_CONVERSATIONS,
        window_hours: SuspendPolicy::WINDOW_HOURS,
    };
    for (key, value) in object(Some(value), path)? {
        let path = format!("{path}.{key}");
        match key.as_str() {
            "confirmed" => policy.confirmed = Some(number(value, &path, 1..=1_000_000)?),
            "rate_percent" => policy.rate_percent = Some(number(value, &path, 1..=100)?),
            "least_conversations" => policy.least_conversations = number(value, &path, 1..=1_000_000)?,
            "window_hours" => policy.window_hours = number(value, &path, 1..=87_600)?,
            _ => return Err(error(path, "left out, because there is no such key")),
        }
    }
    if policy.confirmed.is_none() && policy.rate_percent.is_none() {
        return Err(error(path, "an object with confirmed or rate_percent"));
    }
    Ok(policy)
}

fn object<'a>(
    value: Option<&'a Value>,
    path: &str,
) -> Result<Box<dyn Iterator<Item = (&'a String, &'a Value)> + 'a>, PolicyError> {
    match value {
        None | Some(Value::Null) => Ok(Box::new(std::iter::empty())),
        Some(Value::Object(map)) => Ok(Box::new(Map::iter(map))),
        Some(_) => Err(error(path, "a JSON object")),
    }
}

fn optional<T>(
    value: &Value,
    read: impl FnOnce(&Value) -> Result<T, PolicyError>,
) -> Result<Option<T>, PolicyError> {
    if value.is_null() { Ok(None) } else { read(value).map(Some) }
}

fn number(value: &Value, path: &str, range: std::ops::RangeInclusive<u32>) -> Result<u32, PolicyError> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.filter(|number| range.contains(number)).ok_or_else(|| {
        error(path, "a whole number within the bounds of docs/conversations.md and docs/hallucinations.md")
    })
}

/// A viewer writes nothing, so no policy makes them a reviewer.
fn reviewer(value: &Value, path: &str) -> Result<Role, PolicyError> {
    let role = value.as_str().and_then(|name| name.parse::<Role>().ok());
    role.filter(|role| *role >= Role::Operator)
        .ok_or_else(|| error(path, "operator, manager, admin or super_admin"))
}

fn methods(value: &Value, path: &str) -> Result<Vec<String>, PolicyError> {
    let is_name = |name: &str| {
        (1..=60).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let rule = "an array of at most 32 names of lower-case letters, digits and _";
    let names = value.as_array().filter(|names| names.len() <= CUSTOM_METHODS_MAX);
    let names = names.ok_or_else(|| error(path, rule))?;
    names
        .iter()
        .map(|name| {
            name.as_str().filter(|name| is_name(name)).map(str::to_owned).ok_or_else(|| error(path, rule))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn without_settings_the_defaults_stand() {
        for settings in
            [json!({}), json!({"hallucination_policy": {}, "conversation_policy": null}), json!(null)]
        {
            assert_eq!(hallucination_policy(&settings), Ok(HallucinationPolicy::default()));
            assert_eq!(conversation_policy(&settings), Ok(ConversationPolicy::default()));
        }
    }

    #[test]
    fn every_key_is_read() {
        let settings = json!({
            "conversation_policy": {"retention_days": 30},
            "hallucination_policy": {
                "reviewer_role": "operator", "overturn_role": "super_admin", "creator_may_conclude": false,
                "custom_methods": ["judge_2"],
                "suspend": {"confirmed": 5, "rate_percent": 20, "least_conversations": 50, "window_hours": 24},
            },
        });
        assert_eq!(conversation_policy(&settings), Ok(ConversationPolicy { retention_days: Some(30) }));
        let expected = HallucinationPolicy {
            reviewer_role: Role::Operator,
            overturn_role: Role::SuperAdmin,
            creator_may_conclude: false,
            custom_methods: vec!["judge_2".to_owned()],
            suspend: Some(SuspendPolicy {
                confirmed: Some(5),
                rate_percent: Some(20),
                least_conversations: 50,
                window_hours: 24,
            }),
        };
        assert_eq!(hallucination_policy(&settings), Ok(expected));
    }

    #[test]
    fn the_path_of_a_setting_begins_below_its_key() {
        let path = |error: Result<(), SettingError>| error.expect_err("it cannot be used").path;
        assert_eq!(path(validate_hallucination(&json!({"suspend": {"confirmed": 0}}))), "suspend.confirmed");
        assert_eq!(path(validate_hallucination(&json!(7))), "");
        assert_eq!(path(validate_conversation(&json!({"retention_days": "x"}))), "retention_days");
        assert_eq!(validate_conversation(&json!({"retention_days": 30})), Ok(()));
    }

    #[test]
    fn a_key_that_cannot_be_used_is_named() {
        for (policy, key) in [
            (json!([]), "hallucination_policy"),
            (json!({"reviewer": "admin"}), "hallucination_policy.reviewer"),
            (json!({"reviewer_role": "viewer"}), "hallucination_policy.reviewer_role"),
            (json!({"overturn_role": "boss"}), "hallucination_policy.overturn_role"),
            (json!({"creator_may_conclude": "no"}), "hallucination_policy.creator_may_conclude"),
            (json!({"custom_methods": ["Judge"]}), "hallucination_policy.custom_methods"),
            (json!({"custom_methods": "judge"}), "hallucination_policy.custom_methods"),
            (json!({"suspend": {}}), "hallucination_policy.suspend"),
            (json!({"suspend": {"confirmed": 0}}), "hallucination_policy.suspend.confirmed"),
            (json!({"suspend": {"confirmed": 1, "window": 3}}), "hallucination_policy.suspend.window"),
            (json!({"suspend": {"rate_percent": 101}}), "hallucination_policy.suspend.rate_percent"),
        ] {
            let found = hallucination_policy(&json!({"hallucination_policy": policy})).expect_err(key);
            assert_eq!(found.key, key);
        }
        for (policy, key) in [
            (json!(7), "conversation_policy"),
            (json!({"retention_days": 0}), "conversation_policy.retention_days"),
            (json!({"retention_days": 1.5}), "conversation_policy.retention_days"),
            (json!({"retention": 1}), "conversation_policy.retention"),
        ] {
            let found = conversation_policy(&json!({"conversation_policy": policy})).expect_err(key);
            assert_eq!(found.key, key);
        }
    }
}
