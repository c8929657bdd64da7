//! The arguments of `awgp assistant`.

use super::{Limit, Load, Making, Named, Narrow};
use clap::{Args, Subcommand};

/// AI assistants.
#[derive(Debug, Subcommand)]
pub enum Assistant {
    /// Create an assistant in the tenant.
    #[command(after_help = examples!(
        "awgp assistant create Ledger --slug ledger --type shared_finance --risk-tier 2 \\",
        "    --capability read --capability pay --tenant north"
    ))]
    Create(AssistantCreate),
    /// Create assistants from CSV, one a line: all, or none and the line of each fault.
    ///
    /// Columns: name, slug, type, risk_tier, capabilities (with ; between
    /// them), configuration, model_config, max_cost_per_day.
    #[command(after_help = examples!("awgp assistant load assistants.csv --dry-run --tenant north"))]
    Load(Load),
    /// List the assistants that the tenant sees.
    #[command(after_help = examples!(
        "awgp assistant list --tenant north",
        "awgp assistant list --status suspended --tenant north"
    ))]
    List(AssistantList),
    /// Show one assistant, and its open work.
    #[command(after_help = examples!("awgp assistant show ledger --tenant north"))]
    Show(Named),
    /// Suspend an assistant: it begins no work any more. Its open work is shown, and stays.
    #[command(after_help = examples!(
        "awgp assistant suspend ledger --reason 'paid twice' --tenant north --user ada@north.example"
    ))]
    Suspend(AssistantSuspend),
    /// Activate an assistant that is new, or was suspended.
    #[command(visible_alias = "activate")]
    #[command(after_help = examples!(
        "awgp assistant resume ledger --reason 'the cause is mended' --tenant north \\",
        "    --user ada@north.example"
    ))]
    Resume(AssistantResume),
    /// Change an assistant. Approvals that wait for its work may have to be asked again.
    #[command(after_help = examples!(
        "awgp assistant update ledger --risk-tier 1 --max-cost-per-day 5 --tenant north \\",
        "    --user ada@north.example"
    ))]
    Update(AssistantUpdate),
    /// Retire an assistant: it is inactive and begins no work. Its open work is shown, and stays.
    #[command(after_help = examples!(
        "awgp assistant retire ledger --reason replaced --tenant north --user ada@north.example"
    ))]
    Retire(AssistantRetire),
}

/// A new assistant.
#[derive(Args, Debug)]
pub struct AssistantCreate {
    /// Its name.
    pub name: String,
    /// Its short name; unique within the tenant.
    #[arg(long)]
    pub slug: String,
    /// Its type: executive_cos, shared_finance, company_operations, custom, …
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: String,
    /// The highest risk level, 0 to 5, at which it works without approval.
    #[arg(long, value_name = "LEVEL")]
    pub risk_tier: Option<i64>,
    /// An action that it may take; repeat the option for several.
    #[arg(long = "capability", value_name = "ACTION")]
    pub capabilities: Vec<String>,
    /// Configuration, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub configuration: Option<String>,
    /// Provider and model, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub model_config: Option<String>,
    /// Its highest cost per day, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub max_cost_per_day: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub making: Making,
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
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// Which assistant to suspend.
#[derive(Args, Debug)]
pub struct AssistantSuspend {
    /// Its slug or id.
    #[arg(value_name = "SLUG_OR_ID")]
    pub slug_or_id: String,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Which assistant to activate.
#[derive(Args, Debug)]
pub struct AssistantResume {
    /// Its slug or id.
    #[arg(value_name = "SLUG_OR_ID")]
    pub slug_or_id: String,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// What changes of an assistant.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct AssistantUpdate {
    /// Its slug or id.
    #[arg(value_name = "SLUG_OR_ID")]
    pub slug_or_id: String,
    /// Its name.
    #[arg(long, group = "change")]
    pub name: Option<String>,
    /// What it is for; empty to remove it.
    #[arg(long, value_name = "TEXT", group = "change")]
    pub description: Option<String>,
    /// The highest risk level, 0 to 5, at which it works without approval.
    #[arg(long, value_name = "LEVEL", group = "change")]
    pub risk_tier: Option<i64>,
    /// An action that it may take; repeat the option for several. They replace the present ones.
    #[arg(long = "capability", value_name = "ACTION", group = "change")]
    pub capabilities: Vec<String>,
    /// Configuration, a JSON object that replaces the present one.
    #[arg(long, value_name = "JSON", group = "change")]
    pub configuration: Option<String>,
    /// Provider and model, a JSON object that replaces the present one.
    #[arg(long, value_name = "JSON", group = "change")]
    pub model_config: Option<String>,
    /// Its highest cost per day, an exact decimal.
    #[arg(long, value_name = "AMOUNT", group = "change")]
    pub max_cost_per_day: Option<String>,
}

/// Which assistant to retire.
#[derive(Args, Debug)]
pub struct AssistantRetire {
    /// Its slug or id.
    #[arg(value_name = "SLUG_OR_ID")]
    pub slug_or_id: String,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}
