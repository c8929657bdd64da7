//! `awgp notify`: delivers notices at least once.
//!
//! Model: a loop for each target claims notices, sends them, and says what became of each ([`delivery`]). The
//! rules of retries are in the server. A target that hangs delays only its own notices. Several processes may
//! run: the server gives each notice to one of them for the time of a lease, which is longer than an attempt
//! may take.
//!
//! Failure handling: whatever ends this process, notices on their way are due again when their lease is over.
//! Without its connection to the database it ends; what started it starts it again.

mod delivery;
mod file;
mod mail;
mod notice;
mod shape;
mod signature;
mod trial;
mod webhook;

use crate::invocation::{Invocation, environment, print};
use crate::opt::{Notify, Output};
use crate::render;
use awgp_client::{Exit, Failure};
use awgp_core::reason::Reason;
use file::{Targets, Way};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Runs the command.
pub async fn run(options: &Notify, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let named = options.targets.clone().or_else(|| environment("AWGP_NOTIFY_FILE").map(PathBuf::from));
    let Some(path) = named else {
        return Err(Failure::of_reason(Reason::NotifyFile, "no file of targets is named")
            .hint("add --targets FILE or set AWGP_NOTIFY_FILE"));
    };
    let targets = file::read(&path)?;
    if options.check {
        return print(&listed(&targets, invocation.output), Exit::Success);
    }
    if let Some(name) = &options.test {
        return trial::deliver(targets, name, invocation.output).await;
    }
    delivery::deliver(targets, options, invocation).await
}

/// The targets of the file, without their secrets.
fn listed(targets: &Targets, output: Output) -> String {
    let rows: Vec<[String; 4]> = targets
        .targets
        .iter()
        .map(|target| {
            let (way, place) = match &target.way {
                Way::Webhook(hook) => ("webhook", hook.place()),
                Way::Mail(mail) => ("mail", mail.place().to_owned()),
            };
            let tenants = target.tenants.as_ref().map_or("all".to_owned(), |slugs| slugs.join(", "));
            [target.name.clone(), way.to_owned(), place, tenants]
        })
        .collect();
    match output {
        Output::Table => {
            let cells = rows.iter().map(|row| row.iter().map(|cell| render::cell(cell)).collect()).collect();
            render::grid(&["target", "type", "server", "tenants"], cells)
        }
        Output::Json => {
            let object = |[name, way, place, tenants]: &[String; 4]| json!({"target": name, "type": way, "server": place, "tenants": tenants});
            render::pretty(&rows.iter().map(object).collect::<Vec<Value>>())
        }
    }
}
