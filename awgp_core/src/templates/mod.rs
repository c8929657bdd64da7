//! Templates of assistants: the properties of an assistant made from one, and what a newer version would
//! change.
//!
//! - [`patch`] JSON Merge Patch (RFC 7396) on JSON text, so that numbers keep their digits
//! - [`overrides`] what may be different when an assistant is made
//! - [`digest`] the digest of a template's content
//! - [`difference`] two contents compared, path by path

pub mod difference;
pub mod digest;
pub mod overrides;
pub mod patch;

use crate::reason::Reason;
use crate::refusal::Refusal;
use serde_json::value::RawValue;
use thiserror::Error;

/// What an assistant gets from a template.
#[derive(Clone, Debug)]
pub struct Content {
    /// `description`.
    pub description: Option<String>,
    /// `type`.
    pub kind: String,
    /// `capabilities`.
    pub capabilities: Option<Vec<String>>,
    /// `configuration`, an object.
    pub configuration: Box<RawValue>,
    /// `model_config`, an object.
    pub model_config: Box<RawValue>,
    /// `risk_tier`.
    pub risk_tier: i32,
    /// `max_cost_per_day`, a decimal as text.
    pub max_cost_per_day: String,
}

/// Overrides that cannot be used: the path of the key and the rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key} {rule}")]
pub struct TemplateError {
    /// Such as `overrides.risk_tier`.
    pub key: String,
    /// What it must be, as the end of a sentence that begins with the key.
    pub rule: String,
}

impl TemplateError {
    /// The key and the rule it breaks.
    pub fn new(key: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { key: key.into(), rule: rule.into() }
    }
}

impl From<TemplateError> for Refusal {
    fn from(error: TemplateError) -> Self {
        let TemplateError { key, rule } = error;
        let hint = format!("Correct {key}: it {rule}.");
        Self::new(Reason::InvalidTemplate, format!("{key} cannot be used"), hint)
            .with("key", key)
            .with("rule", rule)
    }
}

/// No template has this slug.
pub fn unknown_template(slug: &str) -> Refusal {
    Refusal::new(
        Reason::UnknownTemplate,
        "no template has this slug",
        "List the templates with: awgp template list",
    )
    .with("slug", slug)
}

/// A statement would write a template that AWGP ships.
pub fn system_template(slug: &str) -> Refusal {
    Refusal::new(
        Reason::SystemTemplate,
        "a template that AWGP ships cannot be changed",
        "Create your own template, with another slug and is_system false.",
    )
    .with("slug", slug)
}
