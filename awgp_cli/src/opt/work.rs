//! The arguments of `awgp work`.

use super::{Limit, Load, Making, Narrow, Sure};
use clap::{Args, Subcommand};

/// Work items.
#[derive(Debug, Subcommand)]
pub enum Work {
    /// Create a work item for an assistant of the tenant.
    #[command(after_help = examples!(
        "awgp work create 'Pay invoice 7' --assistant ledger --risk-level 3 \\",
        "    --due-at 'tomorrow 17:00' --tenant north"
    ))]
    Create(WorkCreate),
    /// Create work items from CSV, one a line: all, or none and the line of each fault.
    ///
    /// Columns: title, assistant, description, risk_level, priority,
    /// estimated_cost, context, due_at.
    #[command(after_help = examples!("awgp work load work.csv --dry-run --tenant north"))]
    Load(Load),
    /// List the work items that the tenant sees, the newest first.
    #[command(after_help = examples!(
        "awgp work list --tenant north",
        "awgp work list --status awaiting_approval --match invoice --older-than '3 days' --tenant north"
    ))]
    List(WorkList),
    /// Show one work item.
    #[command(after_help = examples!("awgp work show 3f2a91c4 --tenant north"))]
    Show(WorkShow),
    /// Change a work item. An approval that waits for it may have to be asked again.
    #[command(after_help = examples!(
        "awgp work edit 3f2a91c4 --priority 1 --due-at 'in 3 days' --tenant north"
    ))]
    Edit(WorkEdit),
    /// Give a work item to another assistant of the tenant.
    #[command(after_help = examples!("awgp work reassign 3f2a91c4 --assistant scribe --tenant north"))]
    Reassign(WorkReassign),
    /// Begin a work item. One above its assistant's risk tier needs an approval, which is then used.
    #[command(after_help = examples!("awgp work start 3f2a91c4 --tenant north"))]
    Start(WorkShow),
    /// End a work item that is done.
    #[command(after_help = examples!(
        "awgp work complete 3f2a91c4 --result '{\"paid\": true}' --actual-cost 0.42 --tenant north"
    ))]
    Complete(WorkComplete),
    /// End a work item that failed.
    #[command(after_help = examples!(
        "awgp work fail 3f2a91c4 --reason 'the bank refused it' --tenant north"
    ))]
    Fail(WorkClose),
    /// Cancel a work item; its waiting approval is withdrawn.
    #[command(after_help = examples!(
        "awgp work cancel 3f2a91c4 --reason 'paid by hand' --yes --tenant north"
    ))]
    Cancel(WorkCancel),
}

/// A new work item.
#[derive(Args, Debug)]
pub struct WorkCreate {
    /// The title.
    pub title: String,
    /// The assistant's slug or id.
    #[arg(long)]
    pub assistant: String,
    /// The description.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// How risky it is, 0 to 5.
    #[arg(long, value_name = "LEVEL")]
    pub risk_level: Option<i64>,
    /// How urgent it is, 1 (highest) to 5.
    #[arg(long)]
    pub priority: Option<i64>,
    /// Its estimated cost, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub estimated_cost: Option<String>,
    /// Data for the task, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub context: Option<String>,
    /// When it is due, such as 2027-01-03, "tomorrow 17:00" or "in 3 days". A day alone is due when it ends.
    #[arg(long, value_name = "TIME")]
    pub due_at: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub making: Making,
}

/// Which work items to list.
#[derive(Args, Debug)]
pub struct WorkList {
    /// Only with this status: backlog, in_progress, awaiting_approval, completed, failed or cancelled.
    #[arg(long)]
    pub status: Option<String>,
    /// Only of this assistant, by slug or id.
    #[arg(long)]
    pub assistant: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// Which work item to show.
#[derive(Args, Debug)]
pub struct WorkShow {
    /// Its id, or the beginning of it.
    pub id: String,
}

/// A work item that is done.
#[derive(Args, Debug)]
pub struct WorkComplete {
    /// Its id, or the beginning of it.
    pub id: String,
    /// The result, as JSON.
    #[arg(long, value_name = "JSON")]
    pub result: Option<String>,
    /// Its cost, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub actual_cost: Option<String>,
}

/// A work item to cancel.
#[derive(Args, Debug)]
pub struct WorkCancel {
    /// Its id, or the beginning of it.
    pub id: String,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
}

/// A work item that fails.
#[derive(Args, Debug)]
pub struct WorkClose {
    /// Its id, or the beginning of it.
    pub id: String,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// What changes of a work item.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct WorkEdit {
    /// Its id, or the beginning of it.
    pub id: String,
    /// The title.
    #[arg(long, group = "change")]
    pub title: Option<String>,
    /// The description; empty to remove it.
    #[arg(long, value_name = "TEXT", group = "change")]
    pub description: Option<String>,
    /// How risky it is, 0 to 5.
    #[arg(long, value_name = "LEVEL", group = "change")]
    pub risk_level: Option<i64>,
    /// How urgent it is, 1 (highest) to 5.
    #[arg(long, group = "change")]
    pub priority: Option<i64>,
    /// Its estimated cost, an exact decimal.
    #[arg(long, value_name = "AMOUNT", group = "change")]
    pub estimated_cost: Option<String>,
    /// Data for the task, a JSON object that replaces the present one.
    #[arg(long, value_name = "JSON", group = "change")]
    pub context: Option<String>,
    /// When it is due, such as 2027-01-03, "tomorrow 17:00" or "in 3 days". A day alone is due when it ends.
    #[arg(long, value_name = "TIME", group = "change")]
    pub due_at: Option<String>,
}

/// Who does a work item.
#[derive(Args, Debug)]
pub struct WorkReassign {
    /// Its id, or the beginning of it.
    pub id: String,
    /// The assistant's slug or id.
    #[arg(long)]
    pub assistant: String,
}
