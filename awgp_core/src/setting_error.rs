//! Why the value of a setting cannot be used, and where.

use crate::reason::Reason;
use crate::refusal::Refusal;
use serde_json::Value;
use std::fmt;

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// The path: keys and indexes, joined by dots.
    pub path: String,
    /// What is wrong with it, as a clause: "it must be …".
    pub problem: String,
}

impl SettingError {
    /// An error at this path.
    pub fn at(path: impl fmt::Display, problem: impl Into<String>) -> Self {
        Self { path: path.to_string(), problem: problem.into() }
    }

    /// The same error, with the path from one level higher.
    #[must_use]
    pub fn below(self, key: impl fmt::Display) -> Self {
        let path = if self.path.is_empty() { key.to_string() } else { format!("{key}.{}", self.path) };
        Self { path, ..self }
    }
}

/// The value of a key of the settings, read; its default where the key is missing.
pub fn setting_of<T: Default>(
    settings: &Value,
    key: &str,
    read: impl FnOnce(&Value) -> Result<T, SettingError>,
) -> Result<T, SettingError> {
    settings.get(key).map_or_else(|| Ok(T::default()), read).map_err(|error| error.below(key))
}

impl From<SettingError> for Refusal {
    fn from(error: SettingError) -> Self {
        Self::new(
            Reason::InvalidSetting,
            format!("the setting {} cannot be used: {}", error.path, error.problem),
            "Correct the key named in DETAIL. The keys with their values and defaults: SELECT * FROM awgp.tenant_settings()",
        )
        .with("key", error.path)
        .with("problem", error.problem)
    }
}
