//! The command line of AWGP: parse, call one SQL function, render.
//!
//! - [`opt`] every argument; its comments are the help
//! - [`connect`], [`session`], [`call`], [`row`] the way to the server and back
//! - [`tenant`], [`user`], [`assistant`], [`work`], [`init`], [`doctor`], [`version`] one file a noun
//! - [`demo`] the main job on real input, chapter by chapter
//! - [`render`], [`failure`], [`explain`], [`exit`], [`secret`] what a user sees, and what never

pub mod assistant;
pub mod call;
pub mod connect;
pub mod demo;
pub mod doctor;
pub mod exit;
pub mod explain;
pub mod failure;
pub mod init;
pub mod opt;
pub mod render;
pub mod row;
pub mod secret;
pub mod session;
pub mod tenant;
pub mod user;
pub mod version;
pub mod work;

use clap::Parser;
use connect::Target;
use exit::Exit;
use failure::Failure;
use opt::{Assistant, Command, Opt, Output, Tenant, User, Work};
use session::{Context, Session};
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
    let output = opt.global.output;
    match dispatch(&opt).await {
        Ok(exit) => exit,
        Err(failure) => {
            eprintln!("{}", failure.render(output));
            failure.exit
        }
    }
}

/// Replaces the panic message by one without secrets.
pub fn hide_secrets_in_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("error: internal error: {} ({place})", secret::redact(text));
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
    eprintln!("{}", failure.render(Output::Json));
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
        eprint!("{}", secret::redact(&text));
        return Exit::Usage;
    }
    match render::print(&text) {
        Ok(()) => Exit::Success,
        Err(_) => Exit::Unexpected,
    }
}

async fn dispatch(opt: &Opt) -> Result<Exit, Failure> {
    let global = &opt.global;
    let target = || Target::resolve(global.database_url.as_ref(), &|name| std::env::var(name).ok());
    let output = global.output;
    if let Command::Version = opt.command {
        return say(&version::version(target(), output).await, Exit::Success);
    }
    if let Command::Demo(options) = &opt.command {
        return demo::demo(&target()?, options, output).await;
    }
    let mut session = Session::open(&target()?).await?;
    let context = Context::of(global);
    let outcome = in_session(&mut session, &opt.command, context, output).await;
    match outcome {
        Ok((text, exit)) => say(&text, exit),
        Err(trouble) => Err(session.explain(trouble).await),
    }
}

/// The one place where a command becomes work. What is printed comes after the commit.
async fn in_session(
    session: &mut Session,
    command: &Command,
    context: Context<'_>,
    output: Output,
) -> Result<(String, Exit), failure::Trouble> {
    let text = match command {
        Command::Init => init::init(session, output).await?,
        Command::Doctor => return doctor::doctor(session, output).await,
        Command::Tenant(Tenant::Create(options)) => tenant::create(session, context, options, output).await?,
        Command::Tenant(Tenant::List(options)) => tenant::list(session, context, options, output).await?,
        Command::Tenant(Tenant::Show(options)) => tenant::show(session, context, options, output).await?,
        Command::User(User::Create(options)) => user::create(session, context, options, output).await?,
        Command::User(User::List(options)) => user::list(session, context, options, output).await?,
        Command::Assistant(Assistant::Create(options)) => {
            assistant::create(session, context, options, output).await?
        }
        Command::Assistant(Assistant::List(options)) => {
            assistant::list(session, context, options, output).await?
        }
        Command::Assistant(Assistant::Show(options)) => {
            assistant::show(session, context, options, output).await?
        }
        Command::Work(Work::Create(options)) => work::create(session, context, options, output).await?,
        Command::Work(Work::List(options)) => work::list(session, context, options, output).await?,
        Command::Work(Work::Show(options)) => work::show(session, context, options, output).await?,
        Command::Version | Command::Demo(_) => unreachable!("they open their own connections"),
    };
    Ok((text, Exit::Success))
}

fn say(text: &str, exit: Exit) -> Result<Exit, Failure> {
    render::print(text).map_err(|error| Failure::new(Exit::Unexpected, format!("stdout: {error}")))?;
    Ok(exit)
}
