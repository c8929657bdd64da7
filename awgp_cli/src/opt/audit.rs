//! The arguments of `awgp audit`.

use super::{AuditEvidence, AuditKeygen, AuditRekey, AuditStream, Limit, Narrow, SigningKey, Sure};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use uuid::Uuid;

/// The audit trail.
///
/// A member of awgp_app reads the trail of the tenant in context. A member of awgp_auditor reads every
/// tenant's, or that of --tenant.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List events, the newest first.
    #[command(after_help = examples!(
        "awgp audit log --since yesterday --tenant north",
        "awgp audit log --actor ada@north.example --entity approvals --tenant north"
    ))]
    Log(AuditLog),
    /// Show the last events and, with --follow, each new one when it is committed.
    ///
    /// Where the setting awgp.audit_notify is on, a commit wakes the follower (LISTEN awgp_audit), which also
    /// looks every 30 seconds; otherwise it looks every 2 seconds. An event whose transaction commits more
    /// than 15 seconds after the event was written is not shown here; `awgp audit log` has it.
    #[command(after_help = examples!("awgp audit tail -n 20 --follow --tenant north"))]
    Tail(AuditTail),
    /// Show one event with the states before and after.
    #[command(after_help = examples!("awgp audit show 4711 --tenant north"))]
    Show(AuditShow),
    /// Show every version of one row, the newest page of them, and what changed from each to the next.
    #[command(after_help = examples!(
        "awgp audit history work_items 3f2a91c4 --tenant north",
        "awgp audit history shop.orders 1017 --tenant north"
    ))]
    History(AuditHistory),
    /// Write the trail as JSON Lines (docs/audit_format.md), for verification elsewhere.
    #[command(after_help = examples!("awgp audit export --out trail.jsonl --since 2026-11-01"))]
    Export(AuditExport),
    /// Send every event to another system, such as a SIEM, at least once, and continue with each new one.
    ///
    /// The cursor says how far each lane of the trail was sent. It is stored when the receiver has what was
    /// sent, so a stream that ends, by whatever cause, goes on where it was; what is in doubt is sent again.
    /// Each event has tenant, lane, number and hash, and what it follows: `awgp audit stream verify` names
    /// what is missing or changed in the receiver's copy.
    ///
    /// --to is a file, to which lines are appended; tcp://127.0.0.1:PORT, on this machine; or the URL of a
    /// web server, which gets POST requests.
    #[command(after_help = examples!(
        "awgp audit stream --to /var/log/awgp/trail.jsonl --cursor /var/lib/awgp/file.cursor",
        "awgp audit stream --format otlp --to https://otel.example/v1/logs --cursor otel.cursor",
        "awgp audit stream --format cef --to tcp://127.0.0.1:5514 --cursor siem.cursor --from now"
    ), args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Stream(AuditStream),
    /// Verify the trail with this program's own code: every row is read and hashed here.
    ///
    /// The server's functions are not trusted. Rows are read from the tables, not from their indexes.
    /// Findings are a table, or JSON Lines with a summary as the last line. The exit code is 12 when a
    /// finding has severity error.
    ///
    /// With --checkpoint the rows are also compared with what an auditor has signed: the present trail must
    /// extend it, and what was cut, rewritten or rolled back since is found.
    ///
    /// Of each stop in a file it says whether something began before its end.
    #[command(after_help = examples!(
        "awgp audit verify --jobs 4",
        "awgp audit verify --checkpoint /mnt/notes --public-key audit.pub",
        "awgp audit verify --file trail.jsonl --file months --checkpoint /mnt/notes --public-key audit.pub"
    ))]
    Verify(AuditVerify),
    /// Create a key pair for signing checkpoints. The private key goes to a file that only you can read.
    ///
    /// The file is encrypted in the format of age: by a passphrase that is asked for twice, or is in a file,
    /// or to recipients of age. The public key is printed. With --ssh-key nothing is created: the key is in
    /// an ssh-agent, and what is printed is its public key as notes have it.
    #[command(after_help = examples!(
        "awgp audit keygen --out audit.key --name example.com/audit",
        "awgp audit keygen --out audit.key --name example.com/audit --recipient age1qyqszqgp",
        "awgp audit keygen --ssh-key audit_ed25519.pub --name example.com/audit"
    ))]
    Keygen(AuditKeygen),
    /// Replace the key that signs, in the same folder of notes, with a note that both keys sign.
    ///
    /// The note says up to which trees the old key signs, and from which on the new one. Verifying with
    /// either public key follows it. No server is needed.
    #[command(after_help = examples!(
        "awgp audit rekey --key audit.key --new-key audit2.key --out /mnt/notes"
    ))]
    Rekey(AuditRekey),
    /// Sign the present state of the trail, and store the signed notes in a folder outside the database.
    ///
    /// This program computes the tree from the rows, and signs only what extends the last note of the folder.
    /// Running it again signs only what is new. For a holding it also signs its direct subsidiaries' trees,
    /// and one note over all of them. The login is an auditor's.
    #[command(after_help = examples!(
        "awgp audit checkpoint --key audit.key --out /mnt/notes --all-tenants",
        "awgp audit checkpoint --agent audit.pub --out /mnt/notes --all-tenants",
        "awgp audit checkpoint --key audit.key --out notes --all-tenants \\\n    --timestamp https://tsa.example/tsr"
    ))]
    Checkpoint(AuditCheckpoint),
    /// Write the proof that one event is in the signed trail.
    #[command(after_help = examples!(
        "awgp audit prove 4711 --checkpoint /mnt/notes/north.note --out event.proof --tenant north"
    ))]
    Prove(AuditProve),
    /// Write the receipt of an action: what was decided, by whom, how it ended and what it cost, proved.
    ///
    /// The receipt has the events of the action, of its approval, of the votes and of the cost, each with its
    /// proof against one signed note. Whoever reads the trail may make one.
    #[command(after_help = examples!(
        "awgp audit receipt 3f2a91c4 --checkpoint /mnt/notes --out action.receipt --tenant north"
    ))]
    Receipt(AuditReceipt),
    /// Check such a proof, or the receipt of an action, without any server.
    #[command(after_help = examples!("awgp audit check-proof event.proof --public-key audit.pub"))]
    CheckProof(AuditCheckProof),
    /// Make an evidence pack for somebody outside, or verify one: one zip file, checked with Python alone.
    ///
    /// The pack has the trail of one tenant over a time, the notes about it, receipts of its actions, its
    /// approvals, denials and costs, what the server says about itself, and an index by articles of the EU AI
    /// Act and clauses of ISO/IEC 42001: each sentence has its proof or is named as a gap. What the login may
    /// not read is such a gap.
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = examples!(
        "awgp audit evidence --tenant north --from 2026-11-01 --to 2026-11-30 --out north.zip \\\n    \
         --checkpoint /mnt/notes --public-key audit.pub"
    ))]
    Evidence(AuditEvidence),
    /// Record an event of the application's own in the trail of the tenant in context.
    #[command(after_help = examples!(
        "awgp audit record export report --metadata '{\"rows\": 12}' --tenant north"
    ))]
    Record(AuditRecord),
    /// Record every change of a table in the trail from now on. The login owns the table.
    #[command(after_help = examples!(
        "awgp audit track shop.orders --mask card",
        "awgp audit track shop.orders --erasable name --erasable address --subject customer_id"
    ))]
    Track(AuditTrack),
    /// Stop recording the changes of a table. What was recorded stays.
    #[command(after_help = examples!("awgp audit untrack shop.orders"))]
    Untrack(AuditUntrack),
    /// Declare which columns of a table of AWGP's own are erasable from now on, in place of what was declared
    /// before (docs/erasure.md). Needs the role awgp_admin.
    #[command(after_help = examples!(
        "awgp audit erasable users --column email --column first_name --column last_name"
    ))]
    Erasable(AuditErasable),
    /// Erase the values of somebody who is no user, such as a customer, from the trail, permanently, and say
    /// what remains where, and why (docs/erasure.md). `awgp user erase` is for users.
    #[command(after_help = examples!(
        "awgp audit erase-subject 4711 --table shop.orders --reason 'request 17' --dry-run --tenant north",
        "awgp audit erase-subject 4711 --reason 'request 17' --tenant north --user ada@north.example"
    ))]
    EraseSubject(AuditEraseSubject),
    /// List the tables whose changes are recorded.
    #[command(after_help = examples!("awgp audit tracked"))]
    Tracked(Limit),
}

