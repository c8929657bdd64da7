//! Connecting: server by server, address by address, with and without TLS, as libpq does.

use super::hosts::{Host, Server};
use super::notices::Notices;
use super::session_kind::SessionKind;
use super::target::Target;
use rand_core::{OsRng, RngCore};
use std::error::Error as _;
use std::io;
use std::net::IpAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::lookup_host;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Error, NoTls, SimpleQueryMessage};

/// A connection.
pub(crate) struct Opened {
    /// What asks.
    pub client: Client,
    /// Wakes up when the server has sent a notification.
    pub notified: mpsc::Receiver<()>,
    /// The task that drives the connection until it ends.
    pub driver: JoinHandle<()>,
}

/// Why a server was not used.
#[derive(Debug)]
pub enum Miss {
    /// The driver's or the server's error.
    Driver(Error),
    /// The host has no address.
    Unresolved(io::Error),
    /// It did not answer in time.
    TimedOut(Duration),
    /// It is not as target_session_attrs asks.
    Unfit(&'static str),
}

impl From<Error> for Miss {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

impl Miss {
    /// Whether no other server is tried: this one has answered, and it is not just starting or stopping.
    fn ends_search(&self) -> bool {
        match self {
            Self::Driver(error) => {
                is_password_missing(error) || error.code().is_some_and(|code| code.code() != "57P03")
            }
            _ => false,
        }
    }

    /// Whether the same may succeed with TLS where it was tried without, or the other way round.
    fn is_about_encryption(&self) -> bool {
        let Self::Driver(error) = self else { return false };
        // No line of pg_hba.conf fits.
        error.code().is_some_and(|code| code.code() == "28000")
            || error.to_string().starts_with("error performing TLS handshake")
    }
}

/// The innermost cause of a driver's error.
pub fn innermost(error: &Error) -> String {
    let mut cause = error.source();
    while let Some(next) = cause.and_then(std::error::Error::source) {
        cause = Some(next);
    }
    cause.map(ToString::to_string).unwrap_or_default()
}

/// Whether the server asks for a password, and there is none.
pub fn is_password_missing(error: &Error) -> bool {
    innermost(error).contains("password missing")
}

/// No server could be used. The last of them comes last.
#[derive(Debug)]
pub struct Unreachable {
    /// Each server that was tried, and why it was not used.
    pub misses: Vec<(String, Miss)>,
}

impl Target {
    /// Connects; a task drives the connection until it ends. The receiver wakes up when the server has sent a
    /// notification; several may wake it once.
    pub(crate) async fn connect(&self) -> Result<Opened, Unreachable> {
        let mut misses = Vec::new();
        for kind in self.kind.passes() {
            misses.clear();
            for server in self.in_order() {
                match self.reach(server, *kind).await {
                    Ok(opened) => return Ok(opened),
                    Err(miss) => {
                        let is_last = miss.ends_search();
                        misses.push((server.to_string(), miss));
                        if is_last {
                            return Err(Unreachable { misses });
                        }
                    }
                }
            }
        }
        Err(Unreachable { misses })
    }

    fn in_order(&self) -> Vec<&Server> {
        let mut servers: Vec<&Server> = self.servers.iter().collect();
        if self.is_random {
            shuffle(&mut servers);
        }
        servers
    }

    /// Tries a server, at each of its addresses.
    async fn reach(&self, server: &Server, kind: SessionKind) -> Result<Opened, Miss> {
        let mut miss = None;
        for address in self.addresses(server).await? {
            match self.dial(server, address, kind).await {
                Err(found) if !found.ends_search() => miss = Some(found),
                outcome => return outcome,
            }
        }
        Err(miss.unwrap_or_else(|| Miss::Unresolved(io::Error::other("the host has no address"))))
    }

    /// The addresses of a server; None for a socket.
    async fn addresses(&self, server: &Server) -> Result<Vec<Option<IpAddr>>, Miss> {
        let Host::Tcp(host) = &server.host else { return Ok(vec![None]) };
        if server.address.is_some() {
            return Ok(vec![server.address]);
        }
        let found =
            self.timed(async { lookup_host((host.as_str(), server.port)).await.map_err(Miss::Unresolved) });
        let mut addresses: Vec<Option<IpAddr>> = found.await?.map(|found| Some(found.ip())).collect();
        if self.is_random {
            shuffle(&mut addresses);
        }
        Ok(addresses)
    }

