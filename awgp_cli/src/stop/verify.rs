//! `awgp stop verify`: from the trail of the server, or from exported files without any server.

use crate::audit::notes::Known;
use crate::audit::verify::files::{self, Beside};
use crate::audit::verify::report::OF_STOPS;
use crate::invocation::{Invocation, print};
use crate::opt::{Output, StopVerify};
use crate::{ids, render};
use awgp_client::{Exit, Failure, Session};
use awgp_core::counted::counted;
use serde_json::{Value, json};
use std::fmt::Write as _;
use uuid::Uuid;

const VERIFY: &str = "SELECT awgp.verify_stop($1::text::uuid)::text";

/// Verifies and prints; the exit code is 12 when something does not fit.
pub async fn run(options: &StopVerify, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let context = invocation.context;
    let verdict = match options.file.as_slice() {
        [_, ..] => of_files(options)?,
        [] => {
            let ask = async |session: &mut Session| {
                let work = session.begin(context).await?;
                // An auditor reads the trail of every tenant, and the stop is found in it.
                let id = ids::find(&work, ids::STOP, &options.id).await?;
                let answer = work.text(VERIFY, &[&id]).await?;
                let verdict = serde_json::from_str(&answer).map_err(|error| {
                    Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"))
                })?;
                work.commit().await?;
                Ok(verdict)
            };
            invocation.connected(ask).await?
        }
    };
    let exit = if verdict["holds"] == true { Exit::Success } else { Exit::Findings };
    print(&rendered(&verdict, invocation.output), exit)
}

/// The verdict of files: what they prove of this stop, and what their chains and the notes say against it.
fn of_files(options: &StopVerify) -> Result<Value, Failure> {
    let id = &options.id;
    let stop = Uuid::parse_str(id).map_err(|_| {
        Failure::new(Exit::Usage, format!("\"{id}\" is not a whole id"))
            .hint("a file is searched for the whole id of the stop: awgp audit verify --file lists them")
    })?;
    let known = Known::read(&options.checkpoint, options.public_key.as_deref())?;
    let beside = Beside { notes: known.notes.as_ref(), keys: &known.keys, is_part: options.part };
    let report = files::verify(&options.file, options.install_id, &beside)?;
    let verdict = report.stops.verdicts.iter().find(|verdict| verdict.stop == stop).ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("the files have no event of the stop {stop}"))
            .hint("export the trail from before the stop on: awgp audit export")
    })?;
    let mut told = report.stop(verdict);
    told["chain_findings"] = json!(verdict.touched_by(&report.findings));
    Ok(told)
}

fn rendered(verdict: &Value, output: Output) -> String {
    if output == Output::Json {
        return render::pretty(verdict);
    }
    let mut text = String::new();
    for part in ["findings", "chain_findings"] {
        let found = verdict[part].as_array().map(Vec::as_slice).unwrap_or_default();
        if !found.is_empty() {
            let cell = |value: &Value| match value {
                Value::Null => String::new(),
                Value::String(text) => render::cell(text),
                other => other.to_string(),
            };
            let rows =
                found.iter().map(|one| OF_STOPS.iter().map(|name| cell(&one[*name])).collect()).collect();
            text.push_str(&render::grid(&OF_STOPS, rows));
        }
    }
    let count = |key: &str| verdict[key].as_array().map_or(0, Vec::len);
    let trails = counted(count("tenants"), "trail");
    let until = if verdict["is_ended"] == true { "until it was lifted" } else { "since, and it is in force" };
    let _ = match (verdict["holds"] == true, count("findings")) {
        (true, _) => writeln!(text, "nothing began in the scope of the stop {until}: shown by {trails}"),
        (false, 0) => writeln!(text, "not proved: the chain of the trail does not hold"),
        (false, found) => writeln!(text, "not proved: {}", counted(found, "finding")),
    };
    match verdict["signed"].as_bool() {
        Some(true) => text.push_str("the notes sign the events of the stop\n"),
        Some(false) => text.push_str("no note signs the events of the stop: they are the file's own word\n"),
        None => {}
    }
    if count("not_shown") > 0 {
        let _ = writeln!(text, "not shown: the trails of {}", counted(count("not_shown"), "tenant"));
    }
    text
}
