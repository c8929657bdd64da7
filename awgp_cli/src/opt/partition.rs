//! The arguments of `awgp partition`.

use super::{Limit, Sure};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The months of the audit trail.
#[derive(Debug, Subcommand)]
pub enum Partition {
    /// List the months: size, seal, checkpoint, holds, and what prevents each from being retired.
    #[command(after_help = examples!("awgp partition list"))]
    List(Limit),
    /// Create the partitions of this month and the next ones, where they are missing.
    #[command(after_help = examples!("awgp partition ensure --ahead 6"))]
    Ensure(PartitionEnsure),
    /// Seal a month that is over: verify it and record its ends.
    #[command(after_help = examples!("awgp partition seal audit_logs_2026_03"))]
    Seal(PartitionNamed),
    /// Write a sealed month as JSON Lines with zstd, and a manifest, and verify both on the disk.
    ///
    /// The login reads every tenant's trail: a member of awgp_auditor. The files get their names when they
    /// are complete; `awgp audit verify --file` verifies them without any server.
    #[command(after_help = examples!("awgp partition export audit_logs_2025_01 --out /mnt/archive"))]
    Export(PartitionExport),
    /// Take a month out of the trail: sealed, checkpointed, past its retention and not on hold.
    ///
    /// Its table is detached and closed, and its anchors stay, so that the remaining trail verifies. Export
    /// it first; then the table's owner may drop it.
    #[command(after_help = examples!("awgp partition retire audit_logs_2025_01"))]
    Retire(PartitionRetire),
    /// Restore a retired month for reading: from its table, or from its exported file where the table is
    /// gone.
    ///
    /// It is attached only after the server has verified it against the anchors and the seal that it left.
    #[command(after_help = examples!("awgp partition restore /mnt/archive/audit_logs_2025_01.jsonl.zst"))]
    Restore(PartitionRestore),
    /// Put a month, or with --tenant every month that has rows of that tenant, on legal hold.
    #[command(after_help = examples!(
        "awgp partition hold audit_logs_2026_03 --reason 'matter 17'",
        "awgp partition hold --reason 'matter 17' --tenant north"
    ))]
    Hold(PartitionHold),
    /// List the legal holds that are in force.
    #[command(after_help = examples!("awgp partition holds"))]
    Holds(Limit),
    /// Release a legal hold. Needs the role awgp_admin.
    #[command(after_help = examples!("awgp partition release 5ab0c3d1 --reason 'matter 17 is closed'"))]
    Release(PartitionRelease),
}

/// Which months to create.
#[derive(Args, Debug)]
pub struct PartitionEnsure {
    /// How many months after this one.
    #[arg(long, value_name = "MONTHS")]
    pub ahead: Option<i64>,
    /// Count from the month of this time, such as 2026-03-31T17:00:00Z, instead of now.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// A month.
#[derive(Args, Debug)]
pub struct PartitionNamed {
    /// Its name, such as audit_logs_2026_03.
    pub name: String,
}

/// A month to retire.
#[derive(Args, Debug)]
pub struct PartitionRetire {
    /// Its name, such as audit_logs_2026_03.
    pub name: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
}

/// What to export, and where to.
#[derive(Args, Debug)]
pub struct PartitionExport {
    /// The month's name, such as audit_logs_2026_03.
    pub name: String,
    /// The folder for NAME.jsonl.zst and NAME.manifest.json.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// A signed note, or a folder of them: the manifest carries the newest of each tenant. Repeat it for
    /// several.
    #[arg(long, value_name = "NOTE|DIR", requires = "public_key")]
    pub checkpoint: Vec<PathBuf>,
    /// The public key that signed them: name+id+key, or a file with it.
    #[arg(long, value_name = "KEY", requires = "checkpoint")]
    pub public_key: Option<String>,
}

/// What to restore.
#[derive(Args, Debug)]
pub struct PartitionRestore {
    /// The exported file with its manifest beside it, or the month's name where its table is still there.
    #[arg(value_name = "FILE|NAME")]
    pub source: PathBuf,
}

/// What to hold, and why.
#[derive(Args, Debug)]
pub struct PartitionHold {
    /// The month's name; leave it out to hold the trail of --tenant.
    pub name: Option<String>,
    /// The reason, such as the matter's number.
    #[arg(long)]
    pub reason: String,
}

/// What to release, and why.
#[derive(Args, Debug)]
pub struct PartitionRelease {
    /// The hold's id, or the beginning of it, as `awgp partition holds` shows it.
    pub hold_id: String,
    /// The reason.
    #[arg(long)]
    pub reason: String,
}
