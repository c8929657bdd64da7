//! The arguments of `awgp user`.

use super::{Limit, Load, Making, Narrow, Sure};
use clap::{Args, Subcommand};

/// People.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Create a user in the tenant.
    #[command(after_help = examples!(
        "awgp user create ada@north.example --role admin --first-name Ada --tenant north"
    ))]
    Create(UserCreate),
    /// Create users from CSV, one a line: all, or none and the line of each fault.
    ///
    /// Columns: email, role, first_name, last_name, keycloak_id.
    #[command(after_help = examples!(
        "awgp user load people.csv --dry-run --tenant north",
        "awgp user load people.csv --if-not-exists --tenant north"
    ))]
    Load(Load),
    /// List the users that the tenant sees.
    #[command(after_help = examples!(
        "awgp user list --tenant north",
        "awgp user list --role admin --active --tenant north"
    ))]
    List(UserList),
    /// Show one user, active or not.
    #[command(after_help = examples!("awgp user show ada@north.example --tenant north"))]
    Show(UserNamed),
    /// Change the role, the name or the e-mail address of a user.
    #[command(after_help = examples!(
        "awgp user update bob@north.example --role manager --tenant north --user ada@north.example"
    ))]
    Update(UserUpdate),
    /// Deactivate a user: nobody puts them in context any more. What they did stays.
    #[command(after_help = examples!(
        "awgp user deactivate bob@north.example --tenant north --user ada@north.example"
    ))]
    Deactivate(UserNamed),
    /// Activate a user again.
    #[command(after_help = examples!(
        "awgp user reactivate bob@north.example --tenant north --user ada@north.example"
    ))]
    Reactivate(UserNamed),
    /// Erase what the database has of a person, permanently, and say what remains where, and why
    /// (docs/erasure.md). The row of the user stays, inactive and without a name.
    #[command(after_help = examples!(
        "awgp user erase bob@north.example --reason 'request 17' --dry-run --tenant north",
        "awgp user erase bob@north.example --reason 'request 17' --tenant north --user ada@north.example"
    ))]
    Erase(UserErase),
}

/// Whom to erase, and why.
#[derive(Args, Debug)]
pub struct UserErase {
    /// Their e-mail address or id, or the beginning of it; active or not.
    #[arg(value_name = "EMAIL_OR_ID")]
    pub email_or_id: String,
    /// The reason. It stays in the audit trail: name no person.
    #[arg(long)]
    pub reason: String,
    /// Only say what would be erased, and what would remain.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
}

/// A new user.
#[derive(Args, Debug)]
pub struct UserCreate {
    /// The e-mail address; unique within the tenant.
    pub email: String,
    /// super_admin, admin, manager, operator or viewer.
    #[arg(long)]
    pub role: String,
    /// First name.
    #[arg(long, value_name = "NAME")]
    pub first_name: Option<String>,
    /// Last name.
    #[arg(long, value_name = "NAME")]
    pub last_name: Option<String>,
    /// The subject of the identity provider's tokens.
    #[arg(long, value_name = "ID")]
    pub keycloak_id: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub making: Making,
}

/// Which users to list.
#[derive(Args, Debug)]
pub struct UserList {
    /// Only with this role.
    #[arg(long)]
    pub role: Option<String>,
    /// Only those that can be put in context.
    #[arg(long, conflicts_with = "inactive")]
    pub active: bool,
    /// Only those that are deactivated.
    #[arg(long)]
    pub inactive: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// Which user.
#[derive(Args, Debug)]
pub struct UserNamed {
    /// Their e-mail address or id.
    #[arg(value_name = "EMAIL_OR_ID")]
    pub email_or_id: String,
}

/// What changes of a user.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct UserUpdate {
    /// Their e-mail address or id.
    #[arg(value_name = "EMAIL_OR_ID")]
    pub email_or_id: String,
    /// super_admin, admin, manager, operator or viewer.
    #[arg(long, group = "change")]
    pub role: Option<String>,
    /// First name; empty to remove it.
    #[arg(long, value_name = "NAME", group = "change")]
    pub first_name: Option<String>,
    /// Last name; empty to remove it.
    #[arg(long, value_name = "NAME", group = "change")]
    pub last_name: Option<String>,
    /// The new e-mail address.
    #[arg(long, value_name = "ADDRESS", group = "change")]
    pub email: Option<String>,
}
