//! `run_maintenance()`: does everything that is due, step by step.
//!
//! Model: a step is a statement with the moment as `$1` ([`steps`]). It runs in a subtransaction of its own,
//! so that a failing step does not stop the others, and the result tells what each did or why it failed. Each
//! outcome is stored in awgp.maintenance_steps ([`record`]), where the doctor reads it.
//!
//! Only one run is active: a second one reports that and does nothing. The background worker ([`background`])
//! and `awgp maintenance run` hold that lock over all steps and commit after each.

pub mod background;
pub mod record;
pub mod settings;
pub mod steps;

use crate::locks::Subject;
use crate::pg::argument;
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::transaction::refuse_read_only;
use crate::pg::{clock, subtransaction};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::JsonB;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use serde_json::{Value, json};
use std::time::Instant;
use steps::{STEPS, Step};

/// Runs what is due at `at` (default: now), or only the named steps, and returns what each did or why it
/// failed.
///
/// Runs with the caller's own privileges: every step calls functions that maintainers may call.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn run_maintenance(
    at: default!(Option<TimestampWithTimeZone>, "NULL"),
    steps: default!(Option<Vec<Option<String>>>, "NULL"),
) -> JsonB {
    refuse_read_only(c"awgp.run_maintenance()");
    let at = clock::given("at", at);
    let only = steps.map(|names| argument::texts("steps", names));
    let chosen = chosen(only.as_deref());
    JsonB(run(&chosen, at))
}

/// The names of this database's steps in the order in which they run.
#[pg_extern(stable, parallel_restricted)]
fn maintenance_steps() -> SetOfIterator<'static, String> {
    SetOfIterator::new(steps::here().map(|step| step.name.to_owned()))
}

/// Prevents other sessions from running maintenance until this session ends or releases the lock; false where
/// another session is running it.
#[pg_extern(volatile, parallel_unsafe)]
fn begin_maintenance() -> bool {
    lock::try_lock_for_session(Subject::Maintenance)
}

/// Releases the lock of `begin_maintenance()`; false where this session does not hold it.
#[pg_extern(volatile, parallel_unsafe)]
fn end_maintenance() -> bool {
    lock::unlock_for_session(Subject::Maintenance)
}

fn chosen(only: Option<&[String]>) -> Vec<&'static Step> {
    let Some(only) = only else { return steps::here().collect() };
    if let Some(unknown) = only.iter().find(|name| STEPS.iter().all(|step| step.name != name.as_str())) {
        let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        raise(
            &Refusal::new(
                Reason::UnknownMaintenanceStep,
                "there is no maintenance step of this name",
                format!("The steps are {}.", known.join(", ")),
            )
            .with("step", unknown.as_str()),
        );
    }
    steps::here().filter(|step| only.iter().any(|name| name == step.name)).collect()
}

/// Runs these steps, unless another session runs maintenance.
pub fn run(steps: &[&Step], at: TimestampWithTimeZone) -> Value {
    let at_text = clock::text(at);
    if !lock::try_lock_until_commit(Subject::Maintenance) {
        return json!({"at": at_text, "already_running": true, "steps": []});
    }
    let done: Vec<Value> = steps.iter().map(|step| run_step(step, at)).collect();
    json!({"at": at_text, "already_running": false, "steps": done})
}

fn run_step(step: &Step, at: TimestampWithTimeZone) -> Value {
    let begun = Instant::now();
    let outcome = subtransaction::within(|| {
        let arguments = [at.into()];
        match Spi::connect_mut(|client| client.update(step.sql, Some(1), &arguments)?.first().get::<JsonB>(1))
        {
            Ok(answer) => answer.map_or(Value::Null, |JsonB(answer)| answer),
            Err(error) => error!("{error}"),
        }
    });
    let outcome = match outcome {
        Ok(did) => {
            // A step with several parts reports itself which parts failed; the others remain done.
            let failed = did.get("failed").and_then(Value::as_array).is_some_and(|failed| !failed.is_empty());
            json!({"step": step.name, "ok": !failed, "did": did})
        }
        Err(failed) => json!({"step": step.name, "ok": false, "error": failed.to_json()}),
    };
    record::keep(step.name, &outcome);
    let mut outcome = outcome;
    outcome["milliseconds"] = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX).into();
    outcome
}

/// Declares the parameters, and registers the background worker where the server preloads the library.
pub fn register() {
    settings::define();
    background::register();
}
