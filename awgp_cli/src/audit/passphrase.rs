//! A passphrase: from a file, a descriptor or the terminal, and never from the command line or the
//! environment, which others on the machine may read.

use super::key::refuse_shared;
use age::secrecy::{ExposeSecret, SecretString};
use awgp_client::{Failure, input, shown};
use awgp_core::reason::Reason;
use std::io::{self, IsTerminal};
use std::path::Path;

/// The first line of a file that nobody else can read. `/dev/fd/3` is the descriptor 3.
pub fn of_file(path: &Path) -> Result<SecretString, Failure> {
    refuse_shared(path, "passphrase")?;
    let text = input::file(path).map_err(|error| {
        Failure::of_reason(Reason::KeyLocked, format!("{} cannot be read: {error}", path.display()))
            .hint("name a file with the passphrase, or leave --passphrase-file out and type it")
    })?;
    let text = SecretString::from(text);
    let line = text.expose_secret().lines().next().unwrap_or_default();
    not_empty(SecretString::from(line))
}

/// What somebody types at the terminal, which does not show it.
pub fn asked(question: &str) -> Result<SecretString, Failure> {
    let nobody = || {
        Failure::of_reason(Reason::KeyLocked, "there is no terminal to ask for a passphrase")
            .hint("name a file with it: --passphrase-file FILE")
    };
    if !io::stdin().is_terminal() && !io::stderr().is_terminal() {
        return Err(nobody());
    }
    let typed = rpassword::prompt_password(format!("{}: ", shown::line(question))).map_err(|_| nobody())?;
    not_empty(SecretString::from(typed))
}

/// The passphrase of a new key, typed twice.
pub fn chosen() -> Result<SecretString, Failure> {
    let passphrase = asked("Passphrase for the new key")?;
    let again = asked("Passphrase once more")?;
    if passphrase.expose_secret() != again.expose_secret() {
        return Err(Failure::of_reason(Reason::KeyLocked, "the two passphrases differ; no key was made")
            .hint("type the same passphrase twice"));
    }
    Ok(passphrase)
}

fn not_empty(passphrase: SecretString) -> Result<SecretString, Failure> {
    if passphrase.expose_secret().is_empty() {
        return Err(Failure::of_reason(Reason::KeyLocked, "the passphrase is empty")
            .hint("give one; a new key without one is made with --plain"));
    }
    Ok(passphrase)
}
