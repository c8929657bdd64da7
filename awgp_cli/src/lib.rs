//! The command line of AWGP: parse, call one SQL function, render.
//!
//! - [`opt`] every argument; its comments are the help
//! - [`connect`], [`session`], [`call`], [`row`] the way to the server and back
//! - [`tenant`], [`user`], [`assistant`], [`work`], [`action`], [`message`], [`policy`], [`template`], [`pool`], [`cost`], [`price`],
//!   [`provider`], [`maintenance`], [`init`], [`doctor`], [`version`] one file a noun
//! - [`audit`] the trail: reading it, exporting it, verifying it
//! - [`demo`] the main job on real input, chapter by chapter
//! - [`given`] what a user gives in files and as JSON
//! - [`chart`], [`render`], [`shown`], [`failure`], [`explain`], [`exit`], [`secret`], [`token`] what a user sees, and what never

pub mod action;
pub mod approval;
pub mod assistant;
pub mod audit;
pub mod call;
pub mod chart;
pub mod connect;
pub mod conversation;
pub mod cost;
pub mod delegation;
pub mod demo;
pub mod doctor;
pub mod exit;
pub mod explain;
pub mod failure;
pub mod flag;
pub mod given;
pub mod init;
pub mod maintenance;
pub mod message;
pub mod opt;
pub mod partition;
pub mod policy;
pub mod pool;
pub mod price;
pub mod provider;
pub mod render;
pub mod row;
pub mod secret;
pub mod session;
pub mod shown;
pub mod template;
pub mod tenant;
pub mod token;
pub mod user;
pub mod version;
pub mod work;

use clap::Parser;
use connect::Target;
use exit::Exit;
use failure::{Failure, Trouble};
use opt::{
    Action, Approval, Assistant, Audit, Command, Conversation, Cost, Delegation, Flag, Format, Global,
    Maintenance, Message, Opt, Output, Partition, Policy, Pool, Price, Provider, Template, Tenant, User,
    Work,
};
use session::{Context, Session};
use std::ffi::OsString;
use std::io::IsTerminal;
use token::Token;

/// Runs one command line and prints what it has to say.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let opt = match Opt::try_parse_from(&arguments) {
        Ok(opt) => opt,
        Err(usage) if usage.use_stderr() && asks_for_json(&arguments) => return tell_usage_as_json(&usage),
        Err(usage) => return tell_usage(&usage),
    };
    let output = opt.global.output.without_csv();
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

