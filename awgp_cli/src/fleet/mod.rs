//! `awgp` over several databases, the members of a fleet, each of which has whole families.
//!
//! - [`file`]: the fleet file
//! - [`asking`]: one question to every member, side by side, in this process
//! - [`finding`]: which member has a tenant
//! - [`spreading`], [`merging`]: one command on every member, side by side, and what they say as one
//! - [`placing`]: a new family's member; slugs and subjects that are unique over the fleet
//! - [`status`], [`findings`]: what stands where, and what is wrong with it
//! - [`sync`]: reference data
//! - [`pgdog`]: the configuration of the proxy
//! - [`planning`]: moves that help
//! - [`ends`], [`moving`], [`sides`], [`carrying`]: a family moves from one database to another
//! - [`archive`]: a family as a file
//! - [`migrating`]: what is due after new files were installed
//! - [`numbers`]: `awgp metrics` and `awgp report` of all members

pub mod archive;
pub mod asking;
pub mod carrying;
pub mod ends;
pub mod file;
pub mod finding;
pub mod findings;
pub mod merging;
pub mod migrating;
pub mod moving;
pub mod numbers;
pub mod pgdog;
pub mod placing;
pub mod planning;
pub mod sides;
pub mod spreading;
pub mod status;
pub mod sync;

use crate::invocation::Invocation;
use crate::opt::{Audit, Command, Evidence, Opt, StreamVerb, Tenant, User};
use asking::On;
use awgp_client::{Effective, Exit, Failure};
use file::{Fleet, Member};
use finding::Place;
use std::path::Path;

/// Runs one command line on a fleet. `run_on` runs a command on one database.
pub async fn run(
    opt: &Opt,
    effective: &Effective,
    file: &Path,
    run_on: impl AsyncFn(&Command, &Invocation<'_>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    if needs_no_member(&opt.command) {
        return run_on(&opt.command, &Invocation::new(&opt.global, effective)).await;
    }
    let fleet = &Fleet::read(file)?;
    for warning in effective.warnings() {
        eprintln!("warning: {warning}");
    }
    let on = On { fleet, global: &opt.global, effective };
    if let Command::Fleet(noun) = &opt.command {
        return noun_of_fleet(noun, on).await;
    }
    match &opt.command {
        Command::Tenant(Tenant::Create(options)) => return placing::create_tenant(on, options).await,
        Command::User(User::Create(options)) if options.keycloak_id.is_some() => {
            return placing::create_user(on, options).await;
        }
        Command::User(User::Load(options)) => placing::refuse_subjects(options)?,
        _ => {}
    }
    if let Some(name) = &opt.global.member {
        return on_member(&opt.command, on, fleet.member(name)?, None, run_on).await;
    }
    if let Some(named) = tenant_of(&opt.command) {
        let Place { member, .. } = finding::tenant(on, named).await?;
        return on_member(&opt.command, on, member, None, run_on).await;
    }
    if effective.tenant().is_some() || effective.token().is_some() {
        let Place { member, tenant } = match effective.tenant() {
            Some(named) => finding::tenant(on, named).await?,
            None => finding::of_token(on).await?,
        };
        return on_member(&opt.command, on, member, Some(&tenant), run_on).await;
    }
    match &opt.command {
        Command::Metrics(options) => numbers::metrics(on, options).await,
        Command::Report(options) => numbers::report(on, options).await,
        command => match merging::Shape::of(command) {
            Some(shape) => spreading::run(on, shape).await,
            None => Err(one_only()),
        },
    }
}

async fn noun_of_fleet(noun: &crate::opt::Fleet, on: On<'_>) -> Result<Exit, Failure> {
    use crate::opt::Fleet as Noun;
    if on.global.member.is_some() {
        return Err(Failure::new(Exit::Usage, "this command is about all members").hint("leave --member out"));
    }
    match noun {
        Noun::Status(options) => status::run(on, options).await,
        Noun::Sync(options) => sync::run(on, options).await,
        Noun::Migrate => migrating::run(on).await,
        Noun::Pgdog(options) => pgdog::run(on, options).await,
        Noun::Plan(options) => planning::run(on, options).await,
        Noun::Move(options) => ends::of_members(options, on).await,
    }
}

/// Runs a command on a member as on any database, in the context of the tenant that was found there.
async fn on_member(
    command: &Command,
    on: On<'_>,
    member: &Member,
    tenant: Option<&str>,
    run_on: impl AsyncFn(&Command, &Invocation<'_>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let mut effective = on.effective.on_member(&member.name, member.profile());
    if let Some(tenant) = tenant {
        effective = effective.in_tenant(tenant);
    }
    run_on(command, &Invocation::on_member(on.global, &effective, member)).await
}

/// The tenant that a command of the noun tenant names as its argument.
fn tenant_of(command: &Command) -> Option<&str> {
    let Command::Tenant(noun) = command else { return None };
    match noun {
        Tenant::Show(named) | Tenant::Deactivate(named) | Tenant::Reactivate(named) => {
            Some(&named.slug_or_id)
        }
        Tenant::Update(options) => Some(&options.slug_or_id),
        Tenant::Move(options) => Some(&options.slug_or_id),
        Tenant::Export(options) => Some(&options.family),
        Tenant::Create(_) | Tenant::Import(_) | Tenant::List(_) | Tenant::Settings(_) => None,
    }
}

/// Commands that reach no server.
fn needs_no_member(command: &Command) -> bool {
    match command {
        Command::Config(_) => true,
        Command::Audit(audit) => match audit {
            Audit::CheckProof(_) | Audit::Keygen(_) | Audit::Rekey(_) => true,
            Audit::Evidence(evidence) => matches!(evidence.verify, Some(Evidence::Verify(_))),
            Audit::Stream(stream) => matches!(stream.verb, Some(StreamVerb::Verify(_))),
            Audit::Verify(options) => !options.file.is_empty(),
            _ => false,
        },
        _ => false,
    }
}

fn one_only() -> Failure {
    Failure::new(Exit::Usage, "this command runs on one member of the fleet, and none is named")
        .hint("name the tenant with --tenant, or the member with --member NAME")
}
