//! The arguments of `awgp assistant`.

use super::{Limit, Named};
use clap::{Args, Subcommand};

/// AI assistants.
#[derive(Debug, Subcommand)]
pub enum Assistant {
    /// Create an assistant in the tenant.
    Create(AssistantCreate),
    /// List the assistants that the tenant sees.
    List(AssistantList),
    /// Show one assistant, and its open work.
    Show(Named),
    /// Stop an assistant: it begins nothing any more. What it has under way is shown, and stays.
    Suspend(AssistantSuspend),
    /// Let an assistant work: one that is new, or was stopped.
    #[command(visible_alias = "activate")]
    Resume(AssistantResume),
}

/// A new assistant.
#[derive(Args, Debug)]
pub struct AssistantCreate {
    /// Its name.
    pub name: String,
    /// Its short name; unique within the tenant.
    #[arg(long)]
    pub slug: String,
    /// What it is for: executive_cos, shared_finance, company_operations, custom, …
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: String,
    /// Up to which risk level, 0 to 5, it works without approval.
    #[arg(long, value_name = "LEVEL")]
    pub risk_tier: Option<i64>,
    /// An action it may take; give the option once for each.
    #[arg(long = "capability", value_name = "ACTION")]
    pub capabilities: Vec<String>,
    /// Configuration, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub configuration: Option<String>,
    /// Provider and model, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub model_config: Option<String>,
    /// What it may cost a day, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub max_cost_per_day: Option<String>,
}

/// Which assistants to list.
#[derive(Args, Debug)]
pub struct AssistantList {
    /// Only with this status: active, inactive, suspended or error.
    #[arg(long)]
    pub status: Option<String>,
    /// Only of this type.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// Which assistant to stop.
#[derive(Args, Debug)]
pub struct AssistantSuspend {
    /// Its slug or id.
    #[arg(value_name = "SLUG_OR_ID")]
    pub slug_or_id: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Which assistant to let work.
#[derive(Args, Debug)]
pub struct AssistantResume {
    /// Its slug or id.
    #[arg(value_name = "SLUG_OR_ID")]
    pub slug_or_id: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}
