//! `awgp`, the command line of AWGP: parses arguments, calls one SQL function, shows the result.
//!
//! - [`opt`]: every argument; its doc comments are the help; `usage`: the message for invalid arguments
//! - [`invocation`]: what every command gets, and how it ends
//! - one file per noun, with one `run`: [`tenant`], [`tenant_settings`], [`user`], [`assistant`], [`work`],
//!   [`approval`], [`delegation`], [`action`], [`message`], [`policy`], [`template`], [`conversation`],
//!   [`flag`], [`pool`], [`alert`], [`cost`], [`price`], [`provider`], [`partition`], [`maintenance`],
//!   [`notify`], [`metrics`], [`report`], [`import`], [`init`], [`installation`], [`doctor`], [`config`],
//!   [`version`]
//! - [`fleet`]: several databases, each with whole families
//! - [`handing_over`]: the console and the door for agents, which are programs of their own
//! - [`audit`]: reading, exporting and verifying the trail
//! - [`demo`]: the main job on realistic input, chapter by chapter
//! - [`ledger`]: money that is held, given back or corrected, for `awgp cost`
//! - [`verb`]: what commands that change one named thing have in common
//! - [`following`]: a session that listens until Ctrl-C
//! - [`confirm`]: the question before what cannot be undone
//! - [`prompt`]: the question for a password
//! - [`making`], [`bulk`]: making something once, and many from CSV
//! - [`hints`]: the command where the server names a function
//! - [`given`]: input from standard input and as JSON Lines
//! - [`list`]: how every command lists rows; [`table`]: a table that fits its screen
//! - [`look`], [`times`]: how people see it; [`when`]: times as people type them
//! - [`pager`]: long output a screen at a time
//! - [`ids`]: ids by their beginning
//! - `written`: files that are there whole or not at all
//! - `one_page`: a page of HTML that needs nothing else
//! - [`render`], [`chart`]: rows as JSON, CSV and bars
//!
//! `awgp_client` has the connection to the server, and the explanation of errors.

pub mod action;
pub mod alert;
pub mod approval;
pub mod assistant;
pub mod audit;
pub mod bulk;
pub mod chart;
pub mod config;
pub mod confirm;
pub mod conversation;
pub mod cost;
pub mod delegation;
pub mod demo;
pub mod doctor;
pub mod flag;
pub mod fleet;
pub mod following;
pub mod given;
pub mod handing_over;
pub mod hints;
pub mod http;
pub mod ids;
pub mod import;
pub mod init;
pub mod installation;
pub mod invocation;
pub mod ledger;
pub mod list;
pub mod look;
pub mod maintenance;
pub mod making;
pub mod message;
pub mod metrics;
mod missed;
pub mod notify;
mod one_page;
pub mod opt;
pub mod pager;
pub mod partition;
pub mod policy;
pub mod pool;
pub mod price;
pub mod prompt;
pub mod provider;
pub mod render;
pub mod report;
pub mod stop;
pub mod table;
pub mod template;
pub mod tenant;
pub mod tenant_settings;
pub mod times;
mod usage;
pub mod user;
pub mod verb;
pub mod version;
pub mod when;
pub mod work;
mod written;

use awgp_client::{Exit, Failure, secret, shown};
use clap::{CommandFactory, FromArgMatches};
use invocation::Invocation;
use opt::{Command, Format, Opt, Output};
use std::ffi::OsString;

/// Runs one command line and prints its output.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let (mut opt, reads) = match parsed(&arguments) {
        Ok(parsed) => parsed,
        Err(usage) => return usage::tell(&usage, &arguments),
    };
    fleet::spreading::be_a_part(&mut opt, &invocation::environment);
    look::decide(&opt.global, reads);
    let output = opt.global.output.without_csv();
    match run_command(&opt).await {
        Ok(exit) => exit,
        Err(failure) => {
            let failure = failure.rephrased(hints::for_people);
            eprintln!("{}", told(&failure, output));
            failure.exit
        }
    }
}

/// The arguments, and whether the command only reads. `log` under `conversation` writes.
fn parsed(arguments: &[OsString]) -> Result<(Opt, bool), clap::Error> {
    let matches = opt::offline::trimmed(Opt::command()).try_get_matches_from(arguments)?;
    let mut path = Vec::new();
    let mut at = &matches;
    while let Some((name, under)) = at.subcommand() {
        path.push(name);
        at = under;
    }
    let reads =
        path != ["conversation", "log"] && path.last().is_some_and(|verb| pager::READING.contains(verb));
    let opt = Opt::from_arg_matches(&matches).map_err(|error| error.format(&mut Opt::command()))?;
    Ok((opt, reads))
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

/// An error in the requested format, without a final newline.
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
    match &opt.command {
        // They determine by themselves what is in force.
        Command::Console(handed) => {
            return Err(handing_over::run(&handing_over::CONSOLE, handed, &opt.global));
        }
        Command::Mcp(handed) => return Err(handing_over::run(&handing_over::MCP, handed, &opt.global)),
        _ => {}
    }
    let effective = invocation::effective(&opt.global)?;
    if let Some(file) = effective.fleet() {
        return fleet::run(opt, &effective, file, run_on).await;
    }
    let is_of_fleet = matches!(&opt.command, Command::Fleet(noun) if !matches!(noun, opt::Fleet::Move(_)));
    if opt.global.member.is_some() || is_of_fleet {
        return Err(Failure::new(Exit::Usage, "there is no fleet file")
            .hint("name it with --fleet FILE, AWGP_FLEET or in a profile; docs/fleet.md describes it"));
    }
    run_on(&opt.command, &Invocation::new(&opt.global, &effective)).await
}

/// Runs a command on one database.
async fn run_on(command: &Command, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    match command {
        Command::Init => init::run(invocation).await,
        Command::Installation(noun) => installation::run(noun, invocation).await,
        Command::Doctor => doctor::run(invocation).await,
        Command::Config(noun) => config::run(noun, invocation),
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
        Command::Stop(noun) => stop::run(noun, invocation).await,
        Command::Resume(options) => stop::resume(options, invocation).await,
        Command::Message(noun) => message::run(noun, invocation).await,
        Command::Policy(noun) => policy::run(noun, invocation).await,
        Command::Template(noun) => template::run(noun, invocation).await,
        Command::Audit(noun) => audit::run(noun, invocation).await,
        Command::Pool(noun) => pool::run(noun, invocation).await,
        Command::Alert(noun) => alert::run(noun, invocation).await,
        Command::Cost(noun) => cost::run(noun, invocation).await,
        Command::Price(noun) => price::run(noun, invocation).await,
        Command::Partition(noun) => partition::run(noun, invocation).await,
        Command::Maintenance(noun) => maintenance::run(noun, invocation).await,
        Command::Metrics(options) => metrics::run(options, invocation).await,
        Command::Console(handed) => {
            Err(handing_over::run(&handing_over::CONSOLE, handed, invocation.global()))
        }
        Command::Mcp(handed) => Err(handing_over::run(&handing_over::MCP, handed, invocation.global())),
        Command::Fleet(opt::Fleet::Move(options)) => fleet::ends::of_servers(options, invocation).await,
        // It is about all members.
        Command::Fleet(_) => {
            Err(Failure::new(Exit::Usage, "this command has no --member").hint("leave --member out"))
        }
        Command::Report(options) => report::run(options, invocation).await,
        Command::Notify(options) => notify::run(options, invocation).await,
        Command::Provider(noun) => provider::run(noun, invocation).await,
        Command::Import(options) => import::run(options, invocation).await,
        Command::Demo(options) => demo::run(options, invocation).await,
    }
}
