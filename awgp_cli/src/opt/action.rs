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
    #[command(after_help = examples!(
        "awgp action begin 3f2a91c4 pay --provider openai --estimated-cost 0.50 \\",
        "    --idempotency-key invoice-7 --tenant north"
    ))]
    Begin(ActionBegin),
    /// End an action, and report its cost.
    #[command(after_help = examples!(
        "awgp action finish 9c4e77b0 succeeded --model gpt-4o --input-tokens 1200 \\",
        "    --output-tokens 300 --tenant north"
    ))]
    Finish(ActionFinish),
    /// Say what became of an action whose outcome is unknown, as --user.
    #[command(after_help = examples!(
        "awgp action reconcile 9c4e77b0 failed --reason 'the bank has no such transfer' \\",
        "    --tenant north --user ada@north.example"
    ))]
    Reconcile(ActionReconcile),
    /// List the actions that the tenant sees, or those that were denied, the newest first.
    #[command(after_help = examples!(
        "awgp action list --status begun --tenant north",
        "awgp action list --denied --newer-than '1 day' --tenant north"
    ))]
    List(ActionList),
    /// Show one action.
    #[command(after_help = examples!("awgp action show 9c4e77b0 --tenant north"))]
    Show(ActionNamed),
}

/// A new action.
#[derive(Args, Debug)]
pub struct ActionBegin {
    /// The work item's id, or the beginning of it.
    pub work_item: String,
    /// The action: one of the assistant's capabilities.
    pub action: String,
    /// The provider whose credit pool pays for it.
    #[arg(long)]
    pub provider: Option<String>,
    /// The amount to reserve for it, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub estimated_cost: Option<String>,
    /// How long it may take, such as "15 minutes", before nobody knows whether it happened.
    #[arg(long, value_name = "INTERVAL")]
    pub expires_in: Option<String>,
    /// Your name for this action: calls with the same key are one action, however often you make them.
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// What it is called with, JSON. Only the digest is kept.
    #[arg(long, value_name = "JSON")]
    pub arguments: Option<String>,
    /// The approval of this action under which alone it may begin, by id.
    #[arg(long, value_name = "ID")]
    pub approval: Option<String>,
    /// The assistant that acts, by slug or id: an action of another assistant's work item is denied.
    #[arg(long, value_name = "ASSISTANT")]
    pub assistant: Option<String>,
}

/// The end of an action.
#[derive(Args, Debug)]
pub struct ActionFinish {
    /// The action's id, or the beginning of it.
    pub action: String,
    /// How it ended: succeeded, failed, abandoned, or unknown if it cannot be told.
    pub outcome: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub spent: ActionSpent,
}

/// What became of an action.
#[derive(Args, Debug)]
pub struct ActionReconcile {
    /// The action's id.
    pub action: String,
    /// How it ended: succeeded, failed or abandoned.
    pub outcome: String,
    /// How you know.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub spent: ActionSpent,
}

/// What an action cost, and what came of it.
#[derive(Args, Debug)]
pub struct ActionSpent {
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
    /// Answer with the place of the event in the audit trail: lane, number and hash.
    #[arg(long)]
    pub receipt: bool,
}

/// Which actions to list.
#[derive(Args, Debug)]
pub struct ActionList {
    /// Only with this status: begun, succeeded, failed, unknown or abandoned.
    #[arg(long)]
    pub status: Option<String>,
    /// List what was denied instead, with the reason of each: a denied action has not begun.
    #[arg(long, conflicts_with = "status")]
    pub denied: bool,
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
    /// Its id, or the beginning of it.
    pub id: String,
}
