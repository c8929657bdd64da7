//! Arguments of several nouns.

use clap::Args;

/// Something that has a slug.
#[derive(Args, Debug)]
pub struct Named {
    /// Its slug or id.
    #[arg(value_name = "SLUG_OR_ID")]
    pub slug_or_id: String,
}

/// How many rows at most.
#[derive(Args, Clone, Copy, Debug)]
pub struct Limit {
    /// How many rows at most.
    #[arg(long = "limit", value_name = "ROWS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rows: u32,
}
