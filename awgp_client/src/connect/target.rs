//! The server to connect to, determined as libpq does: the connection string first, then the PG* variables,
//! then ~/.pgpass, then the defaults.

use super::address::{self, port_of};
use super::notices::Notices;
use super::tls::Tls;
use super::{pgpass, tls_options};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::secret::DatabaseUrl;
use crate::token::Token;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_postgres::config::Host;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls};

/// How long one attempt to connect may take, unless PGCONNECT_TIMEOUT or connect_timeout sets it.
const CONNECT_TIMEOUT_SECONDS: u64 = 10;
/// The default application_name.
const PROGRAM: &str = "awgp";

/// A server, a database and a login.
#[derive(Clone)]
pub struct Target {
    config: Config,
    tls: Tls,
    token: Option<Token>,
    notices: Notices,
    warnings: Vec<String>,
}

impl Target {
    /// Determines the target from a connection string and a look-up in the environment. The error for a
    /// malformed connection string quotes no part of it.
    pub fn resolve(url: Option<&DatabaseUrl>, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let get = |name: &str| env(name).filter(|value| !value.is_empty());
        let (mut config, mut options) = match url.filter(|url| !url.is_empty()) {
            Some(url) => parse(url)?,
            None => (Config::new(), tls_options::TlsOptions::default()),
        };
        address::fill(&mut config, &get)?;
        if config.get_user().is_none() {
            config.user(get("PGUSER").or_else(|| whoami::username().ok()).unwrap_or_default());
        }
        if let (None, Some(name)) = (config.get_dbname(), get("PGDATABASE")) {
            config.dbname(name);
        }
        if let (None, Some(text)) = (config.get_options(), get("PGOPTIONS")) {
            config.options(text);
        }
        if config.get_connect_timeout().is_none() {
            let seconds = get("PGCONNECT_TIMEOUT").and_then(|text| text.parse().ok());
            config.connect_timeout(Duration::from_secs(seconds.unwrap_or(CONNECT_TIMEOUT_SECONDS)));
        }
        let mut warnings = Vec::new();
        if config.get_password().is_none() {
            let password = get("PGPASSWORD").or_else(|| {
                pgpass::find(&config, &get).unwrap_or_else(|ignored| {
                    warnings.push(ignored);
                    None
                })
            });
            if let Some(password) = password {
                config.password(password);
            }
        }
        config.application_name(PROGRAM);
        options.mode = options.mode.or_else(|| get("PGSSLMODE"));
        options.root_cert = options.root_cert.or_else(|| get("PGSSLROOTCERT"));
        let tls = Tls::resolve(&options, get("HOME").as_deref().map(Path::new))?;
        config.ssl_mode(tls.wire_mode());
        Ok(Self { config, tls, token: None, notices: Notices::default(), warnings })
    }

    /// The same with another application_name, for pg_stat_activity and the server's log.
    #[must_use]
    pub fn with_application_name(mut self, name: &str) -> Self {
        self.config.application_name(name);
        self
    }

    /// Warnings, one line each: files that were ignored, and why.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The same server and database with another login.
    #[must_use]
    pub fn with_login(&self, user: &str, password: &str) -> Self {
        let mut target = self.clone();
        target.config.user(user).password(password);
        target
    }

    /// The same over TCP on this machine, if it is reached through a socket. Many servers let only
    /// operating-system users in through the socket, and passwords only over TCP.
    pub fn over_loopback(&self) -> Option<Self> {
        let on_socket = matches!(self.config.get_hosts(), [Host::Unix(_), ..]);
        on_socket.then(|| {
            let mut config = Config::new();
            config.host("127.0.0.1").port(port_of(&self.config));
            config.application_name(self.config.get_application_name().unwrap_or(PROGRAM));
            config.user(self.config.get_user().unwrap_or_default()).ssl_mode(self.tls.wire_mode());
            config.dbname(
                self.config.get_dbname().unwrap_or_else(|| self.config.get_user().unwrap_or_default()),
            );
            if let Some(password) = self.config.get_password() {
                config.password(password);
            }
            if let Some(limit) = self.config.get_connect_timeout() {
                config.connect_timeout(*limit);
            }
            Self { config, token: None, ..self.clone() }
        })
    }

    /// The server in words: host and port, without login and password.
    pub fn place(&self) -> String {
        let port = port_of(&self.config);
        match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => format!("{host}:{port}"),
            Some(Host::Unix(directory)) => format!("{}/.s.PGSQL.{port}", directory.display()),
            None => self
                .config
                .get_hostaddrs()
                .first()
                .map_or_else(|| format!("localhost:{port}"), |address| format!("{address}:{port}")),
        }
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

