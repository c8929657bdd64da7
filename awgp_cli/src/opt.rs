//! Every argument of `awgp`. The doc comments are the help.

mod audit;

pub use audit::{Audit, AuditExport, AuditFilter, AuditHistory, AuditLog, AuditShow, AuditTail, AuditVerify};

use crate::secret::DatabaseUrl;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// AWGP governs an AI workforce inside PostgreSQL: tenants, users, assistants and their work.
///
/// Every command is one transaction on the database named by --database-url, DATABASE_URL or the PG*
/// variables of PostgreSQL (PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT,
/// PGPASSFILE). ~/.pgpass is read. A password is never printed.
#[derive(Debug, Parser)]
#[command(name = "awgp", version, after_help = crate::exit::HELP, max_term_width = 100)]
pub struct Opt {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// The database: a URL (postgres://user@host:5432/database) or key=value pairs. What it leaves out comes
    /// from the PG* variables. Prefer ~/.pgpass for the password: other users can see arguments.
    #[arg(long, global = true, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,
    /// The tenant to act in, by slug or id.
    #[arg(long, global = true, value_name = "TENANT", env = "AWGP_TENANT")]
    pub tenant: Option<String>,
    /// The user of the tenant to act as, by e-mail or id.
    #[arg(long, global = true, value_name = "USER", env = "AWGP_USER")]
    pub user: Option<String>,
    /// A file with an access token: its user and his tenant are in context, in the place of --tenant and --user.
    /// Without it, the token is read from AWGP_TOKEN. A token is never printed.
    #[arg(long, global = true, value_name = "FILE", env = "AWGP_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// How to print: a table for people, JSON for programs (a list is an array, a row an object, and an
    /// error is an object on stderr).
    #[arg(long, global = true, value_enum, default_value_t = Output::Table)]
    pub output: Output,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// A table for people.
    Table,
    /// JSON for programs.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create the extension in the database. Harmless when it is there already.
    Init,
    /// Check the installation. The exit code is 12 when a finding has severity error.
    Doctor,
    /// Print the version of this client, and of the extension where a server can be reached.
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
    /// Work items of a tenant's assistants.
    #[command(subcommand)]
    Work(Work),
    /// The audit trail: what was done, by whom, and the proof that the record is whole.
    #[command(subcommand)]
    Audit(Audit),
    /// Identity providers, whose tokens count in signed mode. Needs the role awgp_admin.
    #[command(subcommand)]
    Provider(Provider),
    /// Load a realistic organisation as ordinary roles and prove the promises on it, step by step.
    ///
    /// The database user must be able to create roles. Three throw-away login roles are made and dropped. Every
    /// run makes tenants of its own, with a fresh suffix to their slugs, and leaves them for a look around.
    Demo(Demo),
}

/// Organisations.
#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Create a tenant. Needs the role awgp_admin.
    Create(TenantCreate),
    /// List the tenants that are visible here.
    List(TenantList),
    /// Show one tenant.
    Show(Named),
}

/// A new tenant.
#[derive(Args, Debug)]
pub struct TenantCreate {
    /// Its name.
    pub name: String,
    /// Its short name for URLs and for --tenant; unique.
    #[arg(long)]
    pub slug: String,
    /// holding or subsidiary [default: the server's, subsidiary].
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// The holding it belongs to, by slug or id.
    #[arg(long, value_name = "TENANT")]
    pub parent: Option<String>,
    /// Settings, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub settings: Option<String>,
}

/// Which tenants to list.
#[derive(Args, Debug)]
pub struct TenantList {
    /// Only of this type: holding or subsidiary.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// People.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Create a user in the tenant.
    Create(UserCreate),
    /// List the users that the tenant sees.
    List(UserList),
}

/// A new user.
#[derive(Args, Debug)]
pub struct UserCreate {
    /// The e-mail address; unique within the tenant.
    pub email: String,
    /// super_admin, admin, manager, operator or viewer.
    #[arg(long)]
    pub role: String,
    /// First name.
    #[arg(long, value_name = "NAME")]
    pub first_name: Option<String>,
    /// Last name.
    #[arg(long, value_name = "NAME")]
    pub last_name: Option<String>,
    /// The subject of the identity provider's tokens.
    #[arg(long, value_name = "ID")]
    pub keycloak_id: Option<String>,
}

