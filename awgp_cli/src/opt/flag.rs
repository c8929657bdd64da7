//! The arguments of `awgp flag`.

use super::{Limit, Making, Narrow};
use clap::{Args, Subcommand};

/// Hallucination flags.
#[derive(Debug, Subcommand)]
pub enum Flag {
    /// Flag what an assistant has said, for review.
    #[command(after_help = examples!(
        "awgp flag create --assistant ledger --method fact_check --confidence 0.8 \\",
        "    --content 'The invoice is paid.' --tenant north"
    ))]
    Create(FlagCreate),
    /// List the flags that the tenant sees, the newest first.
    #[command(after_help = examples!("awgp flag list --status pending --tenant north"))]
    List(FlagList),
    /// Review a flag, as the user of --user.
    #[command(after_help = examples!(
        "awgp flag review 6f1c02d7 --status confirmed --notes 'there is no such invoice' \\",
        "    --tenant north --user ada@north.example"
    ))]
    Review(FlagReview),
    /// Show how often each assistant is wrong, with which model.
    #[command(after_help = examples!("awgp flag quality --tenant north"))]
    Quality(Limit),
}

/// A new flag.
#[derive(Args, Debug)]
pub struct FlagCreate {
    /// The assistant's slug or id.
    #[arg(long)]
    pub assistant: String,
    /// How it was detected: confidence, fact_check, pattern, or a method that the tenant's settings list.
    #[arg(long)]
    pub method: String,
    /// How sure the detector is, 0 to 1.
    #[arg(long)]
    pub confidence: Option<String>,
    /// What was said.
    #[arg(long, value_name = "TEXT")]
    pub content: Option<String>,
    /// The work item's id, or the beginning of it.
    #[arg(long, value_name = "ID")]
    pub work_item: Option<String>,
    /// The conversation's id, or the beginning of it.
    #[arg(long, value_name = "ID")]
    pub conversation: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub making: Making,
}

/// Which flags to list.
#[derive(Args, Debug)]
pub struct FlagList {
    /// Only with this status: pending, reviewed, false_positive or confirmed.
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

/// A review.
#[derive(Args, Debug)]
pub struct FlagReview {
    /// The flag's id, or the beginning of it.
    pub id: String,
    /// The result: reviewed (undecided), false_positive or confirmed.
    #[arg(long)]
    pub status: String,
    /// Notes.
    #[arg(long, value_name = "TEXT")]
    pub notes: Option<String>,
}
