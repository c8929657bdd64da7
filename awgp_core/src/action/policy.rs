//! A tenant's policy for actions: `tenants.settings->'action_policy'` (docs/settings.md).

use crate::setting_error::{SettingError, setting_of};
use serde_json::Value;
use std::collections::BTreeSet;

/// The key of the settings.
pub const SETTING: &str = "action_policy";

/// A day: long enough for a person to look, and short enough for the money.
const UNKNOWN_SECONDS: u32 = 86_400;
/// The longest that a reservation holds money.
const UNKNOWN_SECONDS_MAX: u64 = 31 * 86_400;
/// Lists are written by hand, so they are short.
const ACTIONS_MAX: usize = 100;
/// The longest name of an action, in bytes.
const ACTION_BYTES_MAX: usize = 200;

/// What holds for the actions of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionPolicy {
    /// How long an action whose outcome nobody knows holds its money and its key; 0: it is abandoned when its
    /// time is over.
    pub unknown_for_seconds: u32,
    /// The actions that need an approval with their arguments, whatever the risk of the work.
    pub approval_for: BTreeSet<String>,
}

impl Default for ActionPolicy {
    fn default() -> Self {
        Self { unknown_for_seconds: UNKNOWN_SECONDS, approval_for: BTreeSet::new() }
    }
}

impl ActionPolicy {
    /// The policy in a tenant's settings.
    pub fn of_settings(settings: &Value) -> Result<Self, SettingError> {
        setting_of(settings, SETTING, Self::parse)
    }

    fn parse(policy: &Value) -> Result<Self, SettingError> {
        let mut parsed = Self::default();
        let object = policy.as_object().ok_or_else(|| SettingError::at("", "it must be an object"))?;
        for (key, value) in object {
            match key.as_str() {
                "unknown_for_seconds" => {
                    let seconds = value.as_u64().filter(|seconds| *seconds <= UNKNOWN_SECONDS_MAX);
                    let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
                    parsed.unknown_for_seconds = seconds.ok_or_else(|| {
                        SettingError::at(
                            key,
                            format!("it must be a whole number from 0 to {UNKNOWN_SECONDS_MAX}"),
                        )
                    })?;
                }
                "approval_for" => {
                    parsed.approval_for = names(value).map_err(|problem| SettingError::at(key, problem))?;
                }
                _ => {
                    return Err(SettingError::at(
                        key,
                        "there is no such key; the keys are unknown_for_seconds, approval_for",
                    ));
                }
            }
        }
        Ok(parsed)
    }
}

/// Checks a policy that is written.
pub fn validate(policy: &Value) -> Result<(), SettingError> {
    ActionPolicy::parse(policy).map(|_| ())
}

fn names(value: &Value) -> Result<BTreeSet<String>, String> {
    let wanted = || {
        format!(
            "it must be a list of at most {ACTIONS_MAX} names of actions, each of 1 to {ACTION_BYTES_MAX} bytes"
        )
    };
    let list = value.as_array().filter(|list| list.len() <= ACTIONS_MAX).ok_or_else(wanted)?;
    let name = |name: &Value| {
        let name = name.as_str().filter(|name| !name.trim().is_empty() && name.len() <= ACTION_BYTES_MAX);
        name.map(str::to_owned).ok_or_else(wanted)
    };
    list.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_has_its_default_and_what_cannot_be_read_is_named() {
        let of = |policy: Value| {
            ActionPolicy::of_settings(&json!({ SETTING: policy })).map_err(|error| error.path)
        };
        assert_eq!(ActionPolicy::of_settings(&json!({})), Ok(ActionPolicy::default()));
        let policy =
            of(json!({"unknown_for_seconds": 0, "approval_for": ["pay", "send"]})).expect("a policy");
        assert_eq!((policy.unknown_for_seconds, policy.approval_for.len()), (0, 2));
        for (policy, path) in [
            (json!([]), "action_policy"),
            (json!({"unknown_for_seconds": -1}), "action_policy.unknown_for_seconds"),
            (json!({"unknown_for_seconds": 2_678_401}), "action_policy.unknown_for_seconds"),
            (json!({"approval_for": "pay"}), "action_policy.approval_for"),
            (json!({"approval_for": ["pay", " "]}), "action_policy.approval_for"),
            (json!({"aproval_for": []}), "action_policy.aproval_for"),
        ] {
            assert_eq!(of(policy.clone()), Err(path.to_owned()), "{policy}");
        }
    }
}
