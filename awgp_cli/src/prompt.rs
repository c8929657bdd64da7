//! The question for a password, on the terminal.

use crate::opt::Global;
use awgp_client::{Prompt, shown};
use std::io::{self, IsTerminal, Write};

/// How the user is asked; None where they are not, because of --no-password or because nobody is there.
pub fn of(global: &Global) -> Option<Prompt> {
    let somebody_is_there = io::stdin().is_terminal() || io::stderr().is_terminal();
    let may_ask = global.password || (somebody_is_there && !global.no_password);
    may_ask.then(|| Prompt::new(global.password, ask))
}

/// Asks on the terminal, without showing the answer. If there is no terminal, the answer is the next line of
/// standard input, as in psql.
fn ask(login: &str) -> Option<String> {
    let question = format!("Password for user {}: ", shown::line(login));
    if let Ok(answer) = rpassword::prompt_password(&question) {
        return Some(answer);
    }
    let mut stderr = io::stderr();
    // Without a question there is still an answer.
    let _ = stderr.write_all(question.as_bytes()).and_then(|()| stderr.flush());
    let mut line = String::new();
    io::stdin().read_line(&mut line).ok().filter(|read| *read > 0)?;
    Some(line.trim_end_matches(['\r', '\n']).to_owned())
}
