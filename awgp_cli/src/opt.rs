//! Every argument of `awgp`, one file per noun. The doc comments are the help.

#[macro_use]
mod examples;
mod action;
mod alert;
mod approval;
mod assistant;
mod audit;
mod config;
mod conversation;
mod cost;
mod delegation;
mod evidence;
mod flag;
mod fleet;
mod handed;
mod import;
mod installation;
mod key;
mod maintenance;
mod message;
mod metrics;
mod notify;
pub mod offline;
mod partition;
mod policy;
mod pool;
mod price;
mod provider;
mod report;
mod shared;
mod stop;
mod stream;
mod template;
mod tenant;
mod tenant_settings;
mod user;
mod work;

pub use action::{Action, ActionBegin, ActionFinish, ActionList, ActionNamed, ActionReconcile, ActionSpent};
pub use alert::{Alert, AlertList};
pub use approval::{
    Approval, ApprovalApprove, ApprovalBreakGlass, ApprovalEscalate, ApprovalExplain, ApprovalHistory,
    ApprovalInbox, ApprovalList, ApprovalNamed, ApprovalReject, ApprovalRequest, ApprovalWatch,
};
pub use assistant::{
    Assistant, AssistantCreate, AssistantList, AssistantResume, AssistantRetire, AssistantSuspend,
    AssistantUpdate,
};
pub use audit::{
    Audit, AuditCheckProof, AuditCheckpoint, AuditErasable, AuditEraseSubject, AuditExport, AuditFilter,
    AuditHistory, AuditLog, AuditProve, AuditReceipt, AuditRecord, AuditShow, AuditTail, AuditTrack,
    AuditUntrack, AuditVerify,
};
pub use config::{Config, ConfigCommand, ConfigNamed, ConfigSave};
pub use conversation::{
    Conversation, ConversationAppend, ConversationErase, ConversationExport, ConversationHold,
    ConversationList, ConversationLog, ConversationNamed, ConversationSearch,
};
pub use cost::{
    By, Cost, CostEstimate, CostRecord, CostRelease, CostReport, CostReserve, CostReverse, CostSettle,
};
pub use delegation::{Delegation, DelegationCreate, DelegationList, DelegationRevoke};
pub use evidence::{AuditEvidence, Evidence, EvidenceVerify};
pub use flag::{Flag, FlagCreate, FlagList, FlagReview};
pub use fleet::{Fleet, FleetMove, FleetPgdog, FleetPlan, FleetStatus, FleetSync};
pub use handed::Handed;
pub use import::Import;
pub use installation::{Installation, InstallationAdopt};
pub use key::{AuditKeygen, AuditRekey, NewKey, SigningKey};
pub use maintenance::{Maintenance, MaintenanceRun};
pub use message::{Message, MessageAsked};
pub use metrics::Metrics;
pub use notify::Notify;
pub use partition::{
    Partition, PartitionEnsure, PartitionExport, PartitionHold, PartitionNamed, PartitionRelease,
    PartitionRestore, PartitionRetire,
};
pub use policy::{Policy, PolicyCreate, PolicyDelete, PolicyList, PolicyNamed, PolicyTest, PolicyUpdate};
pub use pool::{Pool, PoolCreate, PoolHistory, PoolSet, PoolTopUp};
pub use price::{Price, PriceImport, PriceList, PriceSet, PriceShow};
pub use provider::{Provider, ProviderAdd, ProviderNamed, ProviderRemove, ProviderRotate, ProviderUpdate};
pub use report::Report;
pub use shared::{Limit, Load, Making, Named, Narrow, Sure};
pub use stop::{Resume, Stop, StopAssistant, StopInstallation, StopList, StopShow, StopTenant, StopVerify};
pub use stream::{AuditStream, StreamFormat, StreamFrom, StreamVerb, StreamVerify};
pub use template::{
    Template, TemplateApply, TemplateContent, TemplateCreate, TemplateDiff, TemplateList, TemplateNamed,
    TemplateUpdate,
};
pub use tenant::{Tenant, TenantCreate, TenantExport, TenantImport, TenantList, TenantMove, TenantUpdate};
pub use tenant_settings::{
    SettingsConfirm, SettingsGet, SettingsHow, SettingsSet, SettingsUnset, SettingsWithdraw, TenantSettings,
};
pub use user::{User, UserCreate, UserErase, UserList, UserNamed, UserUpdate};
pub use work::{
    Work, WorkCancel, WorkClose, WorkComplete, WorkCreate, WorkEdit, WorkList, WorkReassign, WorkShow,
};

