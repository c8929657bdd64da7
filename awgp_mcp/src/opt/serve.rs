//! The arguments of `awgp mcp serve`.

use clap::Args;
use std::net::SocketAddr;

/// Serve AWGP's own functions as tools for an assistant.
///
/// The assistant sees its work, starts and ends it, begins and finishes actions, asks for approvals, and
/// learns why something is denied and what money is left. It never may more than the database lets it, and
/// it approves nothing. A client starts the program and speaks with it on standard input and output, or
/// reaches it over HTTP with --listen.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  awgp mcp serve --tenant north --user runtime@north.example --assistant ledger
  awgp mcp serve --token-file /run/awgp/token --assistant ledger
  awgp mcp serve --listen 127.0.0.1:8787 --tenant north --user runtime@north.example --assistant ledger
  awgp mcp serve --listen 10.0.0.5:8787 --bearer --host mcp.north.example --assistant ledger")]
pub struct Serve {
    /// Serve streamable HTTP on this address, at the path /mcp, instead of standard input and output; port 0
    /// takes a free one. Without --bearer it has to be an address of this machine.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Each request brings an access token of its own, as `Authorization: Bearer`, and acts as its user; one
    /// without is refused.
    #[arg(long, requires = "listen")]
    pub bearer: bool,
    /// A name under which clients reach this server, such as mcp.example.com or mcp.example.com:8443. Without
    /// it they use the address of --listen or localhost. May be given several times.
    #[arg(long, value_name = "HOST", requires = "listen")]
    pub host: Vec<String>,
    /// The origin of a web page whose scripts may call, such as https://app.example.com:443. Without it no
    /// page may. May be given several times.
    #[arg(long, value_name = "ORIGIN", requires = "listen")]
    pub origin: Vec<String>,
    /// The most connections at a time.
    #[arg(long, value_name = "NUMBER", default_value_t = 64, requires = "listen")]
    pub clients: u16,
}

#[cfg(test)]
mod tests {
    use crate::opt::Opt;
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_examples_of_the_help_are_accepted() {
        let root = Opt::command();
        let serve = root.find_subcommand("serve").expect("the command");
        let help = serve.get_after_help().expect("examples").to_string();
        let examples: Vec<&str> = help.lines().skip(1).map(str::trim).collect();
        assert_eq!(examples.len(), 4);
        for example in examples {
            let words = example.strip_prefix("awgp mcp ").expect("a command").split_whitespace();
            if let Err(refused) = Opt::try_parse_from(std::iter::once("awgp-mcp").chain(words)) {
                panic!("{example}: {refused}");
            }
        }
    }
}
