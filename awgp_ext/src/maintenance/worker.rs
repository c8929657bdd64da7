//! The background worker, where shared_preload_libraries names the library.
//!
//! A launcher, which belongs to no database, starts a worker for each database of `awgp.maintenance_databases`, one after
//! the other, every `awgp.maintenance_interval` seconds. A worker runs each step in a transaction of its own, as
//! `awgp.maintenance_role`, says in the server's log what it did, and ends.
//!
//! Failure handling: a step that fails is logged, and the next one runs. A worker that fails (no such database, a server
//! that is shutting down) is logged by the server, and the next interval starts another. The postmaster restarts the
//! launcher.

use super::steps::STEPS;
use crate::lock::{self, Subject};
use crate::{clock, settings};
use pgrx::bgworkers::{
    BackgroundWorker, BackgroundWorkerBuilder, BackgroundWorkerStatus, BgWorkerStartTime, SignalWakeFlags,
};
use pgrx::prelude::*;
use pgrx::{log, pg_sys, warning};
use serde_json::Value;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

const LAUNCHER_RESTART: Duration = Duration::from_secs(5);
/// How long the launcher listens before it looks whether a worker has ended; it is told earlier.
const LOOK: Duration = Duration::from_secs(1);

/// Registers the launcher while the server starts.
pub fn register() {
    // SAFETY: reads a flag of the postmaster's.
    if !unsafe { pg_sys::process_shared_preload_libraries_in_progress } {
        return;
    }
    BackgroundWorkerBuilder::new("awgp maintenance launcher")
        .set_type("awgp maintenance launcher")
        .set_library("awgp")
        .set_function("awgp_maintenance_launcher")
        // The postmaster tells the end of a worker to those alone who have connected.
        .enable_spi_access()
        .set_start_time(BgWorkerStartTime::RecoveryFinished)
        .set_restart_time(Some(LAUNCHER_RESTART))
        .load();
}

/// The launcher's main function.
#[doc(hidden)]
#[unsafe(no_mangle)]
#[pg_guard]
pub extern "C-unwind" fn awgp_maintenance_launcher(_argument: pg_sys::Datum) {
    BackgroundWorker::attach_signal_handlers(SignalWakeFlags::SIGHUP | SignalWakeFlags::SIGTERM);
    BackgroundWorker::connect_worker_to_spi(None, None);
    loop {
        if BackgroundWorker::sighup_received() {
            // SAFETY: as every process of the server reads its configuration again.
            unsafe { pg_sys::ProcessConfigFile(pg_sys::GucContext::PGC_SIGHUP) };
        }
        let is_wanted = settings::maintenance_databases().iter().all(|database| run_worker(database));
        if !is_wanted || !BackgroundWorker::wait_latch(Some(settings::maintenance_interval())) {
            // Not 0, which would mean that it is not wanted any more: one that was terminated comes back.
            // SAFETY: how a process of the server ends.
            unsafe { pg_sys::proc_exit(1) };
        }
    }
}

/// Starts a worker for a database and waits for its end; false where the launcher itself is to end. It looks itself
/// whether the worker is there, and listens meanwhile: it must never hold up a shutdown.
fn run_worker(database: &str) -> bool {
    // SAFETY: reads this process's number.
    let launcher = unsafe { pg_sys::MyProcPid };
    let started = BackgroundWorkerBuilder::new(&format!("awgp maintenance of {database}"))
        .set_type("awgp maintenance worker")
        .set_library("awgp")
        .set_function("awgp_maintenance_worker")
        .enable_spi_access()
        .set_start_time(BgWorkerStartTime::RecoveryFinished)
        .set_restart_time(None)
        .set_notify_pid(launcher)
        .set_extra(database)
        .load_dynamic();
    let Ok(worker) = started else {
        warning!("awgp: no worker is free for the maintenance of {database}: raise max_worker_processes");
        return true;
    };
    while matches!(worker.pid(), Ok(_) | Err(BackgroundWorkerStatus::NotYetStarted)) {
        if !BackgroundWorker::wait_latch(Some(LOOK)) {
            return false;
        }
    }
    true
}

/// A worker's main function.
#[doc(hidden)]
#[unsafe(no_mangle)]
#[pg_guard]
pub extern "C-unwind" fn awgp_maintenance_worker(_argument: pg_sys::Datum) {
    // The server's own handler, as a signal must find it: without pgrx's guard around it.
    unsafe extern "C-unwind" {
        fn die(signal: std::ffi::c_int);
    }
    // SAFETY: with it a query that runs is interrupted when the server stops.
    unsafe {
        #[cfg(feature = "pg18")]
        pg_sys::pqsignal_be(pg_sys::SIGTERM.cast_signed(), Some(die));
        #[cfg(not(feature = "pg18"))]
        pg_sys::pqsignal(pg_sys::SIGTERM.cast_signed(), Some(die));
        pg_sys::BackgroundWorkerUnblockSignals();
    }
    let database = BackgroundWorker::get_extra();
    BackgroundWorker::connect_worker_to_spi(Some(database), None);
    if !within(is_installed) {
        warning!("awgp: maintenance of {database}: the extension awgp is not installed there");
        return;
    }
    if !within(|| lock::try_lock_for_session(Subject::Maintenance)) {
        log!("awgp: maintenance of {database} is running already, in another session");
        return;
    }
    for step in STEPS {
        let answer = within(|| {
            become_maintainer();
            super::run(&[step], clock::now())
        });
        for outcome in answer["steps"].as_array().into_iter().flatten() {
            if outcome["ok"] != true {
                warning!("awgp: maintenance of {database}: {outcome}");
            } else if !is_nothing(&outcome["did"]) {
                log!("awgp: maintenance of {database}: {outcome}");
            }
        }
    }
}

fn within<T>(body: impl FnOnce() -> T) -> T {
    BackgroundWorker::transaction(AssertUnwindSafe(body))
}

fn is_installed() -> bool {
    Spi::get_one::<bool>("SELECT pg_catalog.to_regclass('awgp.maintenance_steps') IS NOT NULL")
        == Ok(Some(true))
}

/// For the transaction: the role of `awgp.maintenance_role`, and the search_path of run_maintenance().
fn become_maintainer() {
    let role = settings::maintenance_role();
    let became = Spi::run_with_args(
        "SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
                pg_catalog.set_config('role', $1, true)",
        &[role.into()],
    );
    if let Err(error) = became {
        error!("awgp: maintenance cannot run as awgp.maintenance_role: {error}");
    }
}

/// True for an answer that tells of nothing done.
fn is_nothing(answer: &Value) -> bool {
    match answer {
        Value::Null => true,
        Value::Bool(did) => !did,
        Value::Number(count) => count.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(parts) => parts.iter().all(is_nothing),
        Value::Object(parts) => parts.values().all(is_nothing),
    }
}
