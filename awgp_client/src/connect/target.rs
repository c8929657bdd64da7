//! The server to connect to, determined as libpq does: the connection string first, then the service file,
//! then the PG* variables, then ~/.pgpass, then the defaults.

use super::hosts::{self, Host, Server};
use super::keyword::{SESSION_VARIABLES, bad_value};
use super::notices::Notices;
use super::origin::Origin;
use super::pgpass::{self, Wanted};
use super::prompt::Prompt;
use super::session_kind::SessionKind;
use super::settings::{Environment, Given, Settings};
use super::tls::{Tls, Verified};
use super::written::Written;
use crate::failure::Failure;
use crate::secret::DatabaseUrl;
use crate::token::Token;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, LoadBalanceHosts};

/// How long one attempt to connect may take, unless PGCONNECT_TIMEOUT or connect_timeout sets it.
pub const CONNECT_TIMEOUT_SECONDS: u64 = 10;
/// The default application_name.
pub const PROGRAM: &str = "awgp";

/// Servers, a database and a login.
#[derive(Clone)]
pub struct Target {
    /// Everything but the server and its password.
    pub(super) config: Config,
    pub(super) servers: Vec<Server>,
    pub(super) tls: Tls,
    pub(super) kind: SessionKind,
    pub(super) is_random: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) prompt: Option<Prompt>,
    /// Whether the user has named the application.
    is_named: bool,
    token: Option<Token>,
    notices: Notices,
    /// How long the client waits for a login, and for an answer.
    limits: Option<(Duration, Duration)>,
    warnings: Vec<String>,
}

impl Target {
    /// Determines the target from a connection string and a look-up in the environment. The error for a
    /// malformed connection string quotes no part of it.
    pub fn resolve(url: Option<&DatabaseUrl>, env: Environment<'_>) -> Result<Self, Failure> {
        let get = |name: &str| env(name).filter(|value| !value.is_empty());
        let origin = Origin::Option("--database-url");
        let written = match url.filter(|url| !url.is_empty()) {
            Some(url) => Written::read(url, &origin)?,
            None => Written::default(),
        };
        let explicit =
            written.pairs.into_iter().map(|(name, value)| Given { name, value, origin: origin.clone() });
        let mut settings = Settings::complete(explicit.collect(), &get)?;
        Self::of_settings(&mut settings, &get)
    }

    /// The target of complete settings. Adds to them the password of a file of passwords.
    pub(crate) fn of_settings(settings: &mut Settings, get: Environment<'_>) -> Result<Self, Failure> {
        let mut servers = hosts::servers(settings)?;
        let (user, _) = login(settings);
        let database = settings.get("dbname").unwrap_or(&user).to_owned();
        let found = passwords(settings, &mut servers, &database, &user, get);
        if let Some(given) = found {
            settings.add(given);
        }
        let is_random = settings.get("load_balance_hosts") == Some("random");
        let timeout = match settings.number("connect_timeout", "seconds; 0 for no limit")? {
            None => Some(Duration::from_secs(CONNECT_TIMEOUT_SECONDS)),
            Some(seconds) => {
                u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
            }
        };
        let mut config = Config::new();
        config.user(&user).dbname(&database);
        let name = settings.get("application_name").or(settings.get("fallback_application_name"));
        config.application_name(name.unwrap_or(PROGRAM));
        if let Some(options) = options(settings) {
            config.options(options);
        }
        if let Some(limit) = timeout {
            config.connect_timeout(limit);
        }
        config.load_balance_hosts(if is_random {
            LoadBalanceHosts::Random
        } else {
            LoadBalanceHosts::Disable
        });
        config.channel_binding(match settings.get("channel_binding") {
            Some("disable") => ChannelBinding::Disable,
            Some("require") => ChannelBinding::Require,
            _ => ChannelBinding::Prefer,
        });
        keep_alive(&mut config, settings)?;
        Ok(Self {
            config,
            servers,
            tls: Tls::resolve(settings, get)?,
            kind: SessionKind::named(settings.get("target_session_attrs").unwrap_or("any")),
            is_random,
            timeout,
            prompt: None,
            is_named: settings.get("application_name").is_some(),
            token: None,
            notices: Notices::default(),
            limits: None,
            warnings: std::mem::take(&mut settings.warnings),
        })
    }

    /// The same with another application_name, for pg_stat_activity and the server's log, unless the user has
    /// set one.
    #[must_use]
    pub fn with_application_name(mut self, name: &str) -> Self {
        if !self.is_named {
            self.config.application_name(name);
        }
        self
    }

    /// The same, with a user who is asked for a password.
    #[must_use]
    pub fn with_prompt(mut self, prompt: Option<Prompt>) -> Self {
        self.prompt = prompt;
        self
    }

    /// The same; a server counts as unreachable that has let nobody in after the first of these times, at
    /// all its addresses together, or has not answered a statement after the second.
    #[must_use]
    pub fn with_limits(mut self, login: Duration, answer: Duration) -> Self {
        self.limits = Some((login, answer));
        self
    }

    /// How long the client waits for a login, and for the answer to a statement; None: as long as it takes.
    pub fn limits(&self) -> Option<(Duration, Duration)> {
        self.limits
    }

