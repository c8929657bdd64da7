//! `awgp stop verify`: from the trail of the server, or from an exported file without any server.

use crate::audit::verify::{file, month};
use crate::invocation::{Invocation, print};
use crate::opt::{Output, StopVerify};
use crate::{ids, render};
use awgp_client::{Exit, Failure, Session};
use awgp_core::audit::finding::Severity;
use awgp_core::audit::row::AuditRow;
use awgp_core::counted::counted;
use awgp_core::stop::proof::Proof;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use uuid::Uuid;

const VERIFY: &str = "SELECT awgp.verify_stop($1::text::uuid)::text";
const COLUMNS: [&str; 6] = ["kind", "tenant_id", "chain_lane", "chain_seq", "audit_id", "detail"];

/// Verifies and prints; the exit code is 12 when something does not fit.
pub async fn run(options: &StopVerify, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let context = invocation.context;
    let verdict = match &options.file {
        Some(path) => of_file(path, &options.id, options.install_id)?,
        None => {
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

/// The verdict of a file: its chains, and the proof in two passes.
fn of_file(path: &Path, id: &str, install_id: Option<Uuid>) -> Result<Value, Failure> {
    let stop = Uuid::parse_str(id).map_err(|_| {
        Failure::new(Exit::Usage, format!("\"{id}\" is not a whole id"))
            .hint("a file is searched for the whole id of the stop: awgp stop list --output json")
    })?;
    let manifest = month::manifest_beside(path)?;
    let (_, findings) = month::verify_against(path, install_id, manifest.as_ref())?;
    let chain: Vec<Value> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| json!(finding))
        .collect();
    let mut proof = Proof::of(stop);
    for pass in [Proof::learn, Proof::judge] {
        file::for_each_line(path, |line| {
            // Lines that are not rows were read by the verification above.
            if let Ok(row) = serde_json::from_str::<AuditRow>(line) {
                pass(&mut proof, &row.borrowed());
            }
            Ok(())
        })?;
    }
    let verdict = proof.finish().ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("the file has no event of the stop {stop}"))
            .hint("export the trail from before the stop on: awgp audit export")
    })?;
    let mut told = verdict.to_json();
    told["stop_id"] = stop.to_string().into();
    told["holds"] = (verdict.found.is_empty() && chain.is_empty()).into();
    told["chain_findings"] = chain.into();
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
                found.iter().map(|one| COLUMNS.iter().map(|name| cell(&one[*name])).collect()).collect();
            text.push_str(&render::grid(&COLUMNS, rows));
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
    if count("not_shown") > 0 {
        let _ = writeln!(text, "not shown: the trails of {}", counted(count("not_shown"), "tenant"));
    }
    text
}
