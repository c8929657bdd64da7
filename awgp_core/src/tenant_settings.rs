//! The keys of `tenants.settings` that AWGP knows, each checked by its own domain when it is written.
//!
//! Applications may store other keys in `settings`: keys that are not in [`KNOWN`] are not checked.

use serde_json::Value;

use crate::approval::policy;
use crate::messaging;
use crate::money::{provider, settings};
use crate::notices;
use crate::records;
use crate::setting_error::SettingError;

/// The check of one key's value. Paths in its errors begin below the key.
type Validator = fn(&Value) -> Result<(), SettingError>;

/// Every key that AWGP knows, with its check. A new key is a line here.
const KNOWN: &[(&str, Validator)] = &[
    ("approval_policy", policy::validate),
    ("conversation_policy", records::policy::validate_conversation),
    ("hallucination_policy", records::policy::validate_hallucination),
    ("messaging", messaging::settings::validate),
    ("notices", notices::settings::validate),
    (provider::SETTING, provider::validate),
    ("time_zone", settings::validate_time_zone),
    ("holding_monthly_cost_limit", settings::validate_limit),
];

/// Checks the settings of a tenant; the error is the first key that cannot be used, with its path.
pub fn validate(settings: &Value) -> Result<(), SettingError> {
    for (key, validator) in KNOWN {
        if let Some(value) = settings.get(key) {
            validator(value).map_err(|error| error.below(key))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Reason;
    use crate::refusal::Refusal;
    use serde_json::json;

    #[test]
    fn keys_that_are_not_ours_are_left_alone() {
        assert_eq!(validate(&json!({"language": 7, "theme": {"approval_policy": false}})), Ok(()));
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
