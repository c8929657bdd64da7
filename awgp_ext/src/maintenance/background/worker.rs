//! A worker: one run of maintenance in one database.
//!
//! It holds the same lock as `awgp maintenance run` and run_maintenance(), over all steps, so that only one
//! run is active.

use super::assignment::Assignment;
use super::process;
use super::trouble::Trouble;
use crate::install;
use crate::locks::Subject;
use crate::maintenance::settings;
use crate::maintenance::steps::{self, Step};
use crate::pg::lock;
use crate::pg::query;
use crate::pg::role::{ActingAs, Purpose};
use pgrx::bgworkers::BackgroundWorker;
use pgrx::prelude::*;
use pgrx::{JsonB, PgSqlErrorCode, debug1, log, pg_sys, warning};
use serde_json::Value;
use std::ffi::{CString, c_char};

/// A worker's main function.
#[doc(hidden)]
#[unsafe(no_mangle)]
#[pg_guard]
pub extern "C-unwind" fn awgp_maintenance_worker(argument: pg_sys::Datum) {
    let assignment = Assignment::from(argument);
    process::obey_signals();
    BackgroundWorker::connect_worker_to_spi_by_oid(Some(assignment.database), None);
    keep_off_foreign_settings();
    let (name, readiness) = process::within(|| (database_name(), get_ready()));
    if let Err(trouble) = readiness {
        trouble.report(&name, assignment.repeats);
        return;
    }
    let here: Vec<&Step> = process::within(|| steps::here().collect());
    for step in here {
        report(&name, assignment, &process::within(|| run(step)));
    }
}

/// As autovacuum workers do: nobody watches this process, so settings of a database or role for its sessions
/// must not affect or block it.
fn keep_off_foreign_settings() {
    process::set(c"search_path", c"pg_catalog, pg_temp");
    process::set(c"default_transaction_isolation", c"read committed");
    process::set(c"default_transaction_read_only", c"off");
    // A step that cannot get its lock fails, is reported, and is tried again in the next run.
    process::set(c"lock_timeout", c"1min");
}

fn database_name() -> String {
    query::one("SELECT current_database()::text", &[]).ok().flatten().unwrap_or_default()
}

/// Checks that the steps can run here, takes the lock, and takes on the maintainer's role.
fn get_ready() -> Result<(), Trouble> {
    check_extension()?;
    let role = settings::role();
    check_role(&role)?;
    if !lock::try_lock_for_session(Subject::Maintenance) {
        return Err(Trouble::new(
            PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE,
            "another session is already running it",
            "SELECT a.pid, a.usename, a.query FROM pg_stat_activity AS a JOIN pg_locks USING (pid) WHERE locktype = 'advisory';",
        ));
    }
    become_role(&role);
    Ok(())
}

/// Checks that the extension is installed in this library's version, and that the structure is up to date.
fn check_extension() -> Result<(), Trouble> {
    let sql = "SELECT (SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'awgp')";
    let version: Option<String> = query::one(sql, &[]).ok().flatten();
    match version.as_deref() {
        Some(install::VERSION) if install::is_current() => Ok(()),
        Some(install::VERSION) => Err(Trouble::new(
            PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "its structure is not up to date",
            "SELECT awgp.migrate();",
        )),
        Some(other) => Err(Trouble::new(
            PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "its extension awgp has version {other}, but the server has loaded version {}",
                install::VERSION
            ),
            "ALTER EXTENSION awgp UPDATE; -- if that changes nothing, restart the server",
        )),
        None => Err(Trouble::new(
            PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT,
            "the extension awgp is not installed in it",
            "CREATE EXTENSION awgp; -- or remove the database from awgp.maintenance_databases",
        )),
    }
}

/// Checks that the role exists and may run maintenance.
fn check_role(role: &str) -> Result<(), Trouble> {
    let sql =
        "SELECT (SELECT has_function_privilege(oid, 'awgp.run_maintenance(timestamptz, text[])', 'EXECUTE')
                 FROM pg_catalog.pg_roles WHERE rolname = $1)";
    let may: Option<bool> = query::one(sql, &[role.into()]).unwrap_or_else(|error| error!("{error}"));
    match may {
        Some(true) => Ok(()),
        Some(false) => Err(Trouble::new(
            PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
            format!("the role of awgp.maintenance_role, \"{role}\", may not run maintenance"),
            format!("GRANT awgp_maintainer TO \"{}\";", role.replace('"', "\"\"")),
        )),
        None => Err(Trouble::new(
            PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT,
            format!("the role of awgp.maintenance_role, \"{role}\", does not exist"),
            "ALTER SYSTEM RESET awgp.maintenance_role; SELECT pg_reload_conf();",
        )),
    }
}

/// From now on the session belongs to the role: its privileges, and its name in the audit trail.
fn become_role(role: &str) {
    let sql = "SELECT pg_catalog.set_config('session_authorization', $1, false)";
    if let Err(error) = query::one::<String>(sql, &[role.into()]) {
        error!("awgp: maintenance cannot run as awgp.maintenance_role: {error}");
    }
}

/// The outcome of a step, and its previous outcome.
struct Answer {
    now: Value,
    before: Option<Value>,
}

fn run(step: &Step) -> Answer {
    show(step);
    let before = "SELECT (SELECT last_outcome FROM awgp.maintenance_steps WHERE step = $1)";
    let before: Option<JsonB> = query::one(before, &[step.name.into()]).ok().flatten();
    let answer = restricted(|| {
        let sql = "SELECT awgp.run_maintenance(steps => ARRAY[$1])";
        Spi::get_one_with_args::<JsonB>(sql, &[step.name.into()])
    });
    let mut now = answer.ok().flatten().map_or(Value::Null, |JsonB(answer)| answer);
    Answer { now: now["steps"][0].take(), before: before.map(|JsonB(before)| before) }
}

/// Shows the running step in pg_stat_activity.
fn show(step: &Step) {
    let text = CString::new(format!("awgp maintenance: {}", step.name)).unwrap_or_default();
    let text: *const c_char = text.as_ptr();
    // SAFETY: a C string, which the server copies.
    unsafe { pg_sys::pgstat_report_activity(pg_sys::BackendState::STATE_RUNNING, text) };
}

/// Runs `body` so that no code in it can return to the superuser that every background worker starts as:
/// RESET SESSION AUTHORIZATION is refused, and nothing can be left to run at commit, after this restriction
/// ends.
fn restricted<T>(body: impl FnOnce() -> T) -> T {
    let acting = ActingAs::oneself(Purpose::Restricted);
    let answer = body();
    drop(acting);
    answer
}

/// Logs what was done and what failed; a repeated failure is logged once.
fn report(database: &str, assignment: Assignment, answer: &Answer) {
    let step = answer.now["step"].as_str().unwrap_or_default();
    let message = format!("awgp: maintenance of database \"{database}\": {step}");
    if answer.now["ok"] == true {
        if !is_nothing(&answer.now["did"]) {
            log!("{message}: {}", answer.now["did"]);
        }
        return;
    }
    let failure = failure(&answer.now);
    if assignment.repeats || answer.before.as_ref().map(self::failure) != Some(failure) {
        warning!("{message} failed: {failure}");
    } else {
        debug1!("{message} failed as before: {failure}");
    }
}

/// Why a step failed: the error, or its result where parts of it failed.
fn failure(outcome: &Value) -> &Value {
    if outcome["error"].is_null() { &outcome["did"] } else { &outcome["error"] }
}

/// True for a result that says that nothing was done.
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