/// The one place where a command becomes work.
#[expect(clippy::too_many_lines, reason = "an arm a command")]
async fn dispatch(opt: &Opt) -> Result<Exit, Failure> {
    let Global { database_url, output, .. } = &opt.global;
    let (format, output, context) = (*output, output.without_csv(), Context::of(&opt.global));
    if format == Format::Csv && !has_csv(&opt.command) {
        return Err(Failure::new(Exit::Usage, "this command has no CSV").hint("use --output json"));
    }
    let env = |name: &str| std::env::var(name).ok();
    let token = Token::read(opt.global.token_file.as_deref(), &env)?;
    let target = || -> Result<Target, Failure> {
        Ok(Target::resolve(database_url.as_ref(), &env)?.with_token(token.clone()))
    };
    match &opt.command {
        Command::Version => say(&version::version(target(), output).await, Exit::Success),
        Command::Demo(options) => demo::demo(&target()?, options, output).await,
        Command::Doctor => {
            let (text, exit) =
                within(&target()?, async |session| doctor::doctor(session, output).await).await?;
            say(&text, exit)
        }
        Command::Init => tell(&target()?, async |session| init::init(session, output).await).await,
        Command::Audit(noun) => match noun {
            Audit::Log(options) => {
                tell(&target()?, async |session| audit::log::log(session, context, options, output).await)
                    .await
            }
            Audit::Show(options) => {
                tell(&target()?, async |session| audit::log::show(session, context, options, output).await)
                    .await
            }
            Audit::History(options) => {
                tell(&target()?, async |session| {
                    audit::history::history(session, context, options, output).await
                })
                .await
            }
            Audit::Export(options) => {
                within(&target()?, async |session| {
                    audit::export::export(session, context, options, output).await
                })
                .await
            }
            Audit::Tail(options) => audit::tail::tail(&target()?, context, options, output).await,
            Audit::Keygen(options) => say(&audit::key::keygen(options, output)?, Exit::Success),
            Audit::Checkpoint(options) => {
                tell(&target()?, async |session| {
                    audit::checkpoint::checkpoint(session, context, options, output).await
                })
                .await
            }
            Audit::Prove(options) => {
                tell(&target()?, async |session| audit::proof::prove(session, context, options, output).await)
                    .await
            }
            Audit::CheckProof(options) => say(&audit::proof::check(options, output)?, Exit::Success),
            Audit::Verify(options) => audit::verify::verify(target, context, options, output).await,
        },
        Command::Action(Action::Begin(options)) => {
            judge(&target()?, async |session| action::begin(session, context, options, output).await).await
        }
        Command::Action(Action::Finish(options)) => {
            tell(&target()?, async |session| action::finish(session, context, options, output).await).await
        }
        Command::Message(Message::Check(options)) => {
            judge(&target()?, async |session| message::check(session, context, options, output).await).await
        }
        Command::Policy(noun) => match noun {
            Policy::Create(options) => {
                tell(&target()?, async |session| policy::create(session, context, options, output).await)
                    .await
            }
            Policy::List(options) => {
                tell(&target()?, async |session| policy::list(session, context, options, output).await).await
            }
            Policy::Test(options) => {
                judge(&target()?, async |session| policy::test(session, context, options, output).await).await
            }
        },
        Command::Template(noun) => {
            tell(&target()?, async |session| match noun {
                Template::List(options) => template::list(session, context, options, output).await,
                Template::Show(options) => template::show(session, context, options, output).await,
                Template::Apply(options) => template::apply(session, context, options, output).await,
                Template::Diff(options) => template::diff(session, context, options, output).await,
            })
            .await
        }
        Command::Tenant(noun) => {
            tell(&target()?, async |session| match noun {
                Tenant::Create(options) => tenant::create(session, context, options, output).await,
                Tenant::List(options) => tenant::list(session, context, options, output).await,
                Tenant::Show(options) => tenant::show(session, context, options, output).await,
            })
            .await
        }
        Command::User(noun) => {
            tell(&target()?, async |session| match noun {
                User::Create(options) => user::create(session, context, options, output).await,
                User::List(options) => user::list(session, context, options, output).await,
            })
            .await
        }
        Command::Provider(noun) => {
            tell(&target()?, async |session| match noun {
                Provider::Add(options) => provider::add(session, options, output).await,
                Provider::List => provider::list(session, output).await,
                Provider::Rotate(options) => provider::rotate(session, options, output).await,
                Provider::Remove(options) => provider::remove(session, options, output).await,
            })
            .await
        }
        Command::Partition(noun) => {
            tell(&target()?, async |session| match noun {
                Partition::List => partition::list(session, output).await,
                Partition::Ensure(options) => partition::ensure(session, options, output).await,
                Partition::Seal(options) => partition::seal(session, options, output).await,
                Partition::Export(options) => partition::export::export(session, options, output).await,
                Partition::Retire(options) => partition::retire(session, options, output).await,
                Partition::Restore(options) => partition::restore::restore(session, options, output).await,
                Partition::Hold(options) => partition::hold(session, context, options, output).await,
                Partition::Holds => partition::holds(session, output).await,
                Partition::Release(options) => partition::release(session, options, output).await,
            })
            .await
        }
        Command::Maintenance(Maintenance::Run(options)) => {
            let (text, exit) =
                within(&target()?, async |session| maintenance::run(session, options, output).await).await?;
            say(&text, exit)
        }
        Command::Pool(noun) => {
            tell(&target()?, async |session| match noun {
                Pool::Create(options) => pool::create(session, context, options, output).await,
                Pool::Set(options) => pool::set(session, context, options, output).await,
                Pool::List => pool::list(session, context, format).await,
                Pool::History(options) => pool::history(session, context, options, format).await,
            })
            .await
        }
        Command::Cost(noun) => {
            tell(&target()?, async |session| match noun {
                Cost::Record(options) => cost::record(session, context, options, output).await,
                Cost::Report(options) => cost::report(session, context, options, format).await,
            })
            .await
        }
        Command::Price(noun) => {
            tell(&target()?, async |session| match noun {
                Price::Import(options) => price::import(session, options, output).await,
                Price::Set(options) => price::set(session, options, output).await,
                Price::List(options) => price::list(session, context, options, format).await,
                Price::Show(options) => price::show(session, context, options, format).await,
            })
            .await
        }
        Command::Assistant(noun) => {
            tell(&target()?, async |session| match noun {
                Assistant::Create(options) => assistant::create(session, context, options, output).await,
                Assistant::List(options) => assistant::list(session, context, options, output).await,
                Assistant::Show(options) => assistant::show(session, context, options, output).await,
                Assistant::Suspend(options) => assistant::suspend(session, context, options, output).await,
                Assistant::Resume(options) => assistant::resume(session, context, options, output).await,
            })
            .await
        }
        Command::Conversation(Conversation::Export(options)) => {
            within(&target()?, async |session| {
                conversation::export::export(session, context, options, output).await
            })
            .await
        }
        Command::Conversation(noun) => {
            tell(&target()?, async |session| match noun {
                Conversation::Log(options) => conversation::log(session, context, options, output).await,
                Conversation::List(options) => conversation::list(session, context, options, output).await,
                Conversation::Show(options) => conversation::show(session, context, options, output).await,
                Conversation::Search(options) => {
                    conversation::search(session, context, options, output).await
                }
                Conversation::Hold(options) => conversation::hold(session, context, options, output).await,
                Conversation::Erase(options) => conversation::erase(session, context, options, output).await,
                Conversation::Export(_) => unreachable!("an export prints for itself"),
            })
            .await
        }
        Command::Flag(noun) => {
            tell(&target()?, async |session| match noun {
                Flag::Create(options) => flag::create(session, context, options, output).await,
                Flag::List(options) => flag::list(session, context, options, output).await,
                Flag::Review(options) => flag::review(session, context, options, output).await,
                Flag::Quality => flag::quality(session, context, output).await,
            })
            .await
        }
        Command::Work(noun) => {
            tell(&target()?, async |session| match noun {
                Work::Create(options) => work::create(session, context, options, output).await,
                Work::List(options) => work::list(session, context, options, output).await,
                Work::Show(options) => work::show(session, context, options, output).await,
                Work::Start(options) => work::start(session, context, options, output).await,
                Work::Complete(options) => work::complete(session, context, options, output).await,
                Work::Fail(options) => work::fail(session, context, options, output).await,
                Work::Cancel(options) => work::cancel(session, context, options, output).await,
            })
            .await
        }
        Command::Approval(noun) => {
            tell(&target()?, async |session| match noun {
                Approval::Inbox(options) => approval::inbox(session, context, options, output).await,
                Approval::Show(options) => approval::show(session, context, options, output).await,
                Approval::Request(options) => approval::request(session, context, options, output).await,
                Approval::Approve(options) => approval::approve(session, context, options, output).await,
                Approval::Reject(options) => approval::reject(session, context, options, output).await,
                Approval::Escalate(options) => approval::escalate(session, context, options, output).await,
                Approval::Explain(options) => approval::explain(session, context, options, output).await,
            })
            .await
        }
        Command::Delegation(noun) => {
            tell(&target()?, async |session| match noun {
                Delegation::Create(options) => delegation::create(session, context, options, output).await,
                Delegation::List(options) => delegation::list(session, context, options, output).await,
                Delegation::Revoke(options) => delegation::revoke(session, context, options, output).await,
            })
            .await
        }
    }
}