use awgp_client::DatabaseUrl;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// AWGP governs an AI workforce inside PostgreSQL: tenants, users, assistants and their work.
///
/// Every command is one transaction on the database named by --database-url, a profile (--profile),
/// DATABASE_URL or, as in psql, a service (PGSERVICE) and the PG* variables of PostgreSQL (PGHOST, PGPORT,
/// PGUSER, PGDATABASE, PGSSLMODE and all others). ~/.pgpass is read. `awgp config` shows which values are in
/// force, and where each comes from. A password is never printed.
#[derive(Debug, Parser)]
#[command(name = "awgp", version, after_help = awgp_client::EXIT_CODES, max_term_width = 100)]
pub struct Opt {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options of every command")]
#[allow(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct Global {
    /// The database: a URL (postgres://user@host:5432/database) or key=value pairs. Missing parts come from
    /// the service file and the PG* variables. Prefer ~/.pgpass for the password: other users can see
    /// arguments. [env: DATABASE_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<DatabaseUrl>,
    /// The profile of the configuration file to use: a connection, tenant and user under a name.
    /// `awgp config` writes and lists them. [env: AWGP_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The fleet file: several databases with whole families, instead of one. A tenant's command goes to the
    /// member that has it; others run on all, or need --member. docs/fleet.md explains it. [env: AWGP_FLEET]
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "database_url")]
    pub fleet: Option<PathBuf>,
    /// With a fleet: the member on which the command runs; for `tenant create`, where the family goes.
    #[arg(long, global = true, value_name = "NAME")]
    pub member: Option<String>,
    /// The tenant in whose context the command runs, by slug or id. [env: AWGP_TENANT]
    #[arg(long, global = true, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// The user of the tenant in whose context the command runs, by e-mail or id. [env: AWGP_USER]
    #[arg(long, global = true, value_name = "USER")]
    pub user: Option<String>,
    /// A file with an access token: its user and their tenant are in context, instead of --tenant and --user.
    /// Without it, the token is read from AWGP_TOKEN. A token is never printed. [env: AWGP_TOKEN_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Ask for the password before connecting, even if one is known.
    #[arg(short = 'W', long, global = true, conflicts_with = "no_password")]
    pub password: bool,
    /// Never ask for a password. Otherwise it is asked for on a terminal when the server wants one.
    #[arg(short = 'w', long, global = true)]
    pub no_password: bool,
    /// Say on stderr which server is used, and which parameters of other programs in the URL are ignored.
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Show times in UTC, and read them so, instead of the zone of this computer (TZ).
    #[arg(long, global = true)]
    pub utc: bool,
    /// Show times in full, as ISO 8601 writes them.
    #[arg(long, global = true)]
    pub iso: bool,
    /// Print long output at once. Otherwise a terminal shows it a screen at a time, by the pager that
    /// AWGP_PAGER or PAGER names, or by less.
    #[arg(long, global = true)]
    pub no_pager: bool,
    /// The output format: a table for people, JSON for programs (a list is an array, a row an object, and an
    /// error is an object on stderr), CSV for spreadsheets where the command lists rows.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub output: Format,
}

/// The requested output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Table,
    /// JSON for programs.
    Json,
    /// CSV for spreadsheets: every list, findings, settings, and the report of an import.
    Csv,
}

/// The output format of a command without CSV, and of every error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A table for people.
    Table,
    /// JSON for programs.
    Json,
}

impl Format {
    /// The same for commands without CSV.
    pub fn without_csv(self) -> Output {
        match self {
            Self::Table | Self::Csv => Output::Table,
            Self::Json => Output::Json,
        }
    }
}

