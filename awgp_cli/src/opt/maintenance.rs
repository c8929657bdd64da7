//! The arguments of `awgp maintenance`.

use clap::{Args, Subcommand};

/// Maintenance.
#[derive(Debug, Subcommand)]
pub enum Maintenance {
    /// Run everything that is due, step by step, each in a transaction of its own.
    ///
    /// Run it daily or more often where no background worker does (docs/partitions.md). The exit code is 12 when a
    /// step failed, and 9 when maintenance is running already, here or in the background.
    Run(MaintenanceRun),
}

/// What to run.
#[derive(Args, Debug)]
pub struct MaintenanceRun {
    /// What is due at this time, as 2026-03-31T17:00:00Z, in place of now.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Only this step; give the option once for each.
    #[arg(long, value_name = "STEP")]
    pub only: Vec<String>,
}
