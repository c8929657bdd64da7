//! The arguments of `awgp mcp guard`.

use clap::{ArgGroup, Args};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;
use uuid::Uuid;

/// Stand before an MCP server: each call of a tool is an action that AWGP allows or denies.
///
/// The client speaks to the guard as to the server itself. What tools/list answers is cut to the assistant's
/// capabilities, of which each is SERVER.TOOL. Each tools/call begins an action, is passed on once that is
/// committed, and finishes the action with its outcome. Everything else passes unchanged.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("behind").required(true).args(["server", "url"])))]
pub struct Guard {
    /// The name of the server in the names of actions: letters, digits, - and _. Without it, the name is the
    /// one that the server gives itself, with _ for everything else. Give it to a server that you do not
    /// trust.
    #[arg(long, value_name = "NAME", value_parser = server_name)]
    pub name: Option<String>,
    /// The work item that all actions belong to. Without it and without --title, each call names its own in
    /// _meta, as awgp/work-item.
    #[arg(long, value_name = "ID", conflicts_with = "title")]
    pub work_item: Option<Uuid>,
    /// Make a work item with this title at the start, and complete it at a clean end.
    #[arg(long, value_name = "TITLE")]
    pub title: Option<String>,
    /// The risk of the work item that --title makes, 0 to 5. Left out, it counts as 5.
    #[arg(long, value_name = "RISK", requires = "title", value_parser = clap::value_parser!(i64).range(0..=5))]
    pub risk_level: Option<i64>,
    /// What a call of this tool costs, in the currency of the pools: set aside before the call, and entered
    /// in the ledger when the server has answered. * is every tool that is not named. May be repeated.
    #[arg(long = "cost", value_name = "TOOL=AMOUNT", value_parser = cost, requires = "provider")]
    pub costs: Vec<(String, String)>,
    /// The provider whose pool pays.
    #[arg(long, value_name = "PROVIDER")]
    pub provider: Option<String>,
    /// How long a call waits for a human who has to approve it, such as 90s or 10m. 0s: it is answered at
    /// once, and the same call goes on once it is approved.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub wait: Duration,
    /// How long the server may take for a call. Then its outcome is unknown.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = positive)]
    pub timeout: Duration,
    /// The longest message, in bytes, from either side.
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20, value_parser = bytes)]
    pub max_message: usize,
    /// How many calls may be under way at a time.
    #[arg(long, value_name = "COUNT", default_value_t = 64, value_parser = count)]
    pub max_calls: usize,
    /// Listen here, for streamable HTTP, instead of standard input and output. A loopback address: the guard
    /// asks nobody who they are. Each session has a connection to the server of its own. With port 0 a free
    /// port is taken; standard error says which.
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    pub listen: Option<SocketAddr>,
    /// The MCP server, where it speaks streamable HTTP.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// A file with the access token for the server at --url. It is read again for each request.
    #[arg(long, value_name = "FILE", requires = "url")]
    pub server_token_file: Option<std::path::PathBuf>,
    /// The MCP server: a program and its arguments, which speaks the protocol on its standard input and
    /// output.
    #[arg(last = true, value_name = "COMMAND")]
    pub server: Vec<OsString>,
}

/// Examples of the help.
pub const EXAMPLES: &str = "\
Examples:
  awgp mcp guard --assistant ledger --title 'Sort the invoices' --risk-level 1 -- \\
      npx -y @modelcontextprotocol/server-filesystem /srv/invoices
  awgp mcp guard --assistant ledger --work-item 3f2a91c4-0b57-4c55-9d6e-2f5b7f1f4a11 --wait 10m \\
      --name bank --provider bank --cost pay=0.10 --url https://bank.example/mcp
  awgp mcp guard --assistant ledger --title 'Tidy up' --listen 127.0.0.1:8321 -- my-server";

fn server_name(text: &str) -> Result<String, String> {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=64).contains(&text.len()) && text.chars().all(is_fit) {
        return Ok(text.to_owned());
    }
    Err("1 to 64 letters, digits, - and _".to_owned())
}

fn cost(text: &str) -> Result<(String, String), String> {
    let (tool, amount) = text.rsplit_once('=').ok_or("TOOL=AMOUNT, such as pay=0.10")?;
    let is_number = amount.chars().all(|c| c.is_ascii_digit() || c == '.')
        && amount.chars().filter(|c| *c == '.').count() <= 1
        && amount.chars().any(|c| c.is_ascii_digit());
    if tool.is_empty() || !is_number {
        return Err("TOOL=AMOUNT, such as pay=0.10".to_owned());
    }
    Ok((tool.to_owned(), amount.to_owned()))
}

/// A number with s, m or h; at most a day.
fn duration(text: &str) -> Result<Duration, String> {
    const RULE: &str = "a number with s, m or h, such as 90s, 10m or 1h, and at most 24h";
    let (number, size) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3_600),
        _ => return Err(RULE.to_owned()),
    };
    let number: u32 = number.parse().map_err(|_| RULE)?;
    let seconds = u64::from(number) * size;
    if seconds > 86_400 {
        return Err(RULE.to_owned());
    }
    Ok(Duration::from_secs(seconds))
}

fn positive(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("longer than 0s".to_owned()),
        time => Ok(time),
    }
}

fn bytes(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|_| "a number of bytes")?;
    if (1_024..=1 << 30).contains(&number) { Ok(number) } else { Err("1024 to 1073741824".to_owned()) }
}

fn count(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|_| "a number")?;
    if (1..=10_000).contains(&number) { Ok(number) } else { Err("1 to 10000".to_owned()) }
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "an address and a port, such as 127.0.0.1:8321")?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("a loopback address, such as 127.0.0.1:8321: the guard asks nobody who they are".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("10m"), Ok(Duration::from_mins(10)));
        for wrong in ["", "10", "m", "-1s", "25h", "1d", "ä"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert!(positive("0s").is_err());
    }

    #[test]
    fn a_cost_names_a_tool_and_an_amount() {
        assert_eq!(cost("a=b=0.10"), Ok(("a=b".to_owned(), "0.10".to_owned())));
        for wrong in ["pay", "=1", "pay=", "pay=-1", "pay=1e3", "pay=.", "pay=1.2.3"] {
            assert!(cost(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_guard_listens_to_this_machine_alone() {
        assert!(loopback("127.0.0.1:0").is_ok() && loopback("[::1]:80").is_ok());
        assert!(loopback("0.0.0.0:80").is_err() && loopback("localhost:80").is_err());
    }
}
