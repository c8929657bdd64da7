//! The arguments of `awgp delegation`.

use super::Limit;
use clap::{Args, Subcommand};

/// Delegations.
#[derive(Debug, Subcommand)]
pub enum Delegation {
    /// Let another user decide on behalf of --user, for a time.
    Create(DelegationCreate),
    /// List the delegations that the tenant sees, the latest to end first.
    List(DelegationList),
    /// Take a delegation back.
    Revoke(DelegationRevoke),
}

/// A new delegation.
#[derive(Args, Debug)]
pub struct DelegationCreate {
    /// Who may decide on behalf of --user: his e-mail or id.
    pub delegate: String,
    /// The first moment at which it is no longer in force, as 2026-03-31T17:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// The first moment in force; now where it is left out.
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// A risk level that is passed on, 0 to 5; give the option once for each. Left out: all that --user decides.
    #[arg(long = "risk", value_name = "LEVEL")]
    pub risk_levels: Vec<i64>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Which delegations to list.
#[derive(Args, Debug)]
pub struct DelegationList {
    /// Only those in force now.
    #[arg(long)]
    pub in_force: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// Which delegation to take back.
#[derive(Args, Debug)]
pub struct DelegationRevoke {
    /// Its id.
    pub id: String,
}
