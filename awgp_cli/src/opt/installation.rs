//! The arguments of `awgp installation`.

use super::Sure;
use clap::{Args, Subcommand};

/// The identity of the installation.
#[derive(Debug, Subcommand)]
pub enum Installation {
    /// Show the install id, and whether this database was restored or copied from the one that it is at home
    /// in.
    #[command(after_help = examples!("awgp installation show"))]
    Show,
    /// Say that this database is the original, and that no other with its install id is written to.
    ///
    /// For the owner of the extension. Run it after restoring a backup in place of a lost database, after
    /// pg_upgrade, and after a promotion.
    #[command(after_help = examples!("awgp installation keep"))]
    Keep,
    /// Give a copy that is used beside its original an install id of its own.
    ///
    /// For the owner of the extension. The trail up to this point verifies as before. What follows can never
    /// be taken for the original's, and the auditor signs it in a folder of its own. On a terminal it asks
    /// first; elsewhere it needs --yes.
    #[command(after_help = examples!("awgp installation adopt --reason 'a copy for tests'"))]
    Adopt(InstallationAdopt),
}

/// How to adopt.
#[derive(Args, Debug)]
pub struct InstallationAdopt {
    /// Why this copy is used beside its original.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
}