/// What to sign, with which key, and where to store it.
#[derive(Args, Debug)]
pub struct AuditCheckpoint {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub by: SigningKey,
    /// The folder of the signed notes.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Every tenant, and the system's own chain, instead of --tenant.
    #[arg(long)]
    pub all_tenants: bool,
    /// Have each note time-stamped by the authority at this URL (RFC 3161): https, or http to this machine.
    /// The token is stored beside the note, as NAME.tsr.
    #[arg(long, value_name = "URL")]
    pub timestamp: Option<String>,
    /// Have each tenant's note cosigned by the witnesses in this file (C2SP tlog-policy, with URLs). The note
    /// with all signatures is stored beside it, as NAME.cosigned.
    #[arg(long, value_name = "FILE")]
    pub witness: Option<PathBuf>,
    /// The certificates that the authority's server is verified by, as PEM, instead of the system's.
    #[arg(long, value_name = "FILE", requires = "timestamp")]
    pub timestamp_ca: Option<PathBuf>,
}

/// What to prove.
#[derive(Args, Debug)]
pub struct AuditProve {
    /// The event's id.
    pub id: i64,
    /// The signed note.
    #[arg(long, value_name = "NOTE")]
    pub checkpoint: PathBuf,
    /// The file to write; it must not exist yet.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Which action, and by which note.
#[derive(Args, Debug)]
pub struct AuditReceipt {
    /// The action's id, or the beginning of it.
    pub action: String,
    /// The signed note, or the folder of them.
    #[arg(long, value_name = "NOTE|DIR")]
    pub checkpoint: PathBuf,
    /// The file to write, instead of standard output; it must not exist yet.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What to check.
#[derive(Args, Debug)]
pub struct AuditCheckProof {
    /// The proof or the receipt.
    pub file: PathBuf,
    /// The public key: name+id+key, or a file with it.
    #[arg(long, value_name = "KEY")]
    pub public_key: String,
}

/// Which events.
#[derive(Args, Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only by this actor: a user's e-mail, an assistant's slug, an id; or user, assistant or system.
    #[arg(long, value_name = "ACTOR")]
    pub actor: Option<String>,
    /// Only for this kind of row, such as work_items.
    #[arg(long, value_name = "TYPE")]
    pub entity: Option<String>,
    /// Only for the row with this id.
    #[arg(long, value_name = "ID")]
    pub entity_id: Option<Uuid>,
    /// Only with this action: insert, update, delete, or one an application logged.
    #[arg(long)]
    pub action: Option<String>,
}

/// Which events to list.
#[derive(Args, Debug)]
pub struct AuditLog {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub filter: AuditFilter,
    /// Not before this time, such as 2026-03-31, "yesterday 17:00" or "3 days ago".
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only before this time. A day alone, such as 2026-12-24, is included.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// How many events to show first, and whether to continue.
#[derive(Args, Debug)]
pub struct AuditTail {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub filter: AuditFilter,
    /// How many of the last events to show.
    #[arg(short = 'n', value_name = "EVENTS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub last: u32,
    /// Continue until interrupted.
    #[arg(short, long)]
    pub follow: bool,
}

/// Which event to show.
#[derive(Args, Debug)]
pub struct AuditShow {
    /// Its id.
    pub id: i64,
}

/// Which row's versions to show.
#[derive(Args, Debug)]
pub struct AuditHistory {
    /// The kind of row, such as work_items, or a tracked table with its schema, such as shop.orders.
    #[arg(value_name = "TYPE")]
    pub entity: String,
    /// Its id or the beginning of it; for a tracked table whose key is not a uuid, the value of each column
    /// of the primary key.
    #[arg(value_name = "KEY", required = true)]
    pub key: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// What to export.
#[derive(Args, Debug)]
pub struct AuditExport {
    /// The file to write, instead of standard output. It appears when it is complete.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Only this partition, such as audit_logs_2026_03.
    #[arg(long, value_name = "NAME")]
    pub partition: Option<String>,
    /// Not before this time, such as 2026-03-31, "yesterday 17:00" or "3 days ago".
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only before this time. A day alone, such as 2026-12-24, is included.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// The install of the chains, if the login may not read it.
    #[arg(long, value_name = "ID")]
    pub install_id: Option<Uuid>,
}

/// What to verify.
#[derive(Args, Debug)]
pub struct AuditVerify {
    /// Only this partition, such as audit_logs_2026_03. The link from its last rows to the next partition is
    /// verified with the next partition.
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    pub partition: Option<String>,
    /// How many connections read at the same time, all in one snapshot.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub jobs: u32,
    /// Verify an exported file, or every one of a folder, without any server. Repeat it for several.
    #[arg(long, value_name = "EXPORT|DIR")]
    pub file: Vec<PathBuf>,
    /// The files are meant to be a part of the trail: rows that a note signs and no file has are named, and
    /// are no findings.
    #[arg(long, requires = "file", requires = "checkpoint")]
    pub part: bool,
    /// The install of the chains, known from elsewhere, instead of the one in the database or the file.
    #[arg(long, value_name = "ID")]
    pub install_id: Option<Uuid>,
    /// A signed note, or a folder of them: verify the tenants in these notes. Repeat it for several.
    #[arg(long, value_name = "NOTE|DIR", requires = "public_key", conflicts_with = "partition")]
    pub checkpoint: Vec<PathBuf>,
    /// The public key that signed them: name+id+key, or a file with it.
    #[arg(long, value_name = "KEY")]
    pub public_key: Option<String>,
    /// Verify the timestamps beside the notes too, by this certificate of the authority or of its root, as
    /// PEM, and show from when each note is.
    #[arg(long, value_name = "FILE", requires = "checkpoint")]
    pub tsa_certificate: Option<PathBuf>,
    /// Verify the cosignatures of the witnesses in this file too: the newest note of each tenant must have as
    /// many as its quorum says.
    #[arg(long, value_name = "FILE", requires = "checkpoint")]
    pub witness: Option<PathBuf>,
}

/// An event.
#[derive(Args, Debug)]
pub struct AuditRecord {
    /// What was done.
    pub action: String,
    /// The kind of thing it was done to.
    #[arg(value_name = "TYPE")]
    pub entity: String,
    /// The id of the thing.
    #[arg(long, value_name = "ID")]
    pub entity_id: Option<String>,
    /// Its state before, JSON.
    #[arg(long, value_name = "JSON")]
    pub before: Option<String>,
    /// Its state after, JSON.
    #[arg(long, value_name = "JSON")]
    pub after: Option<String>,
    /// What else is known, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub metadata: Option<String>,
    /// A member of --before, --after or --metadata of which the event has a commitment only, so that its
    /// value can be erased; repeat the option for several.
    #[arg(long, value_name = "NAME")]
    pub erasable: Vec<String>,
    /// Whose the erasable values are, such as the id of a user [default: --entity-id].
    #[arg(long, value_name = "ID", requires = "erasable")]
    pub subject: Option<String>,
}

/// A table to track.
#[derive(Args, Debug)]
pub struct AuditTrack {
    /// The table with its schema, such as shop.orders.
    pub table: String,
    /// A column that is left out of the trail; repeat the option for several.
    #[arg(long, value_name = "COLUMN")]
    pub exclude: Vec<String>,
    /// A column whose values are masked in the trail; repeat the option for several.
    #[arg(long, value_name = "COLUMN")]
    pub mask: Vec<String>,
    /// A column of which the trail has a commitment only, so that its values can be erased; repeat the option
    /// for several.
    #[arg(long, value_name = "COLUMN", requires = "subject")]
    pub erasable: Vec<String>,
    /// The column that says whose the erasable values of a row are, such as the id of a user.
    #[arg(long, value_name = "COLUMN", requires = "erasable")]
    pub subject: Option<String>,
}

/// Columns of a table of AWGP's own.
#[derive(Args, Debug)]
pub struct AuditErasable {
    /// The table, without its schema: users, work_items, approvals, approval_decisions or
    /// approval_delegations.
    pub table: String,
    /// A column; repeat the option for several. Without any, nothing of the table is erasable from now on.
    #[arg(long = "column", value_name = "COLUMN")]
    pub columns: Vec<String>,
}

/// Whose values to erase, and why.
#[derive(Args, Debug)]
pub struct AuditEraseSubject {
    /// Whose values, as the subject column of the table has it; not the id of a user.
    pub subject: String,
    /// A tracked table, such as shop.orders [default: every one, and the events of log_event()].
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,
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

/// A table to track no longer.
#[derive(Args, Debug)]
pub struct AuditUntrack {
    /// The table with its schema, such as shop.orders.
    pub table: String,
}
