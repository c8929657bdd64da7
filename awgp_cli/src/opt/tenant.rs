//! The arguments of `awgp tenant`.

use super::{Limit, Making, Named, Narrow};
use clap::{Args, Subcommand};

/// Organisations.
#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Create a tenant. Needs the role awgp_admin.
    Create(TenantCreate),
    /// List the tenants that the login sees.
    List(TenantList),
    /// Show one tenant.
    Show(Named),
}

/// A new tenant.
#[derive(Args, Debug)]
pub struct TenantCreate {
    /// Its name.
    pub name: String,
    /// Its short name for URLs and for --tenant; unique.
    #[arg(long)]
    pub slug: String,
    /// holding or subsidiary [default: the server's, subsidiary].
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// The holding it belongs to, by slug or id.
    #[arg(long, value_name = "TENANT")]
    pub parent: Option<String>,
    /// Settings, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub settings: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub making: Making,
}

/// Which tenants to list.
#[derive(Args, Debug)]
pub struct TenantList {
    /// Only of this type: holding or subsidiary.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}
