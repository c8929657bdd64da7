//! The arguments of `awgp action`.

use super::{Limit, Narrow};
use clap::{Args, Subcommand};

/// Governed actions of assistants.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Request an action of a work item's assistant, and begin it if it is allowed.
    ///
    /// The exit code is 0 where it is allowed, 5 where money or a quota is exceeded, and 3 where it is denied
    /// for another reason. The answer is printed in every case.
    Begin(ActionBegin),
    /// End an action, and report its cost.
    Finish(ActionFinish),
    /// List the actions that the tenant sees, the newest first.
    ///
    /// Example: awgp action list --status begun --tenant north
    List(ActionList),
    /// Show one action.
    ///
    /// Example: awgp action show 6f1c… --tenant north
    Show(ActionNamed),
}

/// A new action.
#[derive(Args, Debug)]
pub struct ActionBegin {
    /// The work item's id.
    pub work_item: String,
    /// The action: one of the assistant's capabilities.
    pub action: String,
    /// The provider whose credit pool pays for it.
    #[arg(long)]
    pub provider: Option<String>,
    /// The amount to reserve for it, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub estimated_cost: Option<String>,
    /// How long it may take, such as "15 minutes", before it counts as abandoned.
    #[arg(long, value_name = "INTERVAL")]
    pub expires_in: Option<String>,
    /// Your name for this action: calls with the same key are one action, however often you make them.
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
    /// The model that was used, if it had a cost.
    #[arg(long)]
    pub model: Option<String>,
    /// Tokens sent.
    #[arg(long, value_name = "TOKENS")]
    pub input_tokens: Option<i64>,
    /// Tokens received.
    #[arg(long, value_name = "TOKENS")]
    pub output_tokens: Option<i64>,
    /// Its cost, an exact decimal; without it the cost is computed from the price list.
    #[arg(long, value_name = "AMOUNT")]
    pub cost_amount: Option<String>,
    /// The result, JSON.
    #[arg(long, value_name = "JSON")]
    pub result: Option<String>,
}

/// Which actions to list.
#[derive(Args, Debug)]
pub struct ActionList {
    /// Only with this status: begun, succeeded, failed or abandoned.
    #[arg(long)]
    pub status: Option<String>,
    /// Only of this assistant, by slug or id.
    #[arg(long)]
    pub assistant: Option<String>,
    /// Only for this work item, by id.
    #[arg(long, value_name = "ID")]
    pub work_item: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// Which action.
#[derive(Args, Debug)]
pub struct ActionNamed {
    /// Its id.
    pub id: String,
}
