//! The arguments of `awgp tenant`.

use super::{Limit, Making, Named, Narrow, TenantSettings};
use clap::{Args, Subcommand};

/// Organisations.
#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Create a tenant. Needs the role awgp_admin.
    #[command(after_help = examples!(
        "awgp tenant create 'Acme Group' --slug acme --type holding",
        "awgp tenant create North --slug north --parent acme --if-not-exists"
    ))]
    Create(TenantCreate),
    /// List the tenants that the login sees.
    #[command(after_help = examples!(
        "awgp tenant list",
        "awgp tenant list --type subsidiary --output csv"
    ))]
    List(TenantList),
    /// Show one tenant.
    #[command(after_help = examples!("awgp tenant show north"))]
    Show(Named),
    /// Change the name or the quotas of a tenant. Needs the role awgp_admin.
    #[command(after_help = examples!("awgp tenant update north --max-users 60 --monthly-cost-limit 2000"))]
    Update(TenantUpdate),
    /// Deactivate a tenant: nobody puts it in context any more. Its rows stay. Needs the role awgp_admin.
    #[command(after_help = examples!("awgp tenant deactivate north"))]
    Deactivate(Named),
    /// Activate a tenant again. Needs the role awgp_admin.
    #[command(after_help = examples!("awgp tenant reactivate north"))]
    Reactivate(Named),
    /// Give a tenant another holding, or none. Needs the role awgp_admin.
    #[command(after_help = examples!(
        "awgp tenant move north --parent acme",
        "awgp tenant move north --no-parent"
    ))]
    Move(TenantMove),
    /// Show and change the settings of the tenant in context, key by key.
    #[command(subcommand)]
    Settings(TenantSettings),
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

/// What changes of a tenant.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct TenantUpdate {
    /// Its slug or id.
    #[arg(value_name = "SLUG_OR_ID")]
    pub slug_or_id: String,
    /// Its name.
    #[arg(long, group = "change")]
    pub name: Option<String>,
    /// How many active users it may have.
    #[arg(long, value_name = "USERS", group = "change")]
    pub max_users: Option<i64>,
    /// How many active assistants it may have.
    #[arg(long, value_name = "ASSISTANTS", group = "change")]
    pub max_assistants: Option<i64>,
    /// What it may spend in a month, an exact decimal.
    #[arg(long, value_name = "AMOUNT", group = "change")]
    pub monthly_cost_limit: Option<String>,
}

/// Where a tenant belongs.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("holding").required(true))]
pub struct TenantMove {
    /// Its slug or id.
    #[arg(value_name = "SLUG_OR_ID")]
    pub slug_or_id: String,
    /// The holding, by slug or id.
    #[arg(long, value_name = "TENANT", group = "holding")]
    pub parent: Option<String>,
    /// It belongs to no holding any more.
    #[arg(long, group = "holding")]
    pub no_parent: bool,
}