/// The command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create the extension in the database. Does nothing when it is there already.
    #[command(after_help = examples!("awgp init --database-url postgres://postgres@localhost/governed"))]
    Init,
    /// The identity of the installation: after a restore, keep it or give the copy one of its own.
    #[command(subcommand)]
    Installation(Installation),
    /// Check the installation. The exit code is 12 when a finding has severity error.
    #[command(after_help = examples!(
        "awgp doctor",
        "awgp doctor --output json"
    ))]
    Doctor,
    /// Show the connection that is in force and where each value comes from; write and list profiles.
    #[command(after_help = examples!("awgp config"))]
    Config(ConfigCommand),
    /// Print the version of this client, and of the extension if a server is reachable.
    #[command(after_help = examples!("awgp version"))]
    Version,
    /// Organisations: holdings and their subsidiaries.
    #[command(subcommand)]
    Tenant(Tenant),
    /// People of a tenant.
    #[command(subcommand)]
    User(User),
    /// AI assistants of a tenant.
    #[command(subcommand)]
    Assistant(Assistant),
    /// Conversations of a tenant's assistants: log, find, export and erase them.
    #[command(subcommand)]
    Conversation(Conversation),
    /// Potential hallucinations of a tenant's assistants, and their review.
    #[command(subcommand)]
    Flag(Flag),
    /// Work items of a tenant's assistants.
    #[command(subcommand)]
    Work(Work),
    /// Approvals: request, look at what waits, decide.
    #[command(subcommand)]
    Approval(Approval),
    /// Delegations: let another user decide for a time.
    #[command(subcommand)]
    Delegation(Delegation),
    /// Governed actions: the calls before an assistant acts and after.
    #[command(subcommand)]
    Action(Action),
    /// Stops: nothing begins any more, until somebody else resumes.
    #[command(subcommand)]
    Stop(Stop),
    /// Lift a stop: from now on something may begin again.
    #[command(after_help = examples!(
        "awgp resume 6f1c02d7 --reason 'the cause is mended' --tenant north --user bob@north.example"
    ))]
    Resume(Resume),
    /// Messages between assistants: check whether one may be sent.
    #[command(subcommand)]
    Message(Message),
    /// Communication policies: which assistants may send what to whom.
    #[command(subcommand)]
    Policy(Policy),
    /// The fleet: what stands where, what differs, reference data, the proxy, and families that move.
    #[command(subcommand)]
    Fleet(Fleet),
    /// Templates that assistants are made from.
    #[command(subcommand)]
    Template(Template),
    /// The audit trail: what was done, by whom, and the proof that the record is complete.
    #[command(subcommand)]
    Audit(Audit),
    /// Budgets of a tenant, one per provider.
    #[command(subcommand)]
    Pool(Pool),
    /// Alerts of budgets: what was nearly used up, and what was exceeded.
    #[command(subcommand)]
    Alert(Alert),
    /// Costs: record them and add them up; money that is held for a call.
    #[command(subcommand)]
    Cost(Cost),
    /// Prices of models, per token.
    #[command(subcommand)]
    Price(Price),
    /// The months of the audit trail: create, seal, export, retire, hold, restore.
    #[command(subcommand)]
    Partition(Partition),
    /// Maintenance: partitions, seals, expiries. Needs the role awgp_maintainer.
    #[command(subcommand)]
    Maintenance(Maintenance),
    /// Numbers of every tenant for monitoring, as OpenMetrics text. Needs the role awgp_monitor.
    ///
    /// They are counts, ages and sums: open approvals, budgets, the trail's lag, maintenance, findings. They
    /// are printed once, written to a file for the textfile collector, or served over HTTP.
    #[command(after_help = examples!(
        "awgp metrics",
        "awgp metrics --out /var/lib/prometheus/node-exporter/awgp.prom",
        "awgp metrics --listen 127.0.0.1:9187"
    ))]
    Metrics(Metrics),
    /// Serve the console: a web page on which people decide and see. It is the program awgp-console.
    ///
    /// The arguments are those of that program; `awgp console --help` has it print them.
    #[command(disable_help_flag = true, after_help = examples!(
        "awgp console --as ada@north.example --tenant north",
        "awgp console --issuer https://id.example.com/realms/acme --client-id awgp-console \\",
        "    --public-url https://awgp.north.example"
    ))]
    Console(Handed),
    /// Govern what agents do over the Model Context Protocol. It is the program awgp-mcp.
    ///
    /// `guard` stands before any MCP server, so that each call of a tool is an action that AWGP allows or
    /// denies; `serve` offers AWGP's own functions as tools. The arguments are those of that program;
    /// `awgp mcp --help` has it print them.
    #[command(disable_help_flag = true, after_help = examples!(
        "awgp mcp --help"
    ))]
    Mcp(Handed),
    /// Write a month as one HTML page: money, approvals, actions, quality, integrity of the trail.
    ///
    /// It is about --tenant and, for a holding, its subsidiaries; an auditor without --tenant gets all. The
    /// page needs no network and has no script: it can be sent, printed and kept.
    #[command(after_help = examples!(
        "awgp report --out report.html --month 2026-11 --tenant north",
        "awgp report --out all.html --currency EUR"
    ))]
    Report(Report),
    /// Deliver notices to webhooks and by e-mail. Needs the role awgp_notifier.
    ///
    /// Without --once it runs until it is stopped, and a commit with notices wakes it. Each notice is
    /// delivered at least once: what fails is tried again for about a day, and is then a dead letter, which
    /// `awgp doctor` reports. Several processes may run at the same time.
    #[command(after_help = examples!(
        "awgp notify --targets /etc/awgp/notify.toml",
        "awgp notify --targets /etc/awgp/notify.toml --once",
        "awgp notify --targets /etc/awgp/notify.toml --check",
        "awgp notify --targets /etc/awgp/notify.toml --test approvers"
    ))]
    Notify(Notify),
    /// Identity providers, whose tokens are accepted in signed mode. Needs the role awgp_admin.
    #[command(subcommand)]
    Provider(Provider),
    /// Import an application's own tables that were made from the same schema as AWGP.
    ///
    /// Rows come under their ids and with their states, and the old audit rows are chained and marked. All
    /// or nothing, in one transaction; the application must not run meanwhile. A dry run comes first: on a
    /// terminal it is shown and you are asked; elsewhere run --dry-run, then --yes. The exit code is 12
    /// when a row does not fit. The database user must be a superuser or own the extension.
    #[command(after_help = examples!(
        "awgp import --from-schema public --dry-run",
        "awgp import --from-schema public --yes"
    ))]
    Import(Import),
    /// Load a realistic organisation as ordinary roles and prove the promises on it, step by step.
    ///
    /// The database user must be able to create roles. Three temporary login roles are created and dropped.
    /// Every run creates its own tenants, with a new suffix to their slugs, and leaves them for you to look
    /// at.
    #[command(after_help = examples!("awgp demo --database-url postgres://postgres@localhost/governed"))]
    Demo(Demo),
}

