//! The arguments of `awgp cost`.

use super::Limit;
use clap::{Args, Subcommand, ValueEnum};

/// What was spent.
#[derive(Debug, Subcommand)]
pub enum Cost {
    /// Record what a call has cost. Without --amount it is computed from the tokens and the model's price.
    Record(CostRecord),
    /// Add up what was spent, by assistant, model, work item, day or tenant.
    Report(CostReport),
}

/// A cost.
#[derive(Args, Debug)]
pub struct CostRecord {
    /// Who spent it: the assistant's slug or id.
    #[arg(long)]
    pub assistant: String,
    /// Who was paid: openai, anthropic, openrouter or local.
    #[arg(long)]
    pub provider: String,
    /// The model, as its provider calls it.
    #[arg(long)]
    pub model: String,
    /// Tokens sent, those from the provider's cache included.
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub input_tokens: i64,
    /// Tokens received.
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub output_tokens: i64,
    /// Of those sent, the ones that the provider had in its cache.
    #[arg(long, value_name = "TOKENS")]
    pub cached_tokens: Option<i64>,
    /// What it cost, an exact decimal [default: computed].
    #[arg(long, value_name = "AMOUNT")]
    pub amount: Option<String>,
    /// The work item it was spent on, by id.
    #[arg(long, value_name = "ID")]
    pub work_item: Option<String>,
    /// What else is known of the call, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub metadata: Option<String>,
    /// A name for this cost: recorded twice under it, it is recorded once.
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

/// How to add up.
#[derive(Args, Debug)]
pub struct CostReport {
    /// By what.
    #[arg(long, value_enum, default_value_t = By::Assistant)]
    pub by: By,
    /// From this day on, as 2026-03-01; days are the tenant's [default: 29 days before --until].
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
    /// The tenant that paid: a holding's subsidiaries side by side.
    Tenant,
}
