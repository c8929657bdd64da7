//! The output for help, and for arguments that are not valid.

use crate::render;
use awgp_client::{Exit, Failure, secret, shown};
use std::ffi::OsString;
use std::io::IsTerminal;

/// Prints it, in the requested format.
pub fn tell(usage: &clap::Error, arguments: &[OsString]) -> Exit {
    if usage.use_stderr() && asks_for_json(arguments) { tell_as_json(usage) } else { tell_as_text(usage) }
}

/// Whether an invalid command line asks for JSON.
fn asks_for_json(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| argument == "--output=json")
        || arguments.windows(2).any(|pair| pair[0] == "--output" && pair[1] == "json")
}

fn tell_as_json(usage: &clap::Error) -> Exit {
    let rendered = usage.render().to_string();
    let first = rendered.lines().next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(first);
    let failure = Failure::new(Exit::Usage, message).hint("awgp --help");
    eprintln!("{}", failure.json());
    failure.exit
}

/// Help and version go to stdout; a usage error to stderr, without the secret it may quote.
fn tell_as_text(usage: &clap::Error) -> Exit {
    let to_stderr = usage.use_stderr();
    let on_terminal =
        if to_stderr { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
    let plain = !on_terminal || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let rendered = usage.render();
    let text = if plain { rendered.to_string() } else { rendered.ansi().to_string() };
    if to_stderr {
        // Colours are escape sequences; without them the terminal has nothing to interpret.
        let text = secret::redact(&text);
        eprint!("{}", if plain { shown::lines(&text) } else { text });
        return Exit::Usage;
    }
    match render::print(&text) {
        Ok(()) => Exit::Success,
        Err(_) => Exit::Unexpected,
    }
}
