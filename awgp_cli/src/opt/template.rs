//! The arguments of `awgp template`.

use super::{Limit, Making, Narrow};
use clap::{Args, Subcommand};

/// Templates of assistants.
#[derive(Debug, Subcommand)]
pub enum Template {
    /// List the templates.
    #[command(after_help = examples!("awgp template list --tenant north"))]
    List(TemplateList),
    /// Show one template.
    #[command(after_help = examples!("awgp template show travel --tenant north"))]
    Show(TemplateNamed),
    /// Create a template. Needs the role awgp_admin.
    #[command(after_help = examples!(
        "awgp template create Travel --slug travel --type custom --capability book"
    ))]
    Create(TemplateCreate),
    /// Change a template. Assistants that were made from it stay as they are. Needs the role awgp_admin.
    #[command(after_help = examples!("awgp template update travel --risk-tier 1"))]
    Update(TemplateUpdate),
    /// Create an assistant from a template.
    #[command(after_help = examples!(
        "awgp template apply travel 'Travel desk' --slug travel-desk \\",
        "    --overrides '{\"risk_tier\": 1}' --tenant north"
    ))]
    Apply(TemplateApply),
    /// Show what the newest version of its template would change on an assistant. Changes nothing.
    #[command(after_help = examples!("awgp template diff travel-desk --tenant north"))]
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
    #[command(flatten)]
    #[allow(missing_docs)]
    pub making: Making,
}

/// An assistant that was made from a template.
#[derive(Args, Debug)]
pub struct TemplateDiff {
    /// Its slug or id.
    #[arg(value_name = "ASSISTANT")]
    pub assistant: String,
}

/// What assistants of a template are.
#[derive(Args, Debug)]
pub struct TemplateContent {
    /// What they are for.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// The highest risk level, 0 to 5, at which they work without approval.
    #[arg(long, value_name = "LEVEL")]
    pub risk_tier: Option<i64>,
    /// An action that they may take; repeat the option for several.
    #[arg(long = "capability", value_name = "ACTION")]
    pub capabilities: Vec<String>,
    /// Configuration, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub configuration: Option<String>,
    /// Provider and model, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub model_config: Option<String>,
    /// The highest cost of each per day, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub max_cost_per_day: Option<String>,
}

/// A new template.
#[derive(Args, Debug)]
pub struct TemplateCreate {
    /// Its name.
    pub name: String,
    /// Its short name; unique in the database.
    #[arg(long)]
    pub slug: String,
    /// The type of its assistants.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub content: TemplateContent,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub making: Making,
}

/// What changes of a template.
#[derive(Args, Debug)]
pub struct TemplateUpdate {
    /// Its slug.
    #[arg(value_name = "SLUG")]
    pub slug: String,
    /// Its name.
    #[arg(long)]
    pub name: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub content: TemplateContent,
}
