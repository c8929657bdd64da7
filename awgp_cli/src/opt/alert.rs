//! The arguments of `awgp alert`.

use super::{Limit, Narrow};
use clap::{Args, Subcommand};

/// Alerts of budgets.
#[derive(Debug, Subcommand)]
pub enum Alert {
    /// List the alerts that the tenant sees, the newest first.
    #[command(after_help = examples!("awgp alert list --kind overrun --newer-than '7 days' --tenant north"))]
    List(AlertList),
}

/// Which alerts to list.
#[derive(Args, Debug)]
pub struct AlertList {
    /// Only of this kind: threshold (a part of a budget is used) or overrun (more was spent than it allows).
    #[arg(long)]
    pub kind: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}
