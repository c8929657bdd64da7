//! The arguments of `awgp maintenance`.

use clap::{Args, Subcommand};

/// Maintenance.
#[derive(Debug, Subcommand)]
pub enum Maintenance {
    /// Run everything that is due, step by step, each in its own transaction.
    ///
    /// Run it daily or more often where no background worker does (docs/maintenance.md). The exit code is 12
    /// when a step failed, and 9 when maintenance is running already, here or in the background. On a
    /// standby it says so, does nothing, and the exit code is 0.
    #[command(after_help = examples!(
        "awgp maintenance run",
        "awgp maintenance run --only ensure_partitions"
    ))]
    Run(MaintenanceRun),
}

/// What to run.
#[derive(Args, Debug)]
pub struct MaintenanceRun {
    /// Run what is due at this time, such as 2026-03-31T17:00:00Z, instead of now.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Only this step; repeat the option for several.
    #[arg(long, value_name = "STEP")]
    pub only: Vec<String>,
}
