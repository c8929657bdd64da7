//! The arguments of `awgp console`.

use awgp_client::DatabaseUrl;
use clap::Parser;
use clap::builder::FalseyValueParser;
use std::net::SocketAddr;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  awgp console --as ada@north.example --tenant north
  awgp console --public-url https://awgp.north.example --issuer https://id.example.com/realms/acme \\
      --client-id awgp-console
  awgp console --public-url https://awgp.north.example --bearer --forwarded";

/// Serve the console: a web page for approvers, auditors and operators.
///
/// The console has no right of its own. Each request is one transaction that begins with the reader's token,
/// so the database decides what the reader sees and may do. Readers sign in with OpenID Connect (--issuer),
/// or a reverse proxy passes their token (--bearer). For a try, --as puts one user in context without a
/// token: only on an address of this machine, and only while the database is in trusted mode.
///
/// The login of the database is an ordinary member of awgp_app.
#[derive(Debug, Parser)]
#[command(name = "awgp-console", bin_name = "awgp console", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Opt {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", env = "AWGP_CONSOLE_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The URL under which readers reach the console, such as https://awgp.example.com; without it, that of
    /// --listen.
    #[arg(long, value_name = "URL", env = "AWGP_CONSOLE_URL")]
    pub public_url: Option<String>,
    /// The file with the key that seals cookies: 64 random bytes as hexadecimal digits. Without it the
    /// console makes a key at each start, and readers sign in again after a restart.
    #[arg(long, value_name = "FILE", env = "AWGP_CONSOLE_KEY_FILE")]
    pub key_file: Option<PathBuf>,
    /// Sign in with this OpenID provider: the issuer as tokens have it in `iss`.
    #[arg(long, value_name = "URL", env = "AWGP_OIDC_ISSUER", requires = "client_id")]
    pub issuer: Option<String>,
    /// The console's client id at the provider.
    #[arg(long, value_name = "ID", env = "AWGP_OIDC_CLIENT_ID", requires = "issuer")]
    pub client_id: Option<String>,
    /// The file with the client's secret; without it the console is a public client, with PKCE as always.
    #[arg(long, value_name = "FILE", env = "AWGP_OIDC_CLIENT_SECRET_FILE", requires = "issuer")]
    pub client_secret_file: Option<PathBuf>,
    /// Further scopes to ask for, besides openid; in the variable, with spaces between them.
    #[arg(long, value_name = "SCOPE", env = "AWGP_OIDC_SCOPE", value_delimiter = ' ', requires = "issuer")]
    pub scope: Vec<String>,
    /// Take the token of `Authorization: Bearer`, which a reverse proxy sets. Only behind a proxy that
    /// removes what readers send themselves.
    #[arg(long, env = "AWGP_CONSOLE_BEARER", value_parser = FalseyValueParser::new(), conflicts_with = "issuer")]
    pub bearer: bool,
    /// Take a reader's address from the end of `X-Forwarded-For`, for the limit on signing in. Only behind a
    /// proxy that sets it; without it, all readers of a proxy count as one.
    #[arg(long, env = "AWGP_CONSOLE_FORWARDED", value_parser = FalseyValueParser::new())]
    pub forwarded: bool,
    /// For a try: every reader is this user, by e-mail or id, of the tenant of --tenant.
    #[arg(long = "as", value_name = "USER", requires = "tenant", conflicts_with_all = ["issuer", "bearer"])]
    pub trial_user: Option<String>,
    /// The tenant of --as, by slug or id.
    #[arg(long, value_name = "TENANT", env = "AWGP_TENANT")]
    pub tenant: Option<String>,
    /// The folder of the auditor's signed notes (`awgp audit checkpoint --out`), or a copy of it: readers
    /// download proofs with them. Without it they paste a note that they have.
    #[arg(long, value_name = "DIR", env = "AWGP_CONSOLE_NOTES")]
    pub notes: Option<PathBuf>,
    /// How many connections to the database the console opens at most.
    #[arg(long, value_name = "NUMBER", env = "AWGP_CONSOLE_CONNECTIONS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub connections: u16,
    /// How many connections of readers are open at once at most; further ones wait.
    #[arg(long, value_name = "NUMBER", env = "AWGP_CONSOLE_READERS", default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..))]
    pub readers: u16,
    /// Give up on a request after so many seconds.
    #[arg(long, value_name = "SECONDS", env = "AWGP_CONSOLE_TIMEOUT", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=600))]
    pub timeout: u16,
    /// The database: a URL (postgres://user@host:5432/database) or key=value pairs. Missing parts come from
    /// the service file and the PG* variables. [env: DATABASE_URL]
    #[arg(long, value_name = "URL")]
    pub database_url: Option<DatabaseUrl>,
    /// The profile of the configuration file to use. [env: AWGP_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_help_has_examples_that_the_program_accepts() {
        let examples = EXAMPLES.strip_prefix("Examples:\n").expect("a title").replace("\\\n", "");
        for example in examples.lines() {
            let words = example.split_whitespace().skip(1);
            assert!(Opt::try_parse_from(words).is_ok(), "{example}");
        }
    }

    #[test]
    fn every_option_of_a_service_has_a_variable() {
        // The first is for a try; the others have theirs in awgp_client.
        let without = ["trial_user", "database_url", "profile"];
        for option in Opt::command().get_arguments().filter(|option| option.get_env().is_none()) {
            assert!(without.contains(&option.get_id().as_str()), "{}", option.get_id());
        }
    }
}
