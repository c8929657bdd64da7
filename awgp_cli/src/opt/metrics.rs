//! The arguments of `awgp metrics`.

use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where the numbers go, and how often they are read.
#[derive(Args, Debug)]
pub struct Metrics {
    /// Write them to this file instead of stdout, complete or not at all: for the textfile collector of
    /// Prometheus's node_exporter, whose files end in .prom.
    #[arg(long, value_name = "FILE", conflicts_with = "listen")]
    pub out: Option<PathBuf>,
    /// Serve them at http://ADDRESS/metrics until the command is ended. Only an address of this machine, such
    /// as 127.0.0.1:9187; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    pub listen: Option<SocketAddr>,
    /// With --listen: how many seconds an answer is given again before the numbers are read anew.
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(0..=3600), requires = "listen")]
    pub cache: u64,
    /// With --listen: how many seconds the doctor's findings are kept before they are counted anew.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(0..=86_400), requires = "listen")]
    pub findings_cache: u64,
    /// Give up reading after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
    /// How many pools have numbers of their own: those with the largest budgets. All others are added up.
    #[arg(long, value_name = "POOLS", default_value_t = 50, value_parser = clap::value_parser!(i64).range(0..=1000))]
    pub pools: i64,
}

/// An address that only this machine reaches: the numbers go out without a password.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "an address is like 127.0.0.1:9187 or [::1]:9187".to_owned())?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("only an address of this machine: 127.0.0.1 or [::1]. A proxy in front may ask for a password"
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_listened_to() {
        for text in ["127.0.0.1:9187", "127.1.2.3:1", "[::1]:0"] {
            assert!(loopback(text).is_ok(), "{text}");
        }
        for text in ["0.0.0.0:9187", "[::]:9187", "192.168.1.1:9187", "localhost:9187", "9187", "127.0.0.1"] {
            assert!(loopback(text).is_err(), "{text}");
        }
    }
}
