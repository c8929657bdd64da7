//! The question before something that cannot be undone.

use awgp_client::{Exit, Failure};
use std::io::{self, BufRead, IsTerminal, Write};

/// Refuses where there is no terminal to ask on. `doing` is what needs the confirmation, `look` how to see
/// it before.
pub fn require_terminal(doing: &str, look: &str) -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        return Ok(());
    }
    let message = format!("{doing} needs a confirmation, and there is no terminal to ask on");
    Err(Failure::new(Exit::Usage, message).hint(format!("{look}, then add --yes")))
}

/// Shows a text and asks. Every answer but yes declines, with an exit code of its own; `undone` says what
/// then was not done.
pub fn ask(shown: &str, question: &str, undone: &str) -> Result<(), Failure> {
    let mut stderr = io::stderr().lock();
    let asked = write!(stderr, "{shown}{question} [y/N] ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = asked.and_then(|()| io::stdin().lock().read_line(&mut answer));
    read.map_err(|error| Failure::new(Exit::Unexpected, format!("the answer cannot be read: {error}")))?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(Exit::Declined, undone).hint("nothing was changed"))
}
