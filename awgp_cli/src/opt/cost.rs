//! The arguments of `awgp cost`.

use super::Limit;
use clap::{Args, Subcommand, ValueEnum};

/// Costs.
#[derive(Debug, Subcommand)]
pub enum Cost {
    /// Record the cost of a call. Without --amount it is computed from the tokens and the model's price.
    #[command(after_help = examples!(
        "awgp cost record --assistant ledger --provider openai --model gpt-4o --input-tokens 1200 \\",
        "    --output-tokens 300 --tenant north"
    ))]
    Record(CostRecord),
    /// Add up costs, by assistant, model, work item, day or tenant.
    #[command(after_help = examples!("awgp cost report --by model --since 2026-11-01 --tenant north"))]
    Report(CostReport),
    /// Show what a call would cost by the price in force.
    #[command(after_help = examples!(
        "awgp cost estimate openai gpt-4o --input-tokens 1200 --output-tokens 300 --tenant north"
    ))]
    Estimate(CostEstimate),
    /// Set money aside before it is spent. It is held only if it fits every limit.
    #[command(after_help = examples!(
        "awgp cost reserve 0.50 --assistant ledger --provider openai --tenant north"
    ))]
    Reserve(CostReserve),
    /// Record the actual cost of a reserved call, and free what was held.
    #[command(after_help = examples!(
        "awgp cost settle 0d5be1f2 --model gpt-4o --amount 0.42 --tenant north"
    ))]
    Settle(CostSettle),
    /// Give back what a reservation holds.
    #[command(after_help = examples!("awgp cost release 0d5be1f2 --tenant north"))]
    Release(CostRelease),
    /// Correct an entry of the ledger by an entry that takes all of it back.
    #[command(after_help = examples!("awgp cost reverse 77c0a9e3 --reason 'recorded twice' --tenant north"))]
    Reverse(CostReverse),
    /// Recompute every balance from entries and reservations. The exit code is 12 when one differs.
    ///
    /// An auditor or maintainer checks every tenant, others the tenants that --tenant sees.
    #[command(after_help = examples!("awgp cost verify-ledger --tenant north"))]
    VerifyLedger,
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
    /// The work item's id, or the beginning of it.
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

/// A call to estimate.
#[derive(Args, Debug)]
pub struct CostEstimate {
    /// The provider.
    pub provider: String,
    /// The model, as its provider names it.
    pub model: String,
    /// Tokens sent.
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub input_tokens: i64,
    /// Tokens received.
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub output_tokens: i64,
    /// Those of the tokens sent that the provider had in its cache.
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub cached_tokens: i64,
    /// By the price at this moment [default: now].
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// Money to set aside.
#[derive(Args, Debug)]
pub struct CostReserve {
    /// The amount, an exact decimal above zero.
    pub amount: String,
    /// The assistant's slug or id.
    #[arg(long)]
    pub assistant: String,
    /// The provider, for which the tenant has a pool.
    #[arg(long)]
    pub provider: String,
    /// The work item's id, or the beginning of it.
    #[arg(long, value_name = "ID")]
    pub work_item: Option<String>,
    /// How long it is held, such as "15 minutes", at most 31 days [default: the server's, 15 minutes].
    #[arg(long, value_name = "INTERVAL")]
    pub expires_in: Option<String>,
    /// A name for this reservation: one made twice with it is made once.
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

/// The cost of a reserved call.
#[derive(Args, Debug)]
pub struct CostSettle {
    /// The reservation's id, or the beginning of it.
    pub reservation: String,
    /// The model, as its provider names it.
    #[arg(long)]
    pub model: String,
    /// Tokens sent.
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub input_tokens: i64,
    /// Tokens received.
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    pub output_tokens: i64,
    /// The cost, an exact decimal [default: computed from the price list].
    #[arg(long, value_name = "AMOUNT")]
    pub amount: Option<String>,
    /// Further data about the call, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub metadata: Option<String>,
}

/// A reservation to give back.
#[derive(Args, Debug)]
pub struct CostRelease {
    /// The reservation's id, or the beginning of it.
    pub reservation: String,
}

/// An entry to take back.
#[derive(Args, Debug)]
pub struct CostReverse {
    /// The entry's id, or the beginning of it.
    pub entry: String,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}
