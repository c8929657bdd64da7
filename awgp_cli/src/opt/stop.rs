//! The arguments of `awgp stop` and `awgp resume`.

use super::{Limit, Narrow};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use uuid::Uuid;

/// Stops: nothing begins any more, until somebody else resumes.
#[derive(Debug, Subcommand)]
pub enum Stop {
    /// Stop an assistant. What runs is shown, and may end.
    #[command(after_help = examples!(
        "awgp stop assistant ledger --reason 'paid twice' --tenant north --user ada@north.example"
    ))]
    Assistant(StopAssistant),
    /// Stop a tenant with all its assistants.
    #[command(after_help = examples!(
        "awgp stop tenant --reason 'incident 17' --tenant north --user ada@north.example",
        "awgp stop tenant north --reason 'incident 17'"
    ))]
    Tenant(StopTenant),
    /// Stop a holding with all tenants below it.
    #[command(after_help = examples!("awgp stop holding acme --reason 'incident 17'"))]
    Holding(StopTenant),
    /// Stop every tenant. The login is a member of awgp_admin.
    #[command(after_help = examples!("awgp stop installation --reason 'incident 17'"))]
    Installation(StopInstallation),
    /// List stops, the newest first.
    #[command(after_help = examples!("awgp stop list", "awgp stop list --in-force --tenant north"))]
    List(StopList),
    /// Show one stop, and what runs in its scope.
    #[command(after_help = examples!("awgp stop show 6f1c02d7 --tenant north"))]
    Show(StopShow),
    /// Verify from the trail that nothing began between a stop and its end.
    ///
    /// With --file the trail is a file that `awgp audit export` has written: no server is asked, and the
    /// chain of every row is verified too. With --checkpoint the file is also compared with what an auditor
    /// has signed. The exit code is 12 when something does not fit.
    #[command(after_help = examples!(
        "awgp stop verify 6f1c02d7",
        "awgp stop verify 6f1c02d7-04a1-4c83-b8f4-0d3b4a1e1f55 --file trail.jsonl",
        "awgp stop verify 6f1c02d7-04a1-4c83-b8f4-0d3b4a1e1f55 --file trail.jsonl \\\n    \
         --checkpoint /mnt/notes --public-key audit.pub"
    ))]
    Verify(StopVerify),
}

/// Which assistant to stop.
#[derive(Args, Debug)]
pub struct StopAssistant {
    /// Its slug or id.
    pub slug_or_id: String,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Which tenant to stop.
#[derive(Args, Debug)]
pub struct StopTenant {
    /// Its slug or id [default: the tenant in context].
    pub slug_or_id: Option<String>,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Why the installation is stopped.
#[derive(Args, Debug)]
pub struct StopInstallation {
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Which stops to list.
#[derive(Args, Debug)]
pub struct StopList {
    /// Only those in force now.
    #[arg(long)]
    pub in_force: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// Which stop to show.
#[derive(Args, Debug)]
pub struct StopShow {
    /// Its id, or the beginning of it.
    pub id: String,
}

/// Which stop to verify.
#[derive(Args, Debug)]
pub struct StopVerify {
    /// Its id; without --file the beginning of it is enough.
    pub id: String,
    /// An exported trail, plain or compressed by zstd, or a folder of them. Repeat it for several.
    #[arg(long, value_name = "EXPORT|DIR")]
    pub file: Vec<PathBuf>,
    /// The files are meant to be a part of the trail: rows that a note signs and no file has are no findings.
    #[arg(long, requires = "file", requires = "checkpoint")]
    pub part: bool,
    /// The install id that the files must have.
    #[arg(long, value_name = "UUID", requires = "file")]
    pub install_id: Option<Uuid>,
    /// A signed note, or a folder of them. Repeat it for several.
    #[arg(long, value_name = "NOTE|DIR", requires = "file", requires = "public_key")]
    pub checkpoint: Vec<PathBuf>,
    /// The public key that signed them: name+id+key, or a file with it.
    #[arg(long, value_name = "KEY", requires = "file")]
    pub public_key: Option<String>,
}

/// Which stop to lift.
#[derive(Args, Debug)]
pub struct Resume {
    /// Its id, or the beginning of it.
    pub id: String,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}
