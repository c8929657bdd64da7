//! Arguments of several nouns.

use clap::Args;
use std::path::PathBuf;

/// Something that has a slug.
#[derive(Args, Debug)]
pub struct Named {
    /// Its slug or id.
    #[arg(value_name = "SLUG_OR_ID")]
    pub slug_or_id: String,
}

/// Which page of a list.
#[derive(Args, Clone, Debug)]
pub struct Limit {
    /// How many rows at most. Where more follow, the last line says how many.
    #[arg(long = "limit", value_name = "ROWS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rows: u32,
    /// Continue after a page: the cursor of its last line.
    #[arg(long, value_name = "CURSOR", conflicts_with = "all")]
    pub after: Option<String>,
    /// All rows, printed as they arrive.
    #[arg(long, conflicts_with = "rows")]
    pub all: bool,
}

/// Which rows of a list, by what people know of them.
#[derive(Args, Clone, Debug, Default)]
pub struct Narrow {
    /// Only with this text in their names: title, slug, e-mail and the like, in upper or lower case.
    #[arg(long = "match", value_name = "TEXT")]
    pub matching: Option<String>,
    /// Only older than this, such as "3 days".
    #[arg(long, value_name = "AGE")]
    pub older_than: Option<String>,
    /// Only newer than this, such as "2 hours".
    #[arg(long, value_name = "AGE")]
    pub newer_than: Option<String>,
}

/// How to make something.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Making {
    /// Where it is there already, show it; this is then no error.
    #[arg(long)]
    pub if_not_exists: bool,
    /// Show what would be made, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// A file with one thing a line.
#[derive(Args, Debug)]
pub struct Load {
    /// A CSV file in UTF-8; its first line names the columns.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Leave out what is there already.
    #[arg(long)]
    pub if_not_exists: bool,
    /// Check every line, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Whether what cannot be undone is asked about first.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Sure {
    /// Do not ask for confirmation. Without a terminal to ask on, this is needed.
    #[arg(long)]
    pub yes: bool,
}