/// Which users to list.
#[derive(Args, Debug)]
pub struct UserList {
    /// Only with this role.
    #[arg(long)]
    pub role: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// AI assistants.
#[derive(Debug, Subcommand)]
pub enum Assistant {
    /// Create an assistant in the tenant.
    Create(AssistantCreate),
    /// List the assistants that the tenant sees.
    List(AssistantList),
    /// Show one assistant.
    Show(Named),
}

/// A new assistant.
#[derive(Args, Debug)]
pub struct AssistantCreate {
    /// Its name.
    pub name: String,
    /// Its short name; unique within the tenant.
    #[arg(long)]
    pub slug: String,
    /// What it is for: executive_cos, shared_finance, company_operations, custom, …
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: String,
    /// Up to which risk level, 0 to 5, it works without approval.
    #[arg(long, value_name = "LEVEL")]
    pub risk_tier: Option<i32>,
    /// An action it may take; give the option once for each.
    #[arg(long = "capability", value_name = "ACTION")]
    pub capabilities: Vec<String>,
    /// Configuration, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub configuration: Option<String>,
    /// Provider and model, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub model_config: Option<String>,
    /// What it may cost a day, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub max_cost_per_day: Option<String>,
}

/// Which assistants to list.
#[derive(Args, Debug)]
pub struct AssistantList {
    /// Only with this status: active, inactive, suspended or error.
    #[arg(long)]
    pub status: Option<String>,
    /// Only of this type.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// Work items.
#[derive(Debug, Subcommand)]
pub enum Work {
    /// Create a work item for an assistant of the tenant.
    Create(WorkCreate),
    /// List the work items that the tenant sees, the newest first.
    List(WorkList),
    /// Show one work item.
    Show(WorkShow),
}

/// A new work item.
#[derive(Args, Debug)]
pub struct WorkCreate {
    /// What is to be done.
    pub title: String,
    /// Who does it: the assistant's slug or id.
    #[arg(long)]
    pub assistant: String,
    /// The same at length.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// How risky it is, 0 to 5.
    #[arg(long, value_name = "LEVEL")]
    pub risk_level: Option<i32>,
    /// How urgent it is, 1 (highest) to 5.
    #[arg(long)]
    pub priority: Option<i32>,
    /// What it is expected to cost, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub estimated_cost: Option<String>,
    /// Data for the task, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub context: Option<String>,
    /// When it is due, as 2026-03-31T17:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub due_at: Option<String>,
}

/// Which work items to list.
#[derive(Args, Debug)]
pub struct WorkList {
    /// Only with this status: backlog, in_progress, awaiting_approval, completed, failed or cancelled.
    #[arg(long)]
    pub status: Option<String>,
    /// Only of this assistant, by slug or id.
    #[arg(long)]
    pub assistant: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// Which work item to show.
#[derive(Args, Debug)]
pub struct WorkShow {
    /// Its id.
    pub id: String,
}

/// Identity providers.
#[derive(Debug, Subcommand)]
pub enum Provider {
    /// Add a provider with its public keys.
    Add(ProviderAdd),
    /// List the providers and the ids of their keys.
    List,
    /// Replace a provider's keys. Keep the old key beside the new one until its tokens have expired.
    Rotate(ProviderRotate),
    /// Remove a provider; its tokens are refused from then on.
    Remove(ProviderNamed),
}

/// A new provider.
#[derive(Args, Debug)]
pub struct ProviderAdd {
    /// Its name for people; unique.
    pub name: String,
    /// Exactly what iss is in its tokens, such as https://id.example.com/realms/acme.
    #[arg(long, value_name = "URL")]
    pub issuer: String,
    /// What aud must hold; give the option once for each.
    #[arg(long, required = true)]
    pub audience: Vec<String>,
    /// The public keys: the answer of the provider's certificates endpoint.
    #[arg(long, value_name = "FILE")]
    pub jwks_file: PathBuf,
    /// An algorithm that is accepted; give the option once for each [default: the server's, RS256, ES256, EdDSA].
    #[arg(long, value_name = "ALG")]
    pub algorithm: Vec<String>,
    /// The claim that is a user's keycloak id [default: the server's, sub].
    #[arg(long, value_name = "CLAIM")]
    pub subject_claim: Option<String>,
    /// A claim that must name the user's tenant, by slug or id.
    #[arg(long, value_name = "CLAIM")]
    pub tenant_claim: Option<String>,
    /// What azp must be; give the option once for each.
    #[arg(long, value_name = "CLIENT")]
    pub authorized_party: Vec<String>,
    /// How far the provider's clock may be off, 0 to 300 seconds.
    #[arg(long, value_name = "SECONDS")]
    pub leeway_seconds: Option<i32>,
    /// The longest a token may live.
    #[arg(long, value_name = "SECONDS")]
    pub max_lifetime_seconds: Option<i32>,
    /// The only tenant for whose users it vouches, by slug or id.
    #[arg(long, value_name = "TENANT")]
    pub only_tenant: Option<String>,
}

/// New keys of a provider.
#[derive(Args, Debug)]
pub struct ProviderRotate {
    /// The provider's issuer.
    pub issuer: String,
    /// The public keys: the answer of the provider's certificates endpoint.
    #[arg(long, value_name = "FILE")]
    pub jwks_file: PathBuf,
}

/// A provider.
#[derive(Args, Debug)]
pub struct ProviderNamed {
    /// The provider's issuer.
    pub issuer: String,
}

/// Something that has a slug.
#[derive(Args, Debug)]
pub struct Named {
    /// Its slug or id.
    #[arg(value_name = "SLUG_OR_ID")]
    pub slug_or_id: String,
}

/// How many rows at most.
#[derive(Args, Clone, Copy, Debug)]
pub struct Limit {
    /// How many rows at most.
    #[arg(long = "limit", value_name = "ROWS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rows: u32,
}

/// The demo.
#[derive(Args, Debug)]
pub struct Demo {
    /// A scenario of your own, instead of the built-in one (demo/scenario.json).
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parsed(line: &[&str]) -> Opt {
        Opt::try_parse_from(line).expect("a valid command line")
    }

