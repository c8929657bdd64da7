//! The providers that a pool can pay: those that AWGP knows, and those that a tenant's settings name.
//!
//! A name is compared exactly, so a cost of `azure` would never find a pool for `Azure`: a name that is not
//! declared is refused when the pool is created. The price list declares providers too; the extension looks
//! there.

use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::setting_error::SettingError;
use serde_json::Value;

/// The key in a tenant's settings.
pub const SETTING: &str = "providers";

/// Providers that need no declaration: those of the schema that AWGP was made from, and other common ones.
pub const KNOWN: [&str; 10] = [
    "openai",
    "anthropic",
    "openrouter",
    "local",
    "azure",
    "bedrock",
    "vertex_ai",
    "gemini",
    "mistral",
    "groq",
];

/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 100;

/// The largest number of names in the setting.
const NAMES_MAX: usize = 100;

/// `providers`: an array of names.
pub fn validate(value: &Value) -> Result<(), SettingError> {
    let wanted = "it must be an array of at most 100 names of providers";
    let names = value.as_array().filter(|names| names.len() <= NAMES_MAX);
    let names = names.ok_or_else(|| SettingError::at("", wanted))?;
    for (place, name) in names.iter().enumerate() {
        if !name.as_str().is_some_and(is_name) {
            return Err(SettingError::at(
                place,
                "it must be text of 1 to 100 characters, without spaces around it",
            ));
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    name.trim() == name
        && (1..=NAME_CHARS_MAX).contains(&name.chars().count())
        && !name.chars().any(char::is_control)
}

/// Whether the setting names the provider.
pub fn is_named(setting: &Value, provider: &str) -> bool {
    setting.as_array().is_some_and(|names| names.iter().any(|name| name.as_str() == Some(provider)))
}

/// How to make a pool for a provider possible.
fn remedy(provider: &str) -> String {
    format!("Name {provider} in the tenant's settings.providers, or enter one of its prices: awgp price set")
}

/// A pool for a provider that is not declared.
pub fn unknown_provider(provider: &str) -> Refusal {
    Refusal::new(
        Reason::UnknownProvider,
        format!("the provider {provider} is not declared"),
        remedy(provider),
    )
    .with("provider", provider)
    .with("known", KNOWN.map(Value::from).to_vec())
}

/// There is no pool to reserve from; `is_known`: a pool for the provider can be created.
pub fn no_credit_pool(provider: &str, is_known: bool) -> Refusal {
    let make = "SELECT awgp.create_credit_pool(provider, monthly_budget);";
    let hint = if is_known { make.to_owned() } else { format!("{}; then {make}", remedy(provider)) };
    Refusal::new(Reason::NoCreditPool, format!("the tenant has no credit pool for {provider}"), hint)
        .with("provider", provider)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_setting_is_an_array_of_names() {
        for value in [json!([]), json!(["acme"]), json!(["acme", "vertex_ai-language-models"])] {
            assert_eq!(validate(&value), Ok(()), "{value}");
        }
        let many = vec!["x"; 101];
        for value in [json!("acme"), json!(null), json!({"acme": 1}), json!(many)] {
            assert!(validate(&value).is_err(), "{value}");
        }
        for name in [json!(""), json!(" acme"), json!(7), json!("a\nb"), json!("x".repeat(101))] {
            let error = validate(&json!(["acme", name])).expect_err("no name");
            assert_eq!(error.path, "1");
        }
    }

    #[test]
    fn a_provider_is_named_exactly() {
        let setting = json!(["acme"]);
        assert!(is_named(&setting, "acme") && !is_named(&setting, "Acme") && !is_named(&json!(null), "acme"));
    }

    #[test]
    fn a_hint_can_be_followed() {
        assert!(!no_credit_pool("azure", true).hint.contains("settings"));
        assert!(no_credit_pool("acme", false).hint.contains("Name acme in the tenant's settings.providers"));
    }
}