    /// Connects; a task drives the connection until it ends. The receiver wakes up when the server has sent a
    /// notification; several may wake it once.
    pub async fn connect(&self) -> Result<(Client, mpsc::Receiver<()>), tokio_postgres::Error> {
        let (notify, notified) = mpsc::channel(1);
        // Two types of connection, with the same two steps.
        let client = if let Some(connector) = self.tls.connector() {
            let (client, connection) = self.config.connect(connector).await?;
            tokio::spawn(drive(connection, self.notices.clone(), notify));
            client
        } else {
            let (client, connection) = self.config.connect(NoTls).await?;
            tokio::spawn(drive(connection, self.notices.clone(), notify));
            client
        };
        Ok((client, notified))
    }
}

/// Drives a connection until it ends, and stores the server's notices.
async fn drive<S, T>(mut connection: Connection<S, T>, notices: Notices, notify: mpsc::Sender<()>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = std::future::poll_fn(|context| connection.poll_message(context)).await {
        match message {
            AsyncMessage::Notice(notice) => notices.keep(notice),
            // A wake-up that finds another one waiting is merged with it; there may be no receiver.
            AsyncMessage::Notification(_) => {
                let _ = notify.try_send(());
            }
            _ => {}
        }
    }
}

fn parse(url: &DatabaseUrl) -> Result<(Config, tls_options::TlsOptions), Failure> {
    let malformed = || {
        Failure::new(Exit::BadArgument, "the connection string is not valid").hint(
            "write postgres://user@host:5432/database or \"host=… user=… dbname=…\"; in a URL, \
             percent-encode special characters of a password, an at sign as %40",
        )
    };
    let (rest, options) = tls_options::take(url.expose()).ok_or_else(malformed)?;
    // Text after the first `@` would be taken for the host and shown, and it may be half of a password.
    let host_part =
        rest.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map_or("", |(_, host)| host);
    if host_part.contains('@') {
        return Err(malformed());
    }
    let config: Config = rest.parse().map_err(|_| malformed())?;
    Ok((config, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(url: &str, env: &[(&str, &str)]) -> Result<Target, Failure> {
        let pairs: Vec<(String, String)> =
            env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let look_up =
            move |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        Target::resolve(Some(&DatabaseUrl::from(url)), &look_up)
    }

    #[test]
    fn the_variables_fill_what_the_connection_string_leaves_out() {
        let env = [("PGHOST", "db.example"), ("PGPORT", "6000"), ("PGUSER", "ann"), ("PGPASSWORD", "s")];
        let target = resolve("dbname=awgp", &env).expect("a target");
        assert_eq!(target.place(), "db.example:6000");
        assert_eq!(target.config.get_user(), Some("ann"));
        assert_eq!(target.config.get_dbname(), Some("awgp"));
        assert_eq!(target.config.get_password(), Some("s".as_bytes()));
    }

    #[test]
    fn the_connection_string_wins_over_the_variables() {
        let target =
            resolve("postgres://bob:pw@h:1/d", &[("PGHOST", "x"), ("PGUSER", "ann"), ("PGPASSWORD", "s")])
                .expect("a target");
        assert_eq!(target.place(), "h:1");
        assert_eq!(target.config.get_user(), Some("bob"));
        assert_eq!(target.config.get_password(), Some("pw".as_bytes()));
    }

    #[test]
    fn a_socket_directory_is_a_host() {
        let target = resolve("", &[("PGHOST", "/run/pg"), ("PGPORT", "5433")]).expect("a target");
        assert_eq!(target.place(), "/run/pg/.s.PGSQL.5433");
        assert_eq!(target.over_loopback().expect("a socket").place(), "127.0.0.1:5433");
    }

    #[test]
    fn a_malformed_connection_string_is_refused_without_a_word_of_it() {
        for url in [
            "postgres://u:hunter2",
            "postgres://u:hun@ter2@h/d",
            "password=a hunter2",
            "hunter2",
            "postgres://u:p@h/d?hunter2=1",
            "postgres://u:p@h/d?sslmode=hunter2",
            "host=h sslmode='hunter2",
        ] {
            let failure = resolve(url, &[]).err().unwrap_or_else(|| panic!("{url} was understood"));
            assert_eq!(failure.exit, Exit::BadArgument);
            assert!(!format!("{failure:?}").contains("ter2"), "{failure:?}");
        }
    }

    #[test]
    fn tls_modes_of_libpq_are_understood() {
        for mode in ["disable", "allow", "prefer", "require"] {
            assert!(resolve(&format!("postgres://u@h/d?sslmode={mode}"), &[]).is_ok(), "{mode}");
            assert!(resolve(&format!("host=h sslmode={mode}"), &[]).is_ok(), "{mode}");
            assert!(resolve("host=h", &[("PGSSLMODE", mode)]).is_ok(), "{mode}");
        }
        let failure = resolve("host=h sslmode=verify-full", &[]).err().expect("no root certificate");
        assert!(failure.noted("hint").is_some_and(|hint| hint.contains("sslrootcert")));
    }
}
