//! Every argument of `awgp mcp`. The doc comments are the help.

mod guard;
mod serve;

pub use guard::Guard;
pub use serve::Serve;

use awgp_client::{DatabaseUrl, Effective, Failure, Wish};
use clap::{Args, Parser, Subcommand};
use std::env;
use std::path::{Path, PathBuf};

/// Govern what agents do over the Model Context Protocol.
///
/// Neither command has a right of its own: each tool call is decided by the database, for the assistant that
/// --assistant names. The login of the database is an ordinary member of awgp_app.
#[derive(Debug, Parser)]
#[command(name = "awgp-mcp", bin_name = "awgp mcp", version, max_term_width = 100)]
pub struct Opt {
    /// Who comes in, and where.
    #[command(flatten)]
    pub door: Door,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The database, and who acts in it.
#[derive(Args, Clone, Debug)]
pub struct Door {
    /// The database: a URL (postgres://user@host:5432/database) or key=value pairs. Missing parts come from
    /// the service file and the PG* variables. Prefer ~/.pgpass for the password: other users can see
    /// arguments. [env: DATABASE_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<DatabaseUrl>,
    /// The profile of the configuration file to use. [env: AWGP_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The tenant, by slug or id. [env: AWGP_TENANT]
    #[arg(long, global = true, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// The user of the agent's program, by e-mail or id; a user of its own with the role operator.
    /// [env: AWGP_USER]
    #[arg(long, global = true, value_name = "USER")]
    pub user: Option<String>,
    /// A file with an access token, instead of --tenant and --user. It is read again for each transaction,
    /// so that a token may be renewed in place. Without it, the token is read from AWGP_TOKEN.
    /// [env: AWGP_TOKEN_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The assistant that acts, by slug or id.
    #[arg(long, global = true, value_name = "ASSISTANT", env = "AWGP_ASSISTANT")]
    pub assistant: Option<String>,
}

impl Door {
    /// What is in force of options, profile and variables. Files are read anew.
    pub fn effective(&self) -> Result<Effective, Failure> {
        let wish = Wish {
            database_url: self.database_url.as_ref(),
            profile: self.profile.as_deref(),
            tenant: self.tenant.as_deref(),
            user: self.user.as_deref(),
            token_file: self.token_file.as_deref(),
            // It has one database.
            fleet: Some(Path::new("")),
        };
        Effective::determine(wish, &|name| env::var(name).ok())
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Stand before an MCP server: each call of a tool is an action that AWGP allows or denies.
    #[command(after_help = guard::EXAMPLES)]
    Guard(Box<Guard>),
    /// Serve AWGP's own functions as tools for an assistant.
    Serve(Serve),
}
