//! One command on every member, side by side. Each is this program once more, on its member, so that every
//! command does there what it does on a database alone; what they say is merged.

use super::asking::{On, Progress};
use super::file::Member;
use super::merging::{self, Part, Shape};
use crate::opt::{self, Audit, Format, Opt};
use awgp_client::{Exit, Failure};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::process::Stdio;
use tokio::process::Command;

/// Tells a part on which member it is. Not for people: they have --member.
const PART: &str = "AWGP_FLEET_PART";

/// Has this program be the part of a command on one member, where it is one: it says what it found as JSON,
/// and asks for no password. The notes of a member have a folder of their own within the one that is named:
/// each installation has its own history.
pub fn be_a_part(opt: &mut Opt, env: &impl Fn(&str) -> Option<String>) {
    let Some(member) = env(PART) else { return };
    match &mut opt.command {
        opt::Command::Audit(Audit::Checkpoint(options)) => {
            options.out = options.out.join(&member);
            // Where it cannot be made, the command says so.
            let _ = std::fs::create_dir_all(&options.out);
        }
        opt::Command::Audit(Audit::Verify(options)) => {
            for notes in &mut options.checkpoint {
                let own = notes.join(&member);
                if own.is_dir() {
                    *notes = own;
                }
            }
        }
        _ => {}
    }
    opt.global.member = Some(member);
    opt.global.output = Format::Json;
    opt.global.no_password = true;
    opt.global.verbose = false;
}

/// Whether this program is such a part.
pub fn is_a_part() -> bool {
    std::env::var_os(PART).is_some()
}

/// Runs the command on every member and prints what they say. The exit code is the worst.
pub async fn run(on: On<'_>, shape: Shape) -> Result<Exit, Failure> {
    if on.global.password {
        return Err(Failure::new(Exit::Usage, "a password cannot be asked for on all members at once")
            .hint("put the passwords into ~/.pgpass, or name one with --member"));
    }
    let members: Vec<&Member> = on.fleet.primaries().collect();
    let progress = Progress::of(members.len());
    let begun = members.iter().enumerate().map(|(place, member)| async move { (place, part(member).await) });
    let mut running: FuturesUnordered<_> = begun.collect();
    let mut parts = Vec::new();
    while let Some((place, part)) = running.next().await {
        progress.one_more();
        parts.push((place, part?));
    }
    progress.clear();
    parts.sort_by_key(|(place, _)| *place);
    let parts: Vec<Part> = parts.into_iter().map(|(_, part)| part).collect();
    merging::print(&parts, shape, on.global.output)
}

/// This program with the same arguments on a member.
async fn part(member: &Member) -> Result<Part, Failure> {
    let unrunnable =
        |error: std::io::Error| Failure::new(Exit::Unexpected, format!("member {}: {error}", member.name));
    let program = std::env::current_exe().map_err(unrunnable)?;
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).env(PART, &member.name).stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.map_err(unrunnable)?;
    Ok(Part {
        member: member.name.clone(),
        exit: output.status.code(),
        said: String::from_utf8_lossy(&output.stdout).into_owned(),
        told: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
