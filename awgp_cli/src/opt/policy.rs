//! The arguments of `awgp policy`.

use super::{Limit, Making, MessageAsked, Narrow, Sure};
use clap::{Args, Subcommand};

/// Communication policies.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Create a policy in the tenant.
    #[command(after_help = examples!(
        "awgp policy create 'Finance may ask finance' --from-type shared_finance \\",
        "    --to-type shared_finance --channel internal --tenant north --user ada@north.example"
    ))]
    Create(PolicyCreate),
    /// List the policies that the tenant sees.
    #[command(after_help = examples!("awgp policy list --active --tenant north"))]
    List(PolicyList),
    /// Show one policy.
    #[command(after_help = examples!("awgp policy show 'Finance may ask finance' --tenant north"))]
    Show(PolicyNamed),
    /// Change a policy.
    #[command(after_help = examples!(
        "awgp policy update 'Finance may ask finance' --rate-limit-per-hour 30 --tenant north \\",
        "    --user ada@north.example"
    ))]
    Update(PolicyUpdate),
    /// Deactivate a policy: it neither allows nor forbids. `policy update --active` activates it again.
    #[command(after_help = examples!(
        "awgp policy deactivate 'Finance may ask finance' --tenant north --user ada@north.example"
    ))]
    Deactivate(PolicyNamed),
    /// Delete a policy. Messages that only it allowed are denied from then on.
    #[command(after_help = examples!(
        "awgp policy delete 'Finance may ask finance' --tenant north --user ada@north.example"
    ))]
    Delete(PolicyDelete),
    /// Show what the policies say about a message. Nothing is counted or recorded; exit codes as of
    /// `message check`.
    #[command(after_help = examples!(
        "awgp policy test --from ledger --to scribe --channel internal --content 'Please book it.' \\",
        "    --tenant north"
    ))]
    Test(PolicyTest),
}

/// A new policy.
#[derive(Args, Debug)]
pub struct PolicyCreate {
    /// Its name.
    pub name: String,
    /// A type of assistant that may send; repeat the option for several [default: any].
    #[arg(long = "from-type", value_name = "TYPE")]
    pub from_types: Vec<String>,
    /// A type of assistant that may receive; repeat the option for several [default: any].
    #[arg(long = "to-type", value_name = "TYPE")]
    pub to_types: Vec<String>,
    /// A channel; repeat the option for several [default: any].
    #[arg(long = "channel", value_name = "CHANNEL")]
    pub channels: Vec<String>,
    /// What a message must and must not contain, a JSON object: max_length, forbidden_patterns,
    /// required_fields, allow_links, allowed_link_hosts, bare_hosts_are_links.
    #[arg(long, value_name = "JSON")]
    pub content_rules: Option<String>,
    /// How many messages are allowed in any hour, 0 to 1000000.
    #[arg(long, value_name = "MESSAGES")]
    pub rate_limit_per_hour: Option<i64>,
    /// Which messages count together: policy, sender or pair.
    #[arg(long, value_name = "SCOPE")]
    pub rate_limit_scope: Option<String>,
    /// Create it inactive.
    #[arg(long)]
    pub inactive: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub making: Making,
}

/// Which policies to list.
#[derive(Args, Debug)]
pub struct PolicyList {
    /// Only active ones.
    #[arg(long)]
    pub active: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// A message to try, and when.
#[derive(Args, Debug)]
pub struct PolicyTest {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub message: MessageAsked,
    /// The moment for which the hourly limits are checked [default: now].
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// Which policy.
#[derive(Args, Debug)]
pub struct PolicyNamed {
    /// Its name or id.
    #[arg(value_name = "NAME_OR_ID")]
    pub name_or_id: String,
}

/// Which policy to delete.
#[derive(Args, Debug)]
pub struct PolicyDelete {
    /// Its name or id.
    #[arg(value_name = "NAME_OR_ID")]
    pub name_or_id: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
}

/// What changes of a policy.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct PolicyUpdate {
    /// Its name or id.
    #[arg(value_name = "NAME_OR_ID")]
    pub name_or_id: String,
    /// Its new name.
    #[arg(long, group = "change")]
    pub name: Option<String>,
    /// A type of assistant that may send; repeat the option for several; "any" alone for any.
    #[arg(long = "from-type", value_name = "TYPE", group = "change")]
    pub from_types: Vec<String>,
    /// A type of assistant that may receive; repeat the option for several; "any" alone for any.
    #[arg(long = "to-type", value_name = "TYPE", group = "change")]
    pub to_types: Vec<String>,
    /// A channel; repeat the option for several; "any" alone for any.
    #[arg(long = "channel", value_name = "CHANNEL", group = "change")]
    pub channels: Vec<String>,
    /// What a message must and must not contain, a JSON object that replaces the present one.
    #[arg(long, value_name = "JSON", group = "change")]
    pub content_rules: Option<String>,
    /// How many messages are allowed in any hour, 0 to 1000000.
    #[arg(long, value_name = "MESSAGES", group = "change")]
    pub rate_limit_per_hour: Option<i64>,
    /// Which messages count together: policy, sender or pair.
    #[arg(long, value_name = "SCOPE", group = "change")]
    pub rate_limit_scope: Option<String>,
    /// Activate it.
    #[arg(long, group = "change")]
    pub active: bool,
}
