//! The arguments of `awgp tenant`.

use super::{Limit, Making, Named, Narrow, Sure, TenantSettings};
use clap::{Args, Subcommand};
use std::path::PathBuf;

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
    /// Write a family, a tenant without a parent and all below it, to one file.
    ///
    /// The file has everything of the family, with its trail: keep it as you keep the database. Writes are
    /// refused for some seconds (tenant_moving). With --leave the family leaves this installation: its rows
    /// are deleted here, its trail stays. If it is interrupted, call it again with the same options. Needs
    /// the role awgp_admin.
    #[command(after_help = examples!(
        "awgp tenant export acme --out acme.family",
        "awgp tenant export acme --out acme.family --leave --yes"
    ))]
    Export(TenantExport),
    /// Bring a family out of a file that `awgp tenant export` has written.
    ///
    /// It is verified as it comes: each row of the trail, from the first one on, and a digest over each
    /// table. All is one transaction. Needs the role awgp_admin.
    #[command(after_help = examples!(
        "awgp tenant import acme.family",
        "awgp tenant import acme.family --as-copy"
    ))]
    Import(TenantImport),
    /// Show and change the settings of the tenant in context, key by key.
    #[command(subcommand)]
    Settings(TenantSettings),
}

/// Which family is written, and where.
#[derive(Args, Debug)]
pub struct TenantExport {
    /// The tenant at the top of the family, by slug or id.
    #[arg(value_name = "FAMILY")]
    pub family: String,
    /// The file. It is not overwritten.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The family leaves this installation, and works where the file is imported.
    #[arg(long)]
    pub leave: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
}

/// Which file is read.
#[derive(Args, Debug)]
pub struct TenantImport {
    /// The file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Import it although the family works on where it was exported: as a copy for tests. Its ids are the
    /// same, and its trail goes on under this installation's id.
    #[arg(long)]
    pub as_copy: bool,
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
