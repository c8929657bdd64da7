//! Host and port where the connection string does not name them.

use crate::exit::Exit;
use crate::failure::Failure;
use std::path::PathBuf;
use tokio_postgres::Config;

const DEFAULT_PORT: u16 = 5432;
/// Where servers put their sockets: Debian's packages, and a server built from source.
pub(super) const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// Fills in host and port where the connection string does not name them: PGHOST and PGPORT, then the
/// defaults of libpq.
pub(super) fn fill(config: &mut Config, get: &dyn Fn(&str) -> Option<String>) -> Result<(), Failure> {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        match get("PGHOST") {
            Some(hosts) => {
                for host in hosts.split(',') {
                    if host.starts_with('/') {
                        config.host_path(host)
                    } else {
                        config.host(host)
                    };
                }
            }
            None => default_host(config, get),
        }
    }
    if config.get_ports().is_empty()
        && let Some(ports) = get("PGPORT")
    {
        for port in ports.split(',') {
            config.port(port.trim().parse().map_err(|_| {
                Failure::new(Exit::BadArgument, "PGPORT is not a port number")
                    .hint("set it to a number from 1 to 65535, usually 5432")
            })?);
        }
    }
    Ok(())
}

/// The first socket directory with a socket in it, and localhost where there is none.
fn default_host(config: &mut Config, get: &dyn Fn(&str) -> Option<String>) {
    let port = get("PGPORT").unwrap_or_else(|| port_of(config).to_string());
    let socket = |directory: &&str| PathBuf::from(directory).join(format!(".s.PGSQL.{port}")).exists();
    match SOCKET_DIRECTORIES.iter().find(|directory| socket(directory)) {
        Some(directory) => config.host_path(directory),
        None => config.host("localhost"),
    };
}

/// The first port.
pub(super) fn port_of(config: &Config) -> u16 {
    config.get_ports().first().copied().unwrap_or(DEFAULT_PORT)
}