/// Whether a command prints CSV: those that list numbers.
fn has_csv(command: &Command) -> bool {
    matches!(
        command,
        Command::Price(Price::List(_) | Price::Show(_))
            | Command::Pool(Pool::List | Pool::History(_))
            | Command::Cost(Cost::Report(_))
    )
}

/// Runs a command that ends well when it ends, and prints what it says.
async fn tell(
    target: &Target,
    command: impl AsyncFnOnce(&mut Session) -> Result<String, Trouble>,
) -> Result<Exit, Failure> {
    say(&within(target, command).await?, Exit::Success)
}

/// Runs a command whose answer is a decision: what it says is printed, and the exit code says which it was.
async fn judge(
    target: &Target,
    command: impl AsyncFnOnce(&mut Session) -> Result<(String, Exit), Trouble>,
) -> Result<Exit, Failure> {
    let (text, exit) = within(target, command).await?;
    say(&text, exit)
}

/// Runs a command on a connection of its own. Its trouble is explained after its transaction is gone.
async fn within<T>(
    target: &Target,
    command: impl AsyncFnOnce(&mut Session) -> Result<T, Trouble>,
) -> Result<T, Failure> {
    let mut session = Session::open(target).await?;
    let outcome = command(&mut session).await;
    match outcome {
        Ok(done) => Ok(done),
        Err(trouble) => Err(session.explain(trouble).await),
    }
}

fn say(text: &str, exit: Exit) -> Result<Exit, Failure> {
    render::print(text).map_err(|error| Failure::new(Exit::Unexpected, format!("stdout: {error}")))?;
    Ok(exit)
}
