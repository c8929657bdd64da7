//! `awgp fleet`: several installations.

pub mod archive;
pub mod carrying;
pub mod moving;
pub mod sides;

use crate::confirm;
use crate::invocation::{self, Invocation};
use crate::opt::{Fleet, FleetMove};
use crate::render;
use awgp_client::{Exit, Failure, Row, Target};
use moving::Plan;

/// Runs one command of the noun.
pub async fn run(noun: &Fleet, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    match noun {
        Fleet::Move(options) => to_member(options, invocation).await,
    }
}

async fn to_member(options: &FleetMove, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let source = match &options.from {
        Some(url) => Target::resolve(Some(url), &invocation::environment)?,
        None => invocation.target()?,
    };
    let target = Target::resolve(Some(&options.to), &invocation::environment)?;
    confirm::MOVE.is_asked(&options.sure)?;
    if !options.sure.yes {
        let what = format!("{} moves from {} to {}.\n", options.family, source.place(), target.place());
        confirm::MOVE.ask(&what)?;
    }
    let plan = Plan {
        family: &options.family,
        called: options.called.as_deref(),
        until: options.until,
        back: options.back,
    };
    let told = moving::move_family(&source, &target, &plan).await?;
    for table in &told.not_moved {
        eprintln!("note: {} is a table of an application: its rows were not moved", render::cell(table));
    }
    for issuer in &told.missing_providers {
        eprintln!("note: the target does not know the identity provider {}", render::cell(issuer));
    }
    let row = Row::from_json(&told.json().to_string())
        .map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))?;
    invocation::print(&render::single(&row, invocation.output), Exit::Success)
}
