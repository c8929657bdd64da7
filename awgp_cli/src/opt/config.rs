//! The arguments of `awgp config`.

use clap::{Args, Subcommand};

/// The connection and its profiles.
#[derive(Args, Debug)]
pub struct ConfigCommand {
    /// The command; without one, the connection is shown.
    #[command(subcommand)]
    pub command: Option<Config>,
}

/// The connection and its profiles.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Show the connection that is in force, and where each value comes from: option, variable, profile,
    /// service file or default. Secrets are masked. Nothing is connected to.
    #[command(after_help = examples!("awgp config show"))]
    Show,
    /// List the files that a connection may read, and whether they are there.
    #[command(after_help = examples!("awgp config paths"))]
    Paths,
    /// List the profiles of the configuration file.
    #[command(after_help = examples!("awgp config profiles"))]
    Profiles,
    /// Write a profile from --database-url, --tenant, --user and --token-file, in place of one of its name.
    #[command(after_help = examples!(
        "awgp config save prod --database-url postgres://ada@db.example/governed --tenant north",
        "awgp config save prod --set sslmode=verify-full"
    ))]
    Save(ConfigSave),
    /// Remove a profile.
    #[command(after_help = examples!("awgp config remove prod"))]
    Remove(ConfigNamed),
}

/// A profile to write.
#[derive(Args, Debug)]
pub struct ConfigSave {
    /// Its name.
    pub name: String,
    /// A further setting of the connection, by its keyword in PostgreSQL. May be given many times.
    #[arg(long = "set", value_name = "KEYWORD=VALUE")]
    pub settings: Vec<String>,
}

/// A profile.
#[derive(Args, Debug)]
pub struct ConfigNamed {
    /// Its name.
    pub name: String,
}
