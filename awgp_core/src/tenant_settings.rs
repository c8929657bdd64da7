//! The keys of `tenants.settings` that AWGP knows, each judged by its own domain when it is written.
//!
//! `settings` is also an application's own drawer: keys that are not in [`KNOWN`] are nobody's business here.

use serde_json::Value;

use crate::approval::policy;
use crate::messaging;
use crate::money::{provider, settings};
use crate::records;
use crate::setting_error::SettingError;

/// What judges the value of one key. Paths in its errors begin below the key.
type Validator = fn(&Value) -> Result<(), SettingError>;

/// Every key that AWGP knows, and who judges it. A new one is a line here.
const KNOWN: &[(&str, Validator)] = &[
    ("approval_policy", policy::validate),
    ("conversation_policy", records::policy::validate_conversation),
    ("hallucination_policy", records::policy::validate_hallucination),
    ("messaging", messaging::settings::validate),
    (provider::SETTING, provider::validate),
    ("time_zone", settings::validate_time_zone),
    ("holding_monthly_cost_limit", settings::validate_limit),
];

/// Judges the settings of a tenant: the first key that cannot be used, with the path to it.
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
