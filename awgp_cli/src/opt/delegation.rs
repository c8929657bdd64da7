//! The arguments of `awgp delegation`.

use super::{Limit, Making, Narrow};
use clap::{Args, Subcommand};

/// Delegations.
#[derive(Debug, Subcommand)]
pub enum Delegation {
    /// Let another user decide on behalf of --user, for a time.
    #[command(after_help = examples!(
        "awgp delegation create bob@north.example --until 2026-12-24 --reason leave --tenant north \\",
        "    --user ada@north.example"
    ))]
    Create(DelegationCreate),
    /// List the delegations that the tenant sees, the latest to end first.
    #[command(after_help = examples!(
        "awgp delegation list --in-force --tenant north",
        "awgp delegation list --of bob@north.example --tenant north"
    ))]
    List(DelegationList),
    /// Revoke a delegation.
    #[command(after_help = examples!(
        "awgp delegation revoke 6f1c02d7 --tenant north --user ada@north.example"
    ))]
    Revoke(DelegationRevoke),
}

/// A new delegation.
#[derive(Args, Debug)]
pub struct DelegationCreate {
    /// Who may decide on behalf of --user: their e-mail or id.
    pub delegate: String,
    /// When it ends, such as "2027-01-03 17:00" or "in 3 days"; at this moment it is no longer in force.
    /// A day alone, such as 2026-12-24, is included.
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// When it begins [default: now].
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// A risk level that is passed on, 0 to 5; repeat the option for several [default: all that --user
    /// decides].
    #[arg(long = "risk", value_name = "LEVEL")]
    pub risk_levels: Vec<i64>,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub making: Making,
}

/// Which delegations to list.
#[derive(Args, Debug)]
pub struct DelegationList {
    /// Only those in force now.
    #[arg(long)]
    pub in_force: bool,
    /// Only those that this user gave or has, by e-mail or id.
    #[arg(long, value_name = "USER")]
    pub of: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// Which delegation to revoke.
#[derive(Args, Debug)]
pub struct DelegationRevoke {
    /// Its id, or the beginning of it.
    pub id: String,
}
