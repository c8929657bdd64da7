//! The arguments of `awgp policy`.

use super::{Limit, MessageAsked};
use clap::{Args, Subcommand};

/// Communication policies.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Create a policy in the tenant.
    Create(PolicyCreate),
    /// List the policies that the tenant sees.
    List(PolicyList),
    /// Ask what the policies say about a message. Nothing is counted or recorded; exit codes as `message check`.
    Test(PolicyTest),
}

/// A new policy.
#[derive(Args, Debug)]
pub struct PolicyCreate {
    /// Its name.
    pub name: String,
    /// A type of assistant that may send; give the option once for each. Without it, any.
    #[arg(long = "from-type", value_name = "TYPE")]
    pub from_types: Vec<String>,
    /// A type of assistant that may receive; give the option once for each. Without it, any.
    #[arg(long = "to-type", value_name = "TYPE")]
    pub to_types: Vec<String>,
    /// A channel; give the option once for each. Without it, any.
    #[arg(long = "channel", value_name = "CHANNEL")]
    pub channels: Vec<String>,
    /// What a message must and must not hold, a JSON object: max_length, forbidden_patterns, required_fields,
    /// allow_links, allowed_link_hosts, bare_hosts_are_links.
    #[arg(long, value_name = "JSON")]
    pub content_rules: Option<String>,
    /// How many messages any hour may hold, 0 to 1000000.
    #[arg(long, value_name = "MESSAGES")]
    pub rate_limit_per_hour: Option<i64>,
    /// Whose messages count together: policy, sender or pair.
    #[arg(long, value_name = "SCOPE")]
    pub rate_limit_scope: Option<String>,
    /// Write it down without putting it in force.
    #[arg(long)]
    pub inactive: bool,
}

/// Which policies to list.
#[derive(Args, Debug)]
pub struct PolicyList {
    /// Only those in force.
    #[arg(long)]
    pub active: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// A message to try, and when.
#[derive(Args, Debug)]
pub struct PolicyTest {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub message: MessageAsked,
    /// The moment that the hourly limits are asked for; now, if it is left out.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}
