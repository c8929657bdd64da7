//! The arguments of `awgp installation`.

use clap::{Args, Subcommand};

/// The identity of the installation.
#[derive(Debug, Subcommand)]
pub enum Installation {
    /// Show the install id, and whether this database was restored or copied from the one that it is at home
    /// in.
    Show,
    /// Say that this database is the original, and that no other with its install id is written to.
    ///
    /// For the owner of the extension. Run it after restoring a backup in place of a lost database, after
    /// pg_upgrade, and after a promotion.
    Keep,
    /// Give a copy that is used beside its original an install id of its own.
    ///
    /// For the owner of the extension. The trail up to this point verifies as before. What follows can never
    /// be taken for the original's, and the auditor signs it in a folder of its own. On a terminal it asks
    /// first; elsewhere it needs --yes.
    Adopt(InstallationAdopt),
}

/// How to adopt.
#[derive(Args, Debug)]
pub struct InstallationAdopt {
    /// Why this copy is used beside its original.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub yes: bool,
}
