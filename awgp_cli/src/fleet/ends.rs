//! `awgp fleet move`: the two ends of a move, members of the fleet or URLs.

use super::asking::On;
use super::file::Member;
use super::finding;
use super::moving::{self, Plan};
use crate::confirm;
use crate::invocation::{self, Invocation};
use crate::opt::{FleetMove, Output};
use crate::render;
use awgp_client::{DatabaseUrl, Exit, Failure, Row, Target};

/// Moves a family between members of a fleet.
pub async fn of_members(options: &FleetMove, on: On<'_>) -> Result<Exit, Failure> {
    let source = match &options.from {
        Some(named) => end(named, on)?,
        None => member(on, finding::tenant(on, &options.family).await?.member)?,
    };
    let called = options.called.as_deref().or_else(|| (!is_url(&options.to)).then_some(options.to.expose()));
    run(options, &source, &end(&options.to, on)?, called, Invocation::new(on.global, on.effective).output)
        .await
}

/// Moves a family between two servers that are named by their URLs.
pub async fn of_servers(options: &FleetMove, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let source = match &options.from {
        Some(named) => url(named)?,
        None => invocation.target()?,
    };
    run(options, &source, &url(&options.to)?, options.called.as_deref(), invocation.output).await
}

/// The database of a member.
pub fn member(on: On<'_>, member: &Member) -> Result<Target, Failure> {
    let effective = on.effective.on_member(&member.name, member.profile());
    Invocation::on_member(on.global, &effective, member).target()
}

fn end(named: &DatabaseUrl, on: On<'_>) -> Result<Target, Failure> {
    if is_url(named) { url(named) } else { member(on, on.fleet.member(named.expose())?) }
}

/// Members have neither of these in their names, and every URL or connection string has one.
fn is_url(named: &DatabaseUrl) -> bool {
    named.expose().contains([':', '='])
}

fn url(named: &DatabaseUrl) -> Result<Target, Failure> {
    if !is_url(named) {
        return Err(Failure::new(Exit::Usage, "a member is named, and there is no fleet file")
            .hint("name the file with --fleet FILE, AWGP_FLEET or in a profile, or give a URL"));
    }
    Target::resolve(Some(named), &invocation::environment)
}

async fn run(
    options: &FleetMove,
    source: &Target,
    target: &Target,
    called: Option<&str>,
    output: Output,
) -> Result<Exit, Failure> {
    confirm::MOVE.is_asked(&options.sure)?;
    if !options.sure.yes {
        let what = format!("{} moves from {} to {}.\n", options.family, source.place(), target.place());
        confirm::MOVE.ask(&what)?;
    }
    let plan = Plan { family: &options.family, called, until: options.until, back: options.back };
    let told = moving::move_family(source, target, &plan).await?;
    for table in &told.not_moved {
        eprintln!("note: {} is a table of an application: its rows were not moved", render::cell(table));
    }
    for issuer in &told.missing_providers {
        eprintln!("note: the target does not know the identity provider {}", render::cell(issuer));
    }
    let row = Row::from_json(&told.json().to_string())
        .map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))?;
    invocation::print(&render::single(&row, output), Exit::Success)
}
