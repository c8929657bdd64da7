//! The arguments of `awgp fleet`.

use super::Sure;
use crate::fleet::moving::Until;
use awgp_client::DatabaseUrl;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The fleet.
#[derive(Debug, Subcommand)]
pub enum Fleet {
    /// Show what stands where, how large it is, what differs, and what stands twice. The exit code is 12 when
    /// a finding has severity error.
    #[command(after_help = examples!(
        "awgp fleet status --fleet fleet.toml",
        "awgp fleet status --fleet fleet.toml --families --output csv"
    ))]
    Status(FleetStatus),
    /// Bring templates, prices and identity providers of one member to all others. Needs the role awgp_admin.
    ///
    /// What is missing is added, and what differs is changed to what the named member has; a price is never
    /// changed, and nothing is deleted: what only the others have is listed. A member is one transaction, so
    /// the command can be repeated after any failure.
    #[command(after_help = examples!(
        "awgp fleet sync --from a --dry-run --fleet fleet.toml",
        "awgp fleet sync --from a --fleet fleet.toml"
    ))]
    Sync(FleetSync),
    /// Apply what is due on every member after new files were installed: ALTER EXTENSION awgp UPDATE, and
    /// migrate(). Needs the owner of the extension.
    #[command(after_help = examples!("awgp fleet migrate --fleet fleet.toml"))]
    Migrate,
    /// Write the configuration of the proxy PgDog, or check that a running one leads each tenant to its
    /// member.
    #[command(after_help = examples!(
        "awgp fleet pgdog --fleet fleet.toml --out /etc/pgdog/pgdog.toml",
        "awgp fleet pgdog --fleet fleet.toml --check postgres://app_server@127.0.0.1:6432/awgp"
    ))]
    Pgdog(FleetPgdog),
    /// Propose moves of families that make the fullest member less full. Moves nothing, unless --apply is
    /// given: then they are moved one by one. On a terminal it asks first; elsewhere it needs --yes.
    #[command(after_help = examples!(
        "awgp fleet plan --fleet fleet.toml --moves 5",
        "awgp fleet plan --fleet fleet.toml --moves 1 --apply"
    ))]
    Plan(FleetPlan),
    /// Move a family, a tenant without a parent and all below it, to another server.
    ///
    /// Its trail is copied and verified while it works. Then its writes are refused for some seconds
    /// (tenant_moving), the rest is copied, verified and compared, the source lets go of it, and it works at
    /// the target. If it is interrupted anywhere, call it again with the same options: it goes on. Until the
    /// source has let go, --back undoes it. Needs the role awgp_admin on both servers. On a terminal it asks
    /// first; elsewhere it needs --yes.
    #[command(after_help = examples!(
        "awgp fleet move acme --to b --fleet fleet.toml",
        "awgp fleet move acme --to postgres://keeper@db2/governed",
        "awgp fleet move acme --from a --to b --until copied --yes --fleet fleet.toml",
        "awgp fleet move acme --from a --to b --back --yes --fleet fleet.toml"
    ))]
    Move(FleetMove),
}

/// How much of the fleet to show.
#[derive(Args, Debug)]
pub struct FleetStatus {
    /// List the families, each with its member, instead of the members.
    #[arg(long)]
    pub families: bool,
}

/// Whose reference data counts.
#[derive(Args, Debug)]
pub struct FleetSync {
    /// The member that has it right.
    #[arg(long, value_name = "NAME")]
    pub from: String,
    /// Show what would be done, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Where the configuration goes, or which proxy is checked.
#[derive(Args, Debug)]
pub struct FleetPgdog {
    /// The file to write, whole or not at all [default: stdout].
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    pub out: Option<PathBuf>,
    /// What clients call the database.
    #[arg(long, value_name = "NAME", default_value = "awgp")]
    pub database: String,
    /// The URL of a running proxy, as a client has it: ask it for each tenant, and write nothing.
    #[arg(long, value_name = "URL")]
    pub check: Option<DatabaseUrl>,
}

/// How far the plan goes.
#[derive(Args, Debug)]
pub struct FleetPlan {
    /// How many moves at most.
    #[arg(long, value_name = "MOVES", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub moves: u32,
    /// Leave out a move that makes less than so many hundredths of the fullest member's load better.
    #[arg(long, value_name = "PERCENT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub at_least: u32,
    /// Make the moves, one by one.
    #[arg(long)]
    pub apply: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
}

/// Which family moves, and where.
#[derive(Args, Debug)]
pub struct FleetMove {
    /// The tenant at the top of the family, by slug or id.
    #[arg(value_name = "FAMILY")]
    pub family: String,
    /// The member or server that it leaves [default: the member that has it; without a fleet, the server in
    /// force, as for every command].
    #[arg(long, value_name = "MEMBER|URL")]
    pub from: Option<DatabaseUrl>,
    /// The member or server that it moves to.
    #[arg(long, value_name = "MEMBER|URL")]
    pub to: DatabaseUrl,
    /// What the target is called, for those who ask for the family at the source [default: the member's
    /// name, or host and port].
    #[arg(long = "as", value_name = "NAME")]
    pub called: Option<String>,
    /// Pause there. Called again, it goes on.
    #[arg(long, value_name = "STEP", value_enum, conflicts_with = "back")]
    pub until: Option<Until>,
    /// Undo the move: what has arrived is deleted, and the family works on at the source.
    #[arg(long)]
    pub back: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
}
