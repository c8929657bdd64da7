//! `awgp`, the command line of AWGP: parse, call one SQL function, show the answer.
//!
//! - [`opt`]: every argument; its comments are the help
//! - [`invocation`]: what a command is called with, and how it ends
//! - one file a noun, with one `run`: [`tenant`], [`user`], [`assistant`], [`work`], [`approval`], [`delegation`], [`action`],
//!   [`message`], [`policy`], [`template`], [`conversation`], [`flag`], [`pool`], [`cost`], [`price`], [`provider`],
//!   [`partition`], [`maintenance`], [`init`], [`doctor`], [`version`]
//! - [`audit`]: the trail: reading it, exporting it, verifying it
//! - [`demo`]: the main job on real input, chapter by chapter
//! - [`given`]: what a user gives on standard input and as JSON Lines
//! - [`render`], [`chart`]: rows as tables, JSON, CSV and bars
//!
//! The way to the server, and errors that explain themselves, are `awgp_client`.

pub mod action;
pub mod approval;
pub mod assistant;
pub mod audit;
pub mod chart;
pub mod conversation;
pub mod cost;
pub mod delegation;
pub mod demo;
pub mod doctor;
pub mod flag;
pub mod given;
pub mod init;
pub mod invocation;
pub mod maintenance;
pub mod message;
pub mod opt;
pub mod partition;
pub mod policy;
pub mod pool;
pub mod price;
pub mod provider;
pub mod render;
pub mod template;
pub mod tenant;
pub mod user;
pub mod version;
pub mod work;

use awgp_client::{Exit, Failure, secret, shown};
use clap::Parser;
use invocation::Invocation;
use opt::{Command, Format, Opt, Output};
use std::ffi::OsString;
use std::io::IsTerminal;

/// Runs one command line and prints what it has to say.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let opt = match Opt::try_parse_from(&arguments) {
        Ok(opt) => opt,
        Err(usage) if usage.use_stderr() && asks_for_json(&arguments) => return tell_usage_as_json(&usage),
        Err(usage) => return tell_usage(&usage),
    };
    let output = opt.global.output.without_csv();
    match run_command(&opt).await {
        Ok(exit) => exit,
        Err(failure) => {
            eprintln!("{}", told(&failure, output));
            failure.exit
        }
    }
}

/// Replaces the panic message by one without secrets.
pub fn hide_secrets_in_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("error: internal error: {} ({place})", shown::line(&secret::redact(text)));
        std::process::exit(i32::from(Exit::Unexpected.code()));
    }));
}

/// Whether a command line that could not be parsed asks for JSON all the same.
fn asks_for_json(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| argument == "--output=json")
        || arguments.windows(2).any(|pair| pair[0] == "--output" && pair[1] == "json")
}

fn tell_usage_as_json(usage: &clap::Error) -> Exit {
    let rendered = usage.render().to_string();
    let first = rendered.lines().next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(first);
    let failure = Failure::new(Exit::Usage, message).hint("awgp --help");
    eprintln!("{}", failure.json());
    failure.exit
}

/// Help and version go to stdout; a usage error to stderr, without the secret it may quote.
fn tell_usage(usage: &clap::Error) -> Exit {
    let to_stderr = usage.use_stderr();
    let on_terminal =
        if to_stderr { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
    let plain = !on_terminal || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let rendered = usage.render();
    let text = if plain { rendered.to_string() } else { rendered.ansi().to_string() };
    if to_stderr {
        // Colours are escape sequences; without them there is nothing that a terminal should obey.
        let text = secret::redact(&text);
        eprint!("{}", if plain { shown::lines(&text) } else { text });
        return Exit::Usage;
    }
    match render::print(&text) {
        Ok(()) => Exit::Success,
        Err(_) => Exit::Unexpected,
    }
}

/// An error as it is asked for, without a final newline.
fn told(failure: &Failure, output: Output) -> String {
    match output {
        Output::Table => failure.to_string(),
        Output::Json => failure.json(),
    }
}

async fn run_command(opt: &Opt) -> Result<Exit, Failure> {
    if opt.global.output == Format::Csv && !opt.command.has_csv() {
        return Err(Failure::new(Exit::Usage, "this command has no CSV").hint("use --output json"));
    }
    let invocation = &Invocation::of(&opt.global)?;
    match &opt.command {
        Command::Init => init::run(invocation).await,
        Command::Doctor => doctor::run(invocation).await,
        Command::Version => version::run(invocation).await,
        Command::Tenant(noun) => tenant::run(noun, invocation).await,
        Command::User(noun) => user::run(noun, invocation).await,
        Command::Assistant(noun) => assistant::run(noun, invocation).await,
        Command::Conversation(noun) => conversation::run(noun, invocation).await,
        Command::Flag(noun) => flag::run(noun, invocation).await,
        Command::Work(noun) => work::run(noun, invocation).await,
        Command::Approval(noun) => approval::run(noun, invocation).await,
        Command::Delegation(noun) => delegation::run(noun, invocation).await,
        Command::Action(noun) => action::run(noun, invocation).await,
        Command::Message(noun) => message::run(noun, invocation).await,
        Command::Policy(noun) => policy::run(noun, invocation).await,
        Command::Template(noun) => template::run(noun, invocation).await,
        Command::Audit(noun) => audit::run(noun, invocation).await,
        Command::Pool(noun) => pool::run(noun, invocation).await,
        Command::Cost(noun) => cost::run(noun, invocation).await,
        Command::Price(noun) => price::run(noun, invocation).await,
        Command::Partition(noun) => partition::run(noun, invocation).await,
        Command::Maintenance(noun) => maintenance::run(noun, invocation).await,
        Command::Provider(noun) => provider::run(noun, invocation).await,
        Command::Demo(options) => demo::run(options, invocation).await,
    }
}
