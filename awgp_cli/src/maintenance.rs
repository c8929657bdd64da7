//! `awgp maintenance`: what is due, step by step, each in its own transaction.

use crate::invocation::Invocation;
use crate::opt::{Maintenance, MaintenanceRun, Output};
use crate::render;
use crate::when::{self, Edge};
use awgp_client::{Context, Exit, Failure, Session, Trouble};
use serde_json::{Value, json};

/// Runs one command of the noun.
pub async fn run(noun: &Maintenance, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Maintenance::Run(options) = noun;
    invocation.decision(async |session| run_steps(session, options, invocation.output).await).await
}

/// Runs what is due; returns the text and the exit code.
async fn run_steps(
    session: &mut Session,
    options: &MaintenanceRun,
    output: Output,
) -> Result<(String, Exit), Trouble> {
    let work = session.begin(Context::default()).await?;
    if work.text("SELECT pg_catalog.pg_is_in_recovery()::text", &[]).await? == "true" {
        return Ok((standby(output), Exit::Success));
    }
    // One moment for all steps.
    let at = "SELECT coalesce($1::text::timestamptz, clock_timestamp())::text";
    let given = when::moment(&work, "--at", options.at.as_ref(), Edge::Begin).await?;
    let at = work.text(at, &[&given]).await?;
    if work.text("SELECT awgp.begin_maintenance()::text", &[]).await? != "true" {
        return Err(already_running().into());
    }
    work.commit().await?;
    let outcome = steps(session, options, &at).await;
    // Not left to the end of the session, which the server may notice only after another one has tried.
    let released = release(session).await;
    let done = outcome?;
    released?;
    let failed = done.iter().any(|step| step["ok"] != true);
    let text = match output {
        Output::Json => render::pretty(&json!({"at": at, "steps": done})),
        Output::Table => {
            render::grid(&["step", "outcome", "ms", "details"], done.iter().map(cells).collect())
        }
    };
    Ok((text, if failed { Exit::Findings } else { Exit::Success }))
}

/// The same job may run beside each server: it does nothing on a standby, and begins when that is promoted.
fn standby(output: Output) -> String {
    match output {
        Output::Json => render::pretty(&json!({"standby": true, "steps": []})),
        Output::Table => {
            "nothing was run: this server is a standby, and maintenance belongs to its primary\n".to_owned()
        }
    }
}

async fn release(session: &mut Session) -> Result<(), Trouble> {
    let work = session.begin(Context::default()).await?;
    work.text("SELECT awgp.end_maintenance()::text", &[]).await?;
    work.commit().await?;
    Ok(())
}

/// Runs the requested steps, and reports what each did.
async fn steps(session: &mut Session, options: &MaintenanceRun, at: &str) -> Result<Vec<Value>, Trouble> {
    let work = session.begin(Context::default()).await?;
    let known = work.text("SELECT string_agg(name, ',') FROM awgp.maintenance_steps() AS name", &[]).await?;
    work.commit().await?;
    let steps: Vec<&str> = match &options.only {
        only if only.is_empty() => known.split(',').collect(),
        only => only.iter().map(String::as_str).collect(),
    };
    let mut done = Vec::new();
    for step in steps {
        let work = session.begin(Context::default()).await?;
        let sql = "SELECT awgp.run_maintenance($1::text::timestamptz, ARRAY[$2::text])::text";
        let answer = work.text(sql, &[&at, &step]).await?;
        work.commit().await?;
        let mut answer: Value = serde_json::from_str(&answer)
            .map_err(|error| Failure::new(Exit::Unexpected, format!("the server's answer: {error}")))?;
        if answer["already_running"] == true {
            return Err(already_running().into());
        }
        done.extend(answer["steps"].as_array_mut().map(std::mem::take).unwrap_or_default());
    }
    Ok(done)
}

fn already_running() -> Failure {
    Failure::new(Exit::Retry, "maintenance is running already, in another session or in the background")
        .hint("look at the steps that ran in awgp.maintenance_steps")
}

fn cells(step: &Value) -> Vec<String> {
    let outcome = if step["ok"] == true { "done" } else { "failed" };
    let details = match (&step["did"], &step["error"]["message"]) {
        (Value::Null, Value::String(message)) => message.clone(),
        (Value::Null, _) => String::new(),
        (did, _) => did.to_string(),
    };
    let name = step["step"].as_str().unwrap_or_default();
    [name, outcome, &step["milliseconds"].to_string(), &details].map(render::cell).to_vec()
}