    /// Warnings, one line each: files that were ignored, and why.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The same server and database with another login.
    #[must_use]
    pub fn with_login(&self, user: &str, password: &str) -> Self {
        let mut target = Self { prompt: None, ..self.clone() };
        target.config.user(user);
        for server in &mut target.servers {
            server.password = Some(password.to_owned());
        }
        target
    }

    /// The same over TCP on this machine, if it is reached through a socket. Many servers let only
    /// operating-system users in through the socket, and passwords only over TCP.
    pub fn over_loopback(&self) -> Option<Self> {
        let first = self.servers.first().filter(|server| matches!(server.host, Host::Socket(_)))?;
        let server = Server { host: Host::Tcp("127.0.0.1".to_owned()), ..first.clone() };
        Some(Self { servers: vec![server], token: None, ..self.clone() })
    }

    /// The servers in words, in the order in which they are named.
    pub fn places(&self) -> String {
        self.servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    /// The first server in words: host and port, without login and password.
    pub fn place(&self) -> String {
        self.servers.first().map(ToString::to_string).unwrap_or_default()
    }

    /// The same, with an access token that sets the context of every transaction.
    #[must_use]
    pub fn with_token(mut self, token: Option<Token>) -> Self {
        self.token = token;
        self
    }

    /// The access token, if there is one.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// The server's notices on all connections to this target.
    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// The host of the first server.
    pub(super) fn first_host(&self) -> String {
        self.servers.first().map(|server| server.host.to_string()).unwrap_or_default()
    }

    /// The port of the first server.
    pub(super) fn first_port(&self) -> String {
        self.servers.first().map(|server| server.port.to_string()).unwrap_or_default()
    }

    /// The first server: its host, or the folder of its socket, and its port.
    pub fn address(&self) -> (String, String) {
        (self.first_host(), self.first_port())
    }

    /// What of the server's certificate is verified.
    pub fn verified(&self) -> Verified {
        self.tls.verified()
    }

    /// The database.
    pub fn database(&self) -> String {
        self.config.get_dbname().unwrap_or_default().to_owned()
    }

    /// The login.
    pub(super) fn login(&self) -> String {
        self.config.get_user().unwrap_or_default().to_owned()
    }
}

/// The login, and where its name comes from.
pub fn login(settings: &Settings) -> (String, Origin) {
    match settings.get("user") {
        Some(user) => (user.to_owned(), settings.origin("user")),
        None => (whoami::username().unwrap_or_default(), Origin::System),
    }
}

/// Puts a password to each server: the one that is given, or that of a file of passwords, which is returned
/// if the first server has it.
fn passwords(
    settings: &mut Settings,
    servers: &mut [Server],
    database: &str,
    user: &str,
    get: Environment<'_>,
) -> Option<Given> {
    if let Some(password) = settings.get("password") {
        servers.iter_mut().for_each(|server| server.password = Some(password.to_owned()));
        return None;
    }
    let in_home = || get("HOME").map(|home| Path::new(&home).join(".pgpass"));
    let file = settings.get("passfile").map(PathBuf::from).or_else(in_home)?;
    for server in servers.iter_mut() {
        match pgpass::find(&file, &Wanted::new(server, database, user)) {
            Ok(password) => server.password = password,
            Err(ignored) => {
                settings.warnings.push(ignored);
                return None;
            }
        }
    }
    let value = servers.first()?.password.clone()?;
    Some(Given { name: "password", value, origin: Origin::PasswordFile(file) })
}

/// The options of the session: those that are given, and what PGTZ and its like ask for.
fn options(settings: &Settings) -> Option<String> {
    let mut options = Vec::new();
    options.extend(settings.get("options").map(str::to_owned));
    for (_, name) in SESSION_VARIABLES {
        if let Some(value) = settings.get(name) {
            options.push(format!("-c {name}={}", value.replace('\\', "\\\\").replace(' ', "\\ ")));
        }
    }
    (!options.is_empty()).then(|| options.join(" "))
}

/// How a dead connection is noticed.
fn keep_alive(config: &mut Config, settings: &Settings) -> Result<(), Failure> {
    config.keepalives(settings.get("keepalives") != Some("0"));
    let positive = |name, unit| -> Result<Option<u64>, Failure> {
        // As in libpq, 0 and less ask for the system's default.
        Ok(settings
            .number(name, unit)?
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| *number > 0))
    };
    if let Some(seconds) = positive("keepalives_idle", "seconds")? {
        config.keepalives_idle(Duration::from_secs(seconds));
    }
    if let Some(seconds) = positive("keepalives_interval", "seconds")? {
        config.keepalives_interval(Duration::from_secs(seconds));
    }
    if let Some(count) = positive("keepalives_count", "probes")? {
        let count = u32::try_from(count).map_err(|_| {
            bad_value("keepalives_count", &settings.origin("keepalives_count"), "use a smaller number")
        })?;
        config.keepalives_retries(count);
    }
    if let Some(milliseconds) = positive("tcp_user_timeout", "milliseconds")? {
        config.tcp_user_timeout(Duration::from_millis(milliseconds));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