impl Command {
    /// Whether the command has CSV: every list has, and what is a list of findings or settings.
    pub fn has_csv(&self) -> bool {
        matches!(
            self,
            Self::Price(Price::List(_) | Price::Show(_))
                | Self::Pool(Pool::List(_) | Pool::History(_))
                | Self::Cost(Cost::Report(_) | Cost::VerifyLedger)
                | Self::Doctor
                | Self::Config(ConfigCommand {
                    command: None | Some(Config::Show | Config::Paths | Config::Profiles)
                })
                | Self::Import(_)
                | Self::Tenant(Tenant::List(_) | Tenant::Settings(TenantSettings::Get(_)))
                | Self::User(User::List(_) | User::Erase(_))
                | Self::Assistant(Assistant::List(_))
                | Self::Work(Work::List(_))
                | Self::Approval(Approval::Inbox(_) | Approval::List(_))
                | Self::Action(Action::List(_))
                | Self::Alert(Alert::List(_))
                | Self::Delegation(Delegation::List(_))
                | Self::Stop(Stop::List(_))
                | Self::Conversation(Conversation::List(_) | Conversation::Search(_))
                | Self::Flag(Flag::List(_) | Flag::Quality(_))
                | Self::Policy(Policy::List(_))
                | Self::Template(Template::List(_))
                | Self::Provider(Provider::List(_))
                | Self::Partition(Partition::List(_) | Partition::Holds(_))
                | Self::Audit(Audit::Log(_) | Audit::Tracked(_) | Audit::EraseSubject(_))
                | Self::Fleet(Fleet::Status(_) | Fleet::Plan(_) | Fleet::Sync(_))
        )
    }
}

/// The demo.
#[derive(Args, Debug)]
pub struct Demo {
    /// A scenario of your own, instead of the built-in one (demo/scenario.json).
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// How the demo's application connects, instead of with a login that the demo makes: through a proxy
    /// before the server, say. Its login is a member of awgp_app.
    #[arg(long, value_name = "URL")]
    pub through: Option<DatabaseUrl>,
}

#[cfg(test)]
mod tests;
