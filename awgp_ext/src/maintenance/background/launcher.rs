//! The launcher: which databases are due, and which workers are running.

use super::assignment::Assignment;
use super::databases::{self, Database};
use super::trouble::Trouble;
use super::{LIBRARY, process};
use crate::maintenance::settings;
use pgrx::bgworkers::{
    BackgroundWorker, BackgroundWorkerBuilder, BackgroundWorkerStatus, BgWorkerStartTime,
    DynamicBackgroundWorker,
};
use pgrx::prelude::*;
use pgrx::{PgMemoryContexts, PgSqlErrorCode, pg_sys};
use std::time::{Duration, Instant};

/// The number of databases maintained at the same time: more than one, so that a step waiting for a lock does
/// not stop the others; few, so that max_worker_processes is not exhausted.
const AT_ONCE: usize = 3;
/// How often the launcher checks whether a worker has ended; normally it is notified earlier.
const LOOK: Duration = Duration::from_secs(1);
/// The time after which a problem is reported again.
const REPEAT: Duration = Duration::from_hours(1);

/// A database that the launcher maintains.
struct Charge {
    name: String,
    run: Option<Run>,
    /// When its last run ended; None before the first.
    rests_since: Option<Instant>,
    /// When problems were last reported; None where they are to be reported now.
    said_at: Option<Instant>,
    /// Why the last attempt to start a worker failed.
    trouble: Option<String>,
}

/// A running worker.
struct Run {
    worker: DynamicBackgroundWorker,
    /// Owns the memory of the worker's handle.
    _memory: PgMemoryContexts,
}

/// The launcher's main function.
#[doc(hidden)]
#[unsafe(no_mangle)]
#[pg_guard]
pub extern "C-unwind" fn awgp_maintenance_launcher(_argument: pg_sys::Datum) {
    process::obey_signals();
    BackgroundWorker::connect_worker_to_spi(None, None);
    let mut charges = follow_settings(Vec::new());
    loop {
        if process::reload() {
            charges = follow_settings(charges);
        }
        charges.iter_mut().for_each(Charge::notice_end);
        start_who_is_due(&mut charges);
        process::wait(until_next(&charges));
    }
}

/// The databases that the settings name. Their problems are reported again: an administrator who changes the
/// configuration wants to see them.
fn follow_settings(mut charges: Vec<Charge>) -> Vec<Charge> {
    let charge = |name: String| match charges.iter().position(|charge| charge.name == name) {
        Some(known) => Charge { said_at: None, ..charges.swap_remove(known) },
        None => Charge { name, run: None, rests_since: None, said_at: None, trouble: None },
    };
    settings::databases().into_iter().map(charge).collect()
}

/// Starts workers for databases that are due. The one that has waited longest comes first.
fn start_who_is_due(charges: &mut [Charge]) {
    charges.sort_by_key(|charge| charge.rests_since);
    let free = AT_ONCE.saturating_sub(charges.iter().filter(|charge| charge.run.is_some()).count());
    let mut due: Vec<_> = charges.iter_mut().filter(|charge| charge.is_due()).take(free).collect();
    if !due.is_empty() {
        let databases = databases::all();
        due.iter_mut().for_each(|charge| charge.start(&databases));
    }
}

/// The time until the next database is due.
fn until_next(charges: &[Charge]) -> Duration {
    if charges.iter().any(|charge| charge.run.is_some()) {
        return LOOK;
    }
    charges.iter().map(Charge::rests_for).min().unwrap_or(REPEAT)
}

impl Charge {
    /// The time until its next run is due.
    fn rests_for(&self) -> Duration {
        self.rests_since.map_or(Duration::ZERO, |since| settings::interval().saturating_sub(since.elapsed()))
    }

    fn is_due(&self) -> bool {
        self.run.is_none() && self.rests_for().is_zero()
    }

    fn notice_end(&mut self) {
        let is_at_work =
            |run: &Run| matches!(run.worker.pid(), Ok(_) | Err(BackgroundWorkerStatus::NotYetStarted));
        if self.run.as_ref().is_some_and(|run| !is_at_work(run)) {
            self.run = None;
            self.rests_since = Some(Instant::now());
        }
    }

    fn start(&mut self, databases: &[Database]) {
        let repeats = self.said_at.is_none_or(|at| at.elapsed() >= REPEAT);
        let started = find(&self.name, databases)
            .and_then(|database| launch(&self.name, Assignment { database, repeats }));
        match started {
            Ok(run) => (self.run, self.trouble) = (Some(run), None),
            Err(trouble) => {
                trouble.report(&self.name, repeats || self.trouble.as_ref() != Some(&trouble.message));
                self.trouble = Some(trouble.message);
                self.rests_since = Some(Instant::now());
            }
        }
        if repeats {
            self.said_at = Some(Instant::now());
        }
    }
}

/// The database of this name that can be maintained.
fn find(name: &str, databases: &[Database]) -> Result<pg_sys::Oid, Trouble> {
    let Some(database) = databases.iter().find(|database| database.name == name) else {
        return Err(Trouble::new(
            PgSqlErrorCode::ERRCODE_INVALID_CATALOG_NAME,
            "it does not exist",
            "Remove it from awgp.maintenance_databases, then: SELECT pg_reload_conf();",
        ));
    };
    if !database.takes_connections {
        return Err(Trouble::new(
            PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "it does not accept connections",
            "Remove it from awgp.maintenance_databases, then: SELECT pg_reload_conf();",
        ));
    }
    Ok(database.oid)
}

/// Starts a worker.
fn launch(name: &str, assignment: Assignment) -> Result<Run, Trouble> {
    let mut memory = PgMemoryContexts::new("awgp maintenance run");
    let builder = BackgroundWorkerBuilder::new(&format!("awgp maintenance of {name}"))
        .set_type("awgp maintenance worker")
        .set_library(LIBRARY)
        .set_function("awgp_maintenance_worker")
        .set_argument(Some(assignment.into()))
        .enable_spi_access()
        .set_start_time(BgWorkerStartTime::RecoveryFinished)
        .set_restart_time(None)
        // SAFETY: reads this process's id.
        .set_notify_pid(unsafe { pg_sys::MyProcPid });
    // SAFETY: the handle is allocated in this memory context, and both are freed together.
    let started = unsafe { memory.switch_to(|_| builder.load_dynamic()) };
    started.map(|worker| Run { worker, _memory: memory }).map_err(|_| {
        Trouble::new(
            PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
            "no background worker slot is free",
            "ALTER SYSTEM SET max_worker_processes = …; -- a higher value; then restart the server",
        )
    })
}
