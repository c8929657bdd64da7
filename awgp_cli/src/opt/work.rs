//! The arguments of `awgp work`.

use super::{Limit, Load, Making, Narrow};
use clap::{Args, Subcommand};

/// Work items.
#[derive(Debug, Subcommand)]
pub enum Work {
    /// Create a work item for an assistant of the tenant.
    Create(WorkCreate),
    /// Create work items from CSV, one a line: all, or none and the line of each fault.
    ///
    /// Columns: title, assistant, description, risk_level, priority,
    /// estimated_cost, context, due_at.
    Load(Load),
    /// List the work items that the tenant sees, the newest first.
    List(WorkList),
    /// Show one work item.
    Show(WorkShow),
    /// Change a work item. An approval that waits for it may have to be asked again.
    ///
    /// Example: awgp work edit 6f1c… --priority 1 --due-at 2026-03-31T17:00:00Z --tenant north
    Edit(WorkEdit),
    /// Give a work item to another assistant of the tenant.
    ///
    /// Example: awgp work reassign 6f1c… --assistant scribe --tenant north
    Reassign(WorkReassign),
    /// Begin a work item. One above its assistant's risk tier needs an approval, which is then used.
    Start(WorkShow),
    /// End a work item that is done.
    Complete(WorkComplete),
    /// End a work item that failed.
    Fail(WorkClose),
    /// Cancel a work item; its waiting approval is withdrawn.
    Cancel(WorkClose),
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
    /// Its id.
    pub id: String,
}

/// A work item that is done.
#[derive(Args, Debug)]
pub struct WorkComplete {
    /// Its id.
    pub id: String,
    /// The result, as JSON.
    #[arg(long, value_name = "JSON")]
    pub result: Option<String>,
    /// Its cost, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub actual_cost: Option<String>,
}

/// A work item that fails or is cancelled.
#[derive(Args, Debug)]
pub struct WorkClose {
    /// Its id.
    pub id: String,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// What changes of a work item.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct WorkEdit {
    /// Its id.
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
    /// Its id.
    pub id: String,
    /// The assistant's slug or id.
    #[arg(long)]
    pub assistant: String,
}
