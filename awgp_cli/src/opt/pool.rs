//! The arguments of `awgp pool`.

use super::{Limit, Making};
use clap::{Args, Subcommand};

/// Budgets.
#[derive(Debug, Subcommand)]
pub enum Pool {
    /// Create a budget for a provider; a tenant has one per provider.
    #[command(after_help = examples!(
        "awgp pool create openai --budget 500 --reset-day 1 --tenant north --user ada@north.example"
    ))]
    Create(PoolCreate),
    /// Show each budget: what is spent, held and left, and when it runs out at the present rate. A holding
    /// also sees those of its subsidiaries.
    #[command(after_help = examples!("awgp pool list --tenant north"))]
    List(Limit),
    /// Change the tenant's budget for a provider, or its reset day.
    #[command(after_help = examples!(
        "awgp pool set openai --budget 600 --tenant north --user ada@north.example"
    ))]
    Set(PoolSet),
    /// Add to the tenant's budget for a provider, from now on or only until a time.
    ///
    /// What is added until a time ends by itself. While it lasts, more of it has the same end.
    #[command(after_help = examples!(
        "awgp pool top-up openai 100 --reason 'a second campaign' --tenant north --user ada@north.example",
        "awgp pool top-up openai 200 --until 2026-12-24 --tenant north --user ada@north.example"
    ))]
    TopUp(PoolTopUp),
    /// Show the periods of a budget, the newest first.
    #[command(after_help = examples!("awgp pool history openai --tenant north"))]
    History(PoolHistory),
}

/// A new budget.
#[derive(Args, Debug)]
pub struct PoolCreate {
    /// The provider: openai, anthropic, openrouter, local, azure, bedrock, vertex_ai, gemini, mistral, groq,
    /// or any that the tenant's settings or the price list name.
    pub provider: String,
    /// The limit per period, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub budget: String,
    /// The day of the month, 1 to 31, on which a period begins [default: the server's, 1].
    #[arg(long, value_name = "DAY")]
    pub reset_day: Option<i64>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub making: Making,
}

/// What changes.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct PoolSet {
    /// The provider.
    pub provider: String,
    /// The limit per period.
    #[arg(long, value_name = "AMOUNT", group = "change")]
    pub budget: Option<String>,
    /// The day of the month, 1 to 31, on which a period begins.
    #[arg(long, value_name = "DAY", group = "change")]
    pub reset_day: Option<i64>,
}

/// Which budget.
#[derive(Args, Debug)]
pub struct PoolHistory {
    /// The provider.
    pub provider: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// What is added to a budget.
#[derive(Args, Debug)]
pub struct PoolTopUp {
    /// The provider.
    pub provider: String,
    /// The amount, an exact decimal; a negative one takes it away again.
    #[arg(allow_negative_numbers = true)]
    pub amount: String,
    /// Only until then, such as "2027-01-03 17:00" or "in 3 days". A day alone, such as 2026-12-24, is
    /// included.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Why; the trail keeps it.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}