    /// Tries an address with and without TLS, as sslmode allows.
    async fn dial(
        &self,
        server: &Server,
        address: Option<IpAddr>,
        kind: SessionKind,
    ) -> Result<Opened, Miss> {
        let steps = self.tls.steps(address.is_none());
        let (last, earlier) = steps.split_last().unwrap_or((&SslMode::Disable, &[]));
        for mode in earlier {
            match self.log_in(server, address, *mode, kind).await {
                Err(miss) if miss.is_about_encryption() => {}
                outcome => return outcome,
            }
        }
        self.log_in(server, address, *last, kind).await
    }

    /// Logs in; asks for the password where the server wants one and there is none.
    async fn log_in(
        &self,
        server: &Server,
        address: Option<IpAddr>,
        mode: SslMode,
        kind: SessionKind,
    ) -> Result<Opened, Miss> {
        let mut config = self.config.clone();
        match &server.host {
            Host::Tcp(host) => config.host(host),
            Host::Socket(folder) => config.host_path(folder),
        };
        if let Some(address) = address {
            config.hostaddr(address);
        }
        config.port(server.port).ssl_mode(mode).ssl_negotiation(self.tls.negotiation());
        let asked = self.prompt.as_ref().and_then(|prompt| prompt.before(&self.login()));
        if let Some(password) = asked.as_ref().or(server.password.as_ref()) {
            config.password(password);
        }
        match self.timed(self.open(&config, kind)).await {
            Err(Miss::Driver(error)) if is_password_missing(&error) => {
                match self.prompt.as_ref().and_then(|prompt| prompt.asked(&self.login())) {
                    Some(password) => self.timed(self.open(config.password(password), kind)).await,
                    None => Err(Miss::Driver(error)),
                }
            }
            outcome => outcome,
        }
    }

    async fn timed<T>(&self, work: impl Future<Output = Result<T, Miss>>) -> Result<T, Miss> {
        match self.timeout {
            Some(limit) => tokio::time::timeout(limit, work).await.unwrap_or(Err(Miss::TimedOut(limit))),
            None => work.await,
        }
    }

    async fn open(&self, config: &Config, kind: SessionKind) -> Result<Opened, Miss> {
        let (notify, notified) = mpsc::channel(1);
        // Two types of connection, with the same steps.
        let (client, told, driver) = if let Some(connector) = self.tls.connector() {
            let (client, connection) = config.connect(connector).await?;
            let told = told(&connection);
            (client, told, tokio::spawn(drive(connection, self.notices().clone(), notify)))
        } else {
            let (client, connection) = config.connect(NoTls).await?;
            let told = told(&connection);
            (client, told, tokio::spawn(drive(connection, self.notices().clone(), notify)))
        };
        if kind != SessionKind::Any {
            let (is_read_only, is_standby) = match told {
                Some(told) => told,
                None => ask(&client).await?,
            };
            if let Some(why) = kind.unfit(is_read_only, is_standby) {
                return Err(Miss::Unfit(why));
            }
        }
        Ok(Opened { client, notified, driver })
    }
}

/// Whether the session is read-only, and on a standby, as the server has said by itself. A pooler may not
/// say it.
fn told<S, T>(connection: &Connection<S, T>) -> Option<(bool, bool)>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let is_on = |name| connection.parameter(name).map(|value| value == "on");
    Some((is_on("default_transaction_read_only")?, is_on("in_hot_standby")?))
}

/// The same, by asking.
async fn ask(client: &Client) -> Result<(bool, bool), Error> {
    let sql = "SELECT pg_catalog.current_setting('transaction_read_only'), pg_catalog.pg_is_in_recovery()";
    let messages = client.simple_query(sql).await?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((row.get(0) == Some("on"), row.get(1) == Some("t"))),
        _ => None,
    });
    Ok(row.unwrap_or_default())
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

/// Puts a list into an order of chance.
fn shuffle<T>(list: &mut [T]) {
    for last in (1..list.len()).rev() {
        list.swap(last, OsRng.next_u32() as usize % (last + 1));
    }
}
