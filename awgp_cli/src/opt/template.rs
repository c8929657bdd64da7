//! The arguments of `awgp template`.

use super::{Limit, Narrow};
use clap::{Args, Subcommand};

/// Templates of assistants.
#[derive(Debug, Subcommand)]
pub enum Template {
    /// List the templates.
    List(TemplateList),
    /// Show one template.
    Show(TemplateNamed),
    /// Create an assistant from a template.
    Apply(TemplateApply),
    /// Show what the newest version of its template would change on an assistant. Changes nothing.
    Diff(TemplateDiff),
}

/// Which templates to list.
#[derive(Args, Debug)]
pub struct TemplateList {
    /// Only of this type.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// A template.
#[derive(Args, Debug)]
pub struct TemplateNamed {
    /// Its slug.
    #[arg(value_name = "SLUG")]
    pub slug: String,
}

/// A new assistant from a template.
#[derive(Args, Debug)]
pub struct TemplateApply {
    /// The template's slug.
    #[arg(value_name = "TEMPLATE")]
    pub template: String,
    /// The assistant's name.
    pub name: String,
    /// The assistant's short name; unique within the tenant.
    #[arg(long)]
    pub slug: String,
    /// What is different from the template, a JSON object: description, capabilities, configuration,
    /// model_config, risk_tier, max_cost_per_day. Objects are merged key by key and null removes a key;
    /// anything else replaces the template's value.
    #[arg(long, value_name = "JSON")]
    pub overrides: Option<String>,
}

/// An assistant that was made from a template.
#[derive(Args, Debug)]
pub struct TemplateDiff {
    /// Its slug or id.
    #[arg(value_name = "ASSISTANT")]
    pub assistant: String,
}
