//! `tenants.settings -> 'messaging'`: what a tenant allows in addition to its policies.

use super::error::PolicyError;
use crate::setting_error::SettingError;
use serde_json::Value;

/// The channels that every tenant has.
pub const BUILT_IN_CHANNELS: [&str; 4] = ["telegram", "slack", "email", "internal"];

/// How many channels a tenant may add.
pub const CHANNELS_MAX: usize = 64;

/// Longest name of a channel, in bytes.
const CHANNEL_BYTES_MAX: usize = 63;

/// The settings. The default is that of a tenant without such settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessagingSettings {
    /// Whether a message within the tenant is allowed where no policy applies.
    pub allow_within_tenant: bool,
    /// Channels in addition to the built-in ones.
    pub channels: Vec<String>,
}

/// Checks the value of the key when a tenant's settings are written.
pub fn validate(value: &Value) -> Result<(), SettingError> {
    MessagingSettings::parse(value).map(|_| ()).map_err(|error| {
        let path =
            error.key.strip_prefix("messaging").unwrap_or(&error.key).trim_start_matches('.').to_owned();
        SettingError::at(path, format!("it {}", error.rule))
    })
}

impl MessagingSettings {
    /// Reads the value of the key `messaging`; null counts as absent. An unknown key is an error that names
    /// it.
    pub fn parse(value: &Value) -> Result<Self, PolicyError> {
        let mut settings = Self::default();
        let object = match value {
            Value::Null => return Ok(settings),
            Value::Object(object) => object,
            _ => return Err(PolicyError::new("messaging", "is a JSON object")),
        };
        for (key, value) in object {
            match key.as_str() {
                "allow_within_tenant" => {
                    settings.allow_within_tenant = value.as_bool().ok_or_else(|| {
                        PolicyError::new("messaging.allow_within_tenant", "is true or false")
                    })?;
                }
                "channels" => settings.channels = channels(value)?,
                _ => {
                    let rule = "is not a key of messaging, whose keys are allow_within_tenant and channels";
                    return Err(PolicyError::new(format!("messaging.{key}"), rule));
                }
            }
        }
        Ok(settings)
    }

    /// Whether the tenant has this channel.
    pub fn has_channel(&self, channel: &str) -> bool {
        BUILT_IN_CHANNELS.contains(&channel) || self.channels.iter().any(|own| own == channel)
    }
}

fn channels(value: &Value) -> Result<Vec<String>, PolicyError> {
    let key = "messaging.channels";
    let Some(listed) = value.as_array() else {
        return Err(PolicyError::new(key, "is an array of names"));
    };
    if listed.len() > CHANNELS_MAX {
        return Err(PolicyError::new(key, format!("has at most {CHANNELS_MAX} names")));
    }
    let name = |(index, value): (usize, &Value)| match value.as_str() {
        Some(name) if is_channel_name(name) => Ok(name.to_owned()),
        _ => Err(PolicyError::new(
            format!("{key}[{index}]"),
            "is a name of at most 63 lower-case letters, digits, _ and -",
        )),
    };
    listed.iter().enumerate().map(name).collect()
}

/// Whether a channel may have this name.
pub fn is_channel_name(name: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.len() <= CHANNEL_BYTES_MAX && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn without_settings_nothing_is_allowed_and_the_four_channels_are_there() {
        let settings = MessagingSettings::parse(&Value::Null).expect("absent is fine");
        assert_eq!(settings, MessagingSettings::default());
        assert!(!settings.allow_within_tenant);
        assert!(BUILT_IN_CHANNELS.iter().all(|channel| settings.has_channel(channel)));
        assert!(!settings.has_channel("pager"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (value, key) in [
            (json!([]), "messaging"),
            (json!({"allow_within_tenant": "yes"}), "messaging.allow_within_tenant"),
            (json!({"allow": true}), "messaging.allow"),
            (json!({"channels": "pager"}), "messaging.channels"),
            (json!({"channels": ["pager", "Pager"]}), "messaging.channels[1]"),
            (json!({"channels": [""]}), "messaging.channels[0]"),
            (json!({"channels": vec!["x"; 65]}), "messaging.channels"),
        ] {
            assert_eq!(MessagingSettings::parse(&value).expect_err("wrong").key, key, "{value}");
            let error = validate(&value).expect_err("wrong").below("messaging");
            assert_eq!(error.path, key, "{value}");
        }
    }
}
