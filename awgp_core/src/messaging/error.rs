//! What is wrong with a policy or with the tenant's settings, and where.

use crate::reason::Reason;
use crate::refusal::Refusal;
use thiserror::Error;

/// A policy that cannot be written: the path of the key, and the rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key} {rule}")]
pub struct PolicyError {
    /// Such as `content_rules.forbidden_patterns[2]`.
    pub key: String,
    /// What it must be, as the end of a sentence that begins with the key.
    pub rule: String,
}

impl PolicyError {
    /// The key and the rule it breaks.
    pub fn new(key: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { key: key.into(), rule: rule.into() }
    }
}

impl From<PolicyError> for Refusal {
    fn from(error: PolicyError) -> Self {
        let PolicyError { key, rule } = error;
        let hint = format!("Correct {key}: it {rule}.");
        Self::new(Reason::InvalidPolicy, format!("{key} cannot be used"), hint)
            .with("key", key)
            .with("rule", rule)
    }
}
