//! The arguments of `awgp fleet`.

use super::Sure;
use crate::fleet::moving::Until;
use awgp_client::DatabaseUrl;
use clap::{Args, Subcommand};

/// Several installations.
#[derive(Debug, Subcommand)]
pub enum Fleet {
    /// Move a family, a tenant without a parent and all below it, to another server.
    ///
    /// Its trail is copied and verified while it works. Then its writes are refused for some seconds
    /// (tenant_moving), the rest is copied, verified and compared, the source lets go of it, and it works at
    /// the target. If it is interrupted anywhere, call it again with the same options: it goes on. Until the
    /// source has let go, --back undoes it. Needs the role awgp_admin on both servers. On a terminal it asks
    /// first; elsewhere it needs --yes.
    #[command(after_help = examples!(
        "awgp fleet move acme --to postgres://keeper@db2/governed",
        "awgp fleet move acme --from service=one --to service=two --until copied --yes",
        "awgp fleet move acme --to postgres://keeper@db2/governed --back --yes"
    ))]
    Move(FleetMove),
}

/// Which family moves, and where.
#[derive(Args, Debug)]
pub struct FleetMove {
    /// The tenant at the top of the family, by slug or id.
    #[arg(value_name = "FAMILY")]
    pub family: String,
    /// The server that it leaves [default: the one in force, as for every command].
    #[arg(long, value_name = "URL")]
    pub from: Option<DatabaseUrl>,
    /// The server that it moves to.
    #[arg(long, value_name = "URL")]
    pub to: DatabaseUrl,
    /// What the target is called, for those who ask for the family at the source [default: host and port].
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
