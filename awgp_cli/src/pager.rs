//! Output that is longer than the terminal is shown a screen at a time, as git shows it.
//!
//! The pager is AWGP_PAGER, or else PAGER, or else less; an empty one and `cat` are no pager. What is printed
//! row by row as it arrives (`--all`, `--follow`) is never paged: a transaction would wait for its reader.

use crate::{look, render};
use awgp_client::{Exit, Failure};
use std::io::{self, ErrorKind, Write};
use std::process::{Command, Stdio};
use tokio::signal::unix::{SignalKind, signal};
use unicode_width::UnicodeWidthStr;

/// The commands that only read. What others print is read on the spot, by programs too, and never waits for a
/// key.
pub const READING: [&str; 19] = [
    "diff",
    "doctor",
    "explain",
    "get",
    "history",
    "holds",
    "inbox",
    "list",
    "log",
    "paths",
    "profiles",
    "quality",
    "report",
    "search",
    "show",
    "test",
    "tracked",
    "verify",
    "verify-ledger",
];

/// What less does unless LESS says otherwise: it ends at once where all fits, passes colours on, and leaves
/// the screen as it was.
const LESS: &str = "FRX";

/// Prints a whole text, by the pager where it is too long for the screen.
pub fn print(text: &str) -> Result<(), Failure> {
    let unprintable = |error: io::Error| Failure::new(Exit::Unexpected, format!("stdout: {error}"));
    let is_long = look::screen().is_some_and(|(rows, columns)| lines(text, columns) > rows);
    match configured().filter(|_| is_long) {
        Some(pager) => paged(&pager, text).map_err(unprintable),
        None => render::print(text).map_err(unprintable),
    }
}

/// The pager with its arguments; None for none.
fn configured() -> Option<Vec<String>> {
    let set = ["AWGP_PAGER", "PAGER"].into_iter().find_map(|name| std::env::var(name).ok());
    let words = shlex::split(set.as_deref().unwrap_or("less")).unwrap_or_default();
    words.first().is_some_and(|program| program != "cat").then_some(words)
}

fn paged(pager: &[String], text: &str) -> io::Result<()> {
    let mut command = Command::new(&pager[0]);
    command.args(&pager[1..]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", LESS);
    }
    // Ctrl-C is the pager's; without this it would end this program, and leave the pager with the terminal.
    let _interrupt = signal(SignalKind::interrupt());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            if pager[0] != "less" {
                eprintln!("warning: the pager {:?} cannot be run: {error}", pager[0]);
            }
            return render::print(text);
        }
    };
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(text.as_bytes()));
    child.wait()?;
    // Whoever leaves the pager before the end has read enough.
    written.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

/// How many lines a text takes on a screen of so many columns.
fn lines(text: &str, columns: usize) -> usize {
    text.lines().map(|line| line.width().div_ceil(columns.max(1)).max(1)).sum()
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn a_line_that_wraps_takes_several() {
        assert_eq!(lines("", 80), 0);
        assert_eq!(lines("a\n\nb\n", 80), 3);
        assert_eq!(lines(&"x".repeat(81), 80), 2);
        assert_eq!(lines("日本\n", 3), 2);
    }
}
