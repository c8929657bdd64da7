//! The arguments of `awgp notify`.

use clap::Args;
use std::path::PathBuf;

/// Delivery of notices.
#[derive(Args, Debug)]
pub struct Notify {
    /// The file of targets: under each name where notices go, with its secrets. Nobody but its owner may read
    /// it. docs/notices.md describes it. [env: AWGP_NOTIFY_FILE]
    #[arg(long, value_name = "FILE")]
    pub targets: Option<PathBuf>,
    /// Deliver what is due, then end: for cron. The exit code is 12 when something was not delivered.
    #[arg(long)]
    pub once: bool,
    /// Only check the file, and list its targets. Connects to nothing.
    #[arg(long, conflicts_with_all = ["once", "retry_dead"])]
    pub check: bool,
    /// Only send one notice to this target, which says that it is a test. Connects to no database. The exit
    /// code is 12 when it was not delivered.
    #[arg(long, value_name = "TARGET", conflicts_with_all = ["once", "check", "retry_dead"])]
    pub test: Option<String>,
    /// First make the dead letters of the file's targets due again.
    #[arg(long)]
    pub retry_dead: bool,
    /// How many seconds to wait before looking again, if no notification comes.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub every: u64,
    /// How many notices of a target are on their way at the same time.
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(i32).range(1..=64))]
    pub parallel: i32,
}
