//! The keys of `tenants.settings`, each checked by its own domain when it is written.
//!
//! - [`keys`]: every key with its meaning, for people
//! - [`change`]: changing single keys, and what that means for approvals
//!
//! A key that is not in [`KNOWN`] is refused, like one inside of a policy: a policy under a misspelt name
//! would not be in force, and nobody would notice. What an application stores is below [`APPLICATION`],
//! unchecked.

pub mod change;
pub mod keys;

use serde_json::Value;

use crate::action;
use crate::approval::policy;
use crate::messaging;
use crate::money::{provider, settings};
use crate::notices;
use crate::records;
use crate::setting_error::SettingError;
use crate::stop;

/// The check of one key's value. Paths in its errors begin below the key.
type Validator = fn(&Value) -> Result<(), SettingError>;

/// The key below which an application keeps what is its own.
pub const APPLICATION: &str = "application";

/// Every key, with its check. A new key is a line here and in [`keys::KEYS`].
const KNOWN: &[(&str, Validator)] = &[
    (action::policy::SETTING, action::policy::validate),
    ("approval_policy", policy::validate),
    ("conversation_policy", records::policy::validate_conversation),
    ("hallucination_policy", records::policy::validate_hallucination),
    ("messaging", messaging::settings::validate),
    ("notices", notices::settings::validate),
    (provider::SETTING, provider::validate),
    (stop::SETTING, stop::validate),
    ("time_zone", settings::validate_time_zone),
    ("holding_monthly_cost_limit", settings::validate_limit),
    (APPLICATION, |_| Ok(())),
];

/// Checks the settings of a tenant; the error is the first key that cannot be used, with its path. What is
/// not an object has no keys.
pub fn validate(settings: &Value) -> Result<(), SettingError> {
    let Some(settings) = settings.as_object() else { return Ok(()) };
    for (key, value) in settings {
        let known = KNOWN.iter().find(|(name, _)| name == key);
        let (_, validator) = known.ok_or_else(|| SettingError::at(key, unknown(key)))?;
        validator(value).map_err(|error| error.below(key))?;
    }
    Ok(())
}

/// Whether there is such a key at the top of the settings.
pub fn is_known(key: &str) -> bool {
    KNOWN.iter().any(|(name, _)| *name == key)
}

/// What is wrong with such a key, with the one that may be meant, or else all of them.
fn unknown(key: &str) -> String {
    let names = || KNOWN.iter().map(|(name, _)| *name);
    match names().map(|name| (strsim::jaro_winkler(name, key), name)).max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((likeness, name)) if likeness > 0.85 => format!("there is no such key; {name} may be meant"),
        _ => format!("there is no such key; the keys are {}", names().collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Reason;
    use crate::refusal::Refusal;
    use serde_json::json;

    #[test]
    fn a_key_that_is_not_known_is_refused_and_the_one_that_may_be_meant_is_named() {
        let error = validate(&json!({"approval_polcy": {"quorum": {"4": 2}}})).expect_err("misspelt");
        assert_eq!(error.path, "approval_polcy");
        assert!(error.problem.contains("approval_policy may be meant"), "{}", error.problem);
        let error = validate(&json!({"theme": "dark"})).expect_err("not ours");
        assert!(error.problem.contains(APPLICATION), "{}", error.problem);
    }

    #[test]
    fn what_an_application_keeps_below_its_own_key_is_left_alone() {
        assert_eq!(validate(&json!({"application": {"theme": {"approval_policy": false}}})), Ok(()));
        assert_eq!(validate(&json!({"application": 7})), Ok(()));
    }

    #[test]
    fn the_path_leads_to_the_offending_key() {
        let error =
            validate(&json!({"approval_policy": {"roles": {"4": "boss"}}})).expect_err("no such role");
        assert_eq!(error.path, "approval_policy.roles.4");
        let refusal = Refusal::from(error);
        assert_eq!(refusal.reason, Reason::InvalidSetting);
        assert_eq!(refusal.facts["key"], "approval_policy.roles.4");
    }
}
