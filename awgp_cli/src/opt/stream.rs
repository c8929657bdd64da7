//! The arguments of `awgp audit stream`.

use awgp_core::audit::streamed::format::Format;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use uuid::Uuid;

/// What to send, and where.
#[derive(Args, Debug)]
pub struct AuditStream {
    #[command(subcommand)]
    #[allow(missing_docs)]
    pub verb: Option<StreamVerb>,
    /// A file, tcp://127.0.0.1:PORT, or the URL of a web server: https, or http on this machine.
    #[arg(long, value_name = "FILE|URL", required = true)]
    pub to: Option<String>,
    /// The file that says how far each lane was sent. Each receiver has one of its own.
    #[arg(long, value_name = "FILE", required = true)]
    pub cursor: Option<PathBuf>,
    /// How an event is written: AWGP's own JSON Lines; OCSF 1.3.0; CEF; the JSON of OpenTelemetry's OTLP.
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    pub format: StreamFormat,
    /// Where a new cursor begins: at the first event of every lane, or after those that are there now.
    #[arg(long, value_name = "WHERE", default_value = "beginning")]
    pub from: StreamFrom,
    /// Send what is there, and end.
    #[arg(long)]
    pub once: bool,
    /// Headers of each request, a line each, such as `Authorization: Bearer …`. Only its owner may read it.
    #[arg(long, value_name = "FILE")]
    pub header_file: Option<PathBuf>,
    /// The certificates that the web server's is signed by, instead of those of the operating system.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// The install of the chains, if the login may not read it.
    #[arg(long, value_name = "ID")]
    pub install_id: Option<Uuid>,
}

/// What else can be done with a stream.
#[derive(Debug, Subcommand)]
pub enum StreamVerb {
    /// Verify a receiver's copy, without any server: name what is missing or changed.
    ///
    /// The copy is text, in any of the formats, in any order, also with a header before each event or in a
    /// document around it. Events may be there several times. Without a note the end of each lane is the
    /// copy's own word; with --checkpoint every event that an auditor has signed must be there. The exit code
    /// is 12 when a finding has severity error.
    #[command(after_help = examples!(
        "awgp audit stream verify /var/log/awgp/trail.jsonl",
        "awgp audit stream verify siem.json --checkpoint /mnt/notes --public-key audit.pub"
    ))]
    Verify(StreamVerify),
}

/// The copy, and what it is compared with.
#[derive(Args, Debug)]
pub struct StreamVerify {
    /// The files of the copy.
    #[arg(value_name = "COPY", required = true)]
    pub copies: Vec<PathBuf>,
    /// The copy is meant to be a part of the trail: events that a note signs and the copy lacks are named,
    /// and are no findings.
    #[arg(long, requires = "checkpoint")]
    pub part: bool,
    /// The install of the chains, known from elsewhere.
    #[arg(long, value_name = "ID")]
    pub install_id: Option<Uuid>,
    /// A signed note, or a folder of them. Repeat it for several.
    #[arg(long, value_name = "NOTE|DIR", requires = "public_key")]
    pub checkpoint: Vec<PathBuf>,
    /// The public key that signed them: name+id+key, or a file with it.
    #[arg(long, value_name = "KEY", requires = "checkpoint")]
    pub public_key: Option<String>,
}

/// How an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StreamFormat {
    /// AWGP's own JSON Lines
    Jsonl,
    /// Open Cybersecurity Schema Framework 1.3.0
    Ocsf,
    /// Common Event Format
    Cef,
    /// OpenTelemetry logs as JSON
    Otlp,
}

impl StreamFormat {
    /// The same in the core.
    pub fn format(self) -> Format {
        match self {
            Self::Jsonl => Format::Jsonl,
            Self::Ocsf => Format::Ocsf,
            Self::Cef => Format::Cef,
            Self::Otlp => Format::Otlp,
        }
    }
}

/// Where a new cursor begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StreamFrom {
    /// At the first event of every lane
    Beginning,
    /// After the events that are there now
    Now,
}
