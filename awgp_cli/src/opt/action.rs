//! The arguments of `awgp action`.

use clap::{Args, Subcommand};

/// Governed actions of assistants.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Ask for an action of a work item's assistant, and begin it where it is allowed.
    ///
    /// The exit code is 0 where it is allowed, 5 where money or a quota is wanting, and 3 where it is denied for another
    /// reason. The answer is printed in every case.
    Begin(ActionBegin),
    /// End an action, and say what it cost.
    Finish(ActionFinish),
}

/// A new action.
#[derive(Args, Debug)]
pub struct ActionBegin {
    /// The work item's id.
    pub work_item: String,
    /// What is to be done: one of the assistant's capabilities.
    pub action: String,
    /// From whose credit pool it is paid.
    #[arg(long)]
    pub provider: Option<String>,
    /// What is set aside for it, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub estimated_cost: Option<String>,
    /// How long it may take, such as "15 minutes", before it counts as abandoned.
    #[arg(long, value_name = "INTERVAL")]
    pub expires_in: Option<String>,
    /// Your name for this action: the same call under the same key is one action, however often it is made.
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

/// The end of an action.
#[derive(Args, Debug)]
pub struct ActionFinish {
    /// The action's id.
    pub action: String,
    /// How it ended: succeeded, failed or abandoned.
    pub outcome: String,
    /// The model that was used, where it cost anything.
    #[arg(long)]
    pub model: Option<String>,
    /// How many tokens went in.
    #[arg(long, value_name = "TOKENS")]
    pub input_tokens: Option<i64>,
    /// How many came out.
    #[arg(long, value_name = "TOKENS")]
    pub output_tokens: Option<i64>,
    /// What it cost, an exact decimal; without it the price list is asked.
    #[arg(long, value_name = "AMOUNT")]
    pub cost_amount: Option<String>,
    /// What came of it, JSON.
    #[arg(long, value_name = "JSON")]
    pub result: Option<String>,
}
