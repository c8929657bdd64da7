//! The arguments of `awgp import`.

use super::Sure;
use clap::Args;

/// What to import, and how.
#[derive(Args, Debug)]
pub struct Import {
    /// The schema of the application's tables, such as public.
    #[arg(long, value_name = "SCHEMA")]
    pub from_schema: String,
    /// Only list what would be imported and what does not fit. Nothing is written.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
    /// The most rows to list of one rule.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub sample: u32,
}
