//! The arguments of `awgp audit evidence`.

use clap::{Args, Subcommand};
use std::path::PathBuf;
use uuid::Uuid;

/// What a pack is made of, or a pack to verify.
#[derive(Args, Debug)]
pub struct AuditEvidence {
    /// Verify one instead.
    #[command(subcommand)]
    pub verify: Option<Evidence>,
    /// The first moment, such as 2026-11-01.
    #[arg(long, value_name = "TIME", required = true)]
    pub from: Option<String>,
    /// The moment at which it is over. A day alone, such as 2026-11-30, is included.
    #[arg(long, value_name = "TIME", required = true)]
    pub to: Option<String>,
    /// The file to write; it must not exist yet.
    #[arg(long, value_name = "FILE", required = true)]
    pub out: Option<PathBuf>,
    /// A signed note, or a folder of them. Those of the tenant go into the pack. Repeat it for several.
    #[arg(long, value_name = "NOTE|DIR", requires = "public_key")]
    pub checkpoint: Vec<PathBuf>,
    /// The public key that signed them: name+id+key, or a file with it.
    #[arg(long, value_name = "KEY", requires = "checkpoint")]
    pub public_key: Option<String>,
    /// The manifest of an exported month, or a folder of them. It names every tenant by its id. Repeat it for
    /// several.
    #[arg(long, value_name = "MANIFEST|DIR")]
    pub months: Vec<PathBuf>,
    /// The install of the chains, if the login may not read it and no note is given.
    #[arg(long, value_name = "ID")]
    pub install_id: Option<Uuid>,
}

/// What else is done with packs.
#[derive(Debug, Subcommand)]
pub enum Evidence {
    /// Verify a pack, without any server.
    ///
    /// Prints what was found, what the notes prove, and what is only the pack's own word. The exit code is 12
    /// when something was found.
    #[command(after_help = examples!(
        "awgp audit evidence verify north.zip --public-key audit.pub --checkpoint my_notes"
    ))]
    Verify(EvidenceVerify),
}

/// Which pack.
#[derive(Args, Debug)]
pub struct EvidenceVerify {
    /// The pack.
    pub file: PathBuf,
    /// The public key of the auditor: name+id+key, or a file with it. Without it the one in the pack is
    /// taken, which proves nothing by itself.
    #[arg(long, value_name = "KEY")]
    pub public_key: Option<String>,
    /// A signed note that you have kept, or a folder of them. Repeat it for several.
    #[arg(long, value_name = "NOTE|DIR", requires = "public_key")]
    pub checkpoint: Vec<PathBuf>,
}
