//! The arguments of `awgp cost`.

use super::Limit;
use clap::{Args, Subcommand, ValueEnum};

/// Costs.
#[derive(Debug, Subcommand)]
pub enum Cost {
    /// Record the cost of a call. Without --amount it is computed from the tokens and the model's price.
    Record(CostRecord),
    /// Add up costs, by assistant, model, work item, day or tenant.
    Report(CostReport),
}

/// A cost.
#[derive(Args, Debug)]
pub struct CostRecord {
    /// The assistant's slug or id.
    #[arg(long)]
    pub assistant: String,
    /// The provider: openai, anthropic, openrouter, local or another.
    #[arg(long)]
    pub provider: String,
    /// The model, as its provider names it.
    #[arg(long)]
    pub model: String,
    /// Tokens sent, including those from the provider's cache.
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub input_tokens: i64,
    /// Tokens received.
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub output_tokens: i64,
    /// Those of the tokens sent that the provider had in its cache.
    #[arg(long, value_name = "TOKENS")]
    pub cached_tokens: Option<i64>,
    /// The cost, an exact decimal [default: computed].
    #[arg(long, value_name = "AMOUNT")]
    pub amount: Option<String>,
    /// The work item's id.
    #[arg(long, value_name = "ID")]
    pub work_item: Option<String>,
    /// Further data about the call, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub metadata: Option<String>,
    /// A name for this cost: a cost recorded twice with it is recorded once.
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

/// How to add up.
#[derive(Args, Debug)]
pub struct CostReport {
    /// What to add up by.
    #[arg(long, value_enum, default_value_t = By::Assistant)]
    pub by: By,
    /// From this day on, such as 2026-03-01; days are the tenant's [default: 29 days before --until].
    #[arg(long, value_name = "DAY")]
    pub since: Option<String>,
    /// Up to this day, included [default: today].
    #[arg(long, value_name = "DAY")]
    pub until: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// By what costs are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// The assistant that spent it.
    Assistant,
    /// The model that was called.
    Model,
    /// The work item it was spent on.
    WorkItem,
    /// The day, in the tenant's time zone.
    Day,
    /// The tenant that paid, which compares a holding's subsidiaries.
    Tenant,
}
