//! The arguments of `awgp tenant settings`.

use clap::{Args, Subcommand};

/// Settings of the tenant in context, key by key.
#[derive(Debug, Subcommand)]
pub enum TenantSettings {
    /// Show every setting: the value in force, and what it means. A key shows those that begin with it.
    #[command(after_help = examples!(
        "awgp tenant settings get --tenant north",
        "awgp tenant settings get approval_policy --tenant north"
    ))]
    Get(SettingsGet),
    /// Change a setting. --dry-run says what would change, and for whom.
    ///
    /// The key is its path, as `get` shows it; a risk level or a name may follow. The value is JSON, or a
    /// text as it is. A super_admin of the tenant changes its approval_policy, messaging and time_zone; a
    /// member of awgp_admin changes everything. A change that needs several people waits until the others
    /// confirm it.
    #[command(after_help = examples!(
        "awgp tenant settings set time_zone Europe/Berlin --tenant north --user ada@north.example",
        "awgp tenant settings set approval_policy.quorum.4 2 --dry-run --tenant north \\",
        "    --user ada@north.example"
    ))]
    Set(SettingsSet),
    /// Remove a setting; its default is in force then.
    #[command(after_help = examples!(
        "awgp tenant settings unset approval_policy.quorum.4 --dry-run --tenant north \\",
        "    --user ada@north.example"
    ))]
    Unset(SettingsUnset),
    /// Agree to the change that waits, as --user. With the last one who is needed it is made.
    #[command(after_help = examples!(
        "awgp tenant settings confirm 0b51f3aa --tenant north --user bob@north.example"
    ))]
    Confirm(SettingsConfirm),
    /// Withdraw the change that waits.
    #[command(after_help = examples!(
        "awgp tenant settings withdraw 0b51f3aa --reason 'not this week' --tenant north \\",
        "    --user ada@north.example"
    ))]
    Withdraw(SettingsWithdraw),
}

/// Which settings to show.
#[derive(Args, Debug)]
pub struct SettingsGet {
    /// A key, or the beginning of keys [default: all].
    pub key: Option<String>,
}

/// A new value.
#[derive(Args, Debug)]
pub struct SettingsSet {
    /// The key, such as approval_policy.quorum.4.
    pub key: String,
    /// The value: JSON, or a text as it is.
    pub value: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub how: SettingsHow,
}

/// A key to remove.
#[derive(Args, Debug)]
pub struct SettingsUnset {
    /// The key, such as approval_policy.quorum.4.
    pub key: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub how: SettingsHow,
}

/// How a setting is changed.
#[derive(Args, Debug)]
pub struct SettingsHow {
    /// Why; kept in the audit trail.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Say what would change, and for whom. Nothing is changed.
    #[arg(long)]
    pub dry_run: bool,
}

/// A change to agree to.
#[derive(Args, Debug)]
pub struct SettingsConfirm {
    /// Its id, or the beginning of it, as `set` and `get` show it.
    pub change: String,
}

/// A change to withdraw.
#[derive(Args, Debug)]
pub struct SettingsWithdraw {
    /// Its id, or the beginning of it, as `set` and `get` show it.
    pub change: String,
    /// Why; kept in the audit trail.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}