    #[test]
    fn the_definition_is_consistent() {
        Opt::command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for line in [
            ["awgp", "--tenant", "nord", "--output", "json", "user", "list"],
            ["awgp", "user", "list", "--tenant", "nord", "--output", "json"],
        ] {
            let opt = parsed(&line);
            assert_eq!(opt.global.tenant.as_deref(), Some("nord"));
            assert_eq!(opt.global.output, Output::Json);
            assert!(matches!(opt.command, Command::User(User::List(_))));
        }
    }

    #[test]
    fn the_user_option_and_the_user_command_do_not_meet() {
        let opt =
            parsed(&["awgp", "user", "create", "a@b.example", "--role", "viewer", "--user", "c@d.example"]);
        assert_eq!(opt.global.user.as_deref(), Some("c@d.example"));
        let Command::User(User::Create(create)) = opt.command else { panic!("not a user create") };
        assert_eq!((create.email.as_str(), create.role.as_str()), ("a@b.example", "viewer"));
    }

    #[test]
    fn a_capability_may_be_given_many_times() {
        let opt = parsed(&[
            "awgp",
            "assistant",
            "create",
            "Ledger",
            "--slug",
            "ledger",
            "--type",
            "shared_finance",
            "--capability",
            "read",
            "--capability",
            "post",
        ]);
        let Command::Assistant(Assistant::Create(create)) = opt.command else { panic!("not a create") };
        assert_eq!(create.capabilities, ["read", "post"]);
    }

    #[test]
    fn a_limit_of_no_rows_is_refused() {
        assert!(Opt::try_parse_from(["awgp", "tenant", "list", "--limit", "0"]).is_err());
    }

    #[test]
    fn every_option_and_command_is_explained() {
        fn check(command: &clap::Command, path: &str) {
            for arg in
                command.get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version"))
            {
                assert!(arg.get_help().is_some(), "{path} {}", arg.get_id());
            }
            for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
                assert!(sub.get_about().is_some(), "{path} {}", sub.get_name());
                check(sub, &format!("{path} {}", sub.get_name()));
            }
        }
        check(&Opt::command(), "awgp");
    }

    #[test]
    fn the_help_shows_no_value_of_the_environment() {
        let url = Opt::command();
        let argument = url.get_arguments().find(|arg| arg.get_id() == "database_url").expect("the option");
        assert!(argument.is_hide_env_values_set());
    }
}
