//! The servers that a connection may go to: hosts, their addresses and ports.

use super::keyword::bad_value;
use super::settings::Settings;
use crate::failure::Failure;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

const DEFAULT_PORT: u16 = 5432;
/// Where servers put their sockets: Debian's packages, and a server built from source.
pub const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// A host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name or an address.
    Tcp(String),
    /// The folder of a socket.
    Socket(PathBuf),
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its host, whose name its certificate has.
    pub host: Host,
    /// The address to connect to instead of the host's own.
    pub address: Option<IpAddr>,
    /// Its port.
    pub port: u16,
    /// The password for it.
    pub password: Option<String>,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host) => f.write_str(host),
            Self::Socket(directory) => write!(f, "{}", directory.display()),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        match host {
            Host::Tcp(_) => write!(f, "{host}:{port}"),
            Host::Socket(_) => write!(f, "{host}/.s.PGSQL.{port}"),
        }
    }
}

/// The servers, in the order in which they are named, without passwords.
pub fn servers(settings: &Settings) -> Result<Vec<Server>, Failure> {
    let list = |name| settings.get(name).map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = addresses.as_ref().or(hosts.as_ref()).map_or(1, Vec::len);
    if hosts.as_ref().is_some_and(|hosts| hosts.len() != count) {
        let hint = "give as many addresses as hosts, separated by commas";
        return Err(bad_value("hostaddr", &settings.origin("hostaddr"), hint));
    }
    if ports.as_ref().is_some_and(|ports| ports.len() != 1 && ports.len() != count) {
        let hint = "give one port for all hosts, or as many as hosts, separated by commas";
        return Err(bad_value("port", &settings.origin("port"), hint));
    }
    let at = |list: &Option<Vec<&str>>, number: usize| {
        let entry = list
            .as_ref()
            .and_then(|list| list.get(number).or_else(|| list.first().filter(|_| list.len() == 1)));
        entry.copied().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    (0..count)
        .map(|number| {
            let port = port(settings, at(&ports, number))?;
            let address = match at(&addresses, number) {
                Some(text) => Some(text.parse::<IpAddr>().map_err(|_| {
                    bad_value(
                        "hostaddr",
                        &settings.origin("hostaddr"),
                        "use addresses such as 192.0.2.1 or 2001:db8::1",
                    )
                })?),
                None => None,
            };
            let host = match (at(&hosts, number), address) {
                (Some(host), _) if host.starts_with('/') => Host::Socket(PathBuf::from(host)),
                (Some(host), _) if host.starts_with('@') => {
                    let hint = "awgp knows sockets by their folder: /var/run/postgresql";
                    return Err(bad_value("host", &settings.origin("host"), hint));
                }
                (Some(host), _) => Host::Tcp(host),
                (None, Some(address)) => Host::Tcp(address.to_string()),
                (None, None) => default_host(port),
            };
            Ok(Server { host, address, port, password: None })
        })
        .collect()
}

fn port(settings: &Settings, text: Option<String>) -> Result<u16, Failure> {
    let Some(text) = text else { return Ok(DEFAULT_PORT) };
    text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
        bad_value("port", &settings.origin("port"), "use a number from 1 to 65535, usually 5432")
    })
}

/// The first socket directory with a socket in it, and localhost where there is none.
fn default_host(port: u16) -> Host {
    let socket = |directory: &&str| Path::new(directory).join(format!(".s.PGSQL.{port}")).exists();
    match SOCKET_DIRECTORIES.iter().find(|directory| socket(directory)) {
        Some(directory) => Host::Socket(PathBuf::from(directory)),
        None => Host::Tcp("localhost".to_owned()),
    }
}
