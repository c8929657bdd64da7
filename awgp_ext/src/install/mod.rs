//! Structure: tables, policies, triggers and row-returning functions, applied outside of the extension.
//!
//! Tables that belong to an extension are left out of dumps, dropped with it, and get their triggers before
//! their data. So `CREATE EXTENSION awgp` makes the logic and then calls `install()`, which makes the
//! structure while the server is told that no extension is being created: nothing it makes becomes a member.
//! `pg_dump` then treats it as what it is, ordinary tables.
//!
//! A database without tables gets those of this version, whole; one that has them, the migrations that it
//! lacks. Then both get the scripts.
//!
//! A restore replays `CREATE EXTENSION` and brings the tables itself. Such sessions have
//! `row_security = off`; there the script stops after the logic.
//!
//! Failure handling: everything runs in the caller's transaction; an error leaves nothing behind.

pub mod declared;
mod emails;
mod exclusive;
mod history;
mod manifest;
pub mod place;
mod run;
pub mod shape;
#[cfg(feature = "server_tests")]
mod upgrade_tests;

use crate::locks::Subject;
use crate::partitions;
use crate::pg::argument;
use crate::pg::clock;
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::subtransaction;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use history::record;
pub use history::{Newer, VERSION, extension_version};
use manifest::{File, members, scripts};
pub use manifest::{STRUCTURE, Structure};
use pgrx::pg_sys;
use pgrx::prelude::*;
use run::run;

/// The version of the extension's logic.
#[pg_extern(stable, parallel_safe)]
fn version() -> &'static str {
    VERSION
}

/// Applies what is missing: tables or migrations, then the scripts. Idempotent; returns what it did.
///
/// `force` applies every script again, also where its text has not changed: it repairs policies, triggers
/// and grants that somebody dropped.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn install(force: default!(Option<bool>, "false")) -> String {
    let force = argument::needed("force", force);
    // SAFETY: both are plain booleans of this backend.
    let (in_script, restoring) = unsafe { (pg_sys::creating_extension, !pg_sys::row_security) };
    if in_script && restoring {
        apply_members();
        return "restore: logic only, the dump brings the structure".to_owned();
    }
    // In the script of CREATE EXTENSION the policies and triggers of an earlier one may be gone.
    apply(&STRUCTURE, force || in_script)
}

/// Applies the migrations and scripts that are due; what `ALTER EXTENSION awgp UPDATE` calls, and what
/// `doctor()` asks for after an old dump was restored under newer logic.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn migrate() -> String {
    apply(&STRUCTURE, false)
}

/// How the structure that is here differs from that of this library.
pub enum State {
    /// It is this library's.
    Current,
    /// These tables, migrations and scripts are not applied.
    Due(Vec<&'static str>),
    /// A newer library has made it.
    Newer(Newer),
}

/// Compares the structure that is here with `structure`; also returns the applied migrations whose text has
/// changed.
pub fn state(structure: &Structure<'_>) -> (State, Vec<&'static str>) {
    if !history::structure_exists() {
        return (State::Due(structure.tables.iter().map(|file| file.name).collect()), Vec::new());
    }
    let applied = history::applied();
    let changed = history::changed(structure, &applied).map(|file| file.name).collect();
    if let Some(newer) = history::newer(structure, &applied) {
        return (State::Newer(newer), changed);
    }
    let migrations = structure.migrations.iter().filter(|file| !applied.contains_key(file.name));
    let scripts = scripts().filter(|file| !history::is_current(file, &applied));
    let due: Vec<_> = migrations.map(|file| file.name).chain(scripts.map(|file| file.name)).collect();
    (if due.is_empty() { State::Current } else { State::Due(due) }, changed)
}

/// Whether the structure that is here is this library's.
pub fn is_current() -> bool {
    matches!(state(&STRUCTURE).0, State::Current)
}

fn apply(structure: &Structure<'_>, force: bool) -> String {
    lock::lock_until_commit(Subject::Structure);
    refuse_foreign_objects();
    history::refuse_old_library();
    // SAFETY: a plain boolean of this backend.
    if force || unsafe { pg_sys::creating_extension } {
        apply_members();
    }
    let _outside = OutsideExtension::enter();
    if history::structure_exists() {
        history::refuse_newer(structure, &history::applied());
        if force || !matches!(state(structure).0, State::Current) {
            exclusive::lock_tables();
        }
    }
    let (changed, changes) = if history::structure_exists() {
        (upgrade(structure), "migrations")
    } else {
        (make(structure), "tables")
    };
    // Before the scripts: what they write is recorded, in the chain that begins with this.
    run("INSERT INTO awgp.installation DEFAULT VALUES ON CONFLICT DO NOTHING");
    place::remember(false);
    emails::refuse_clashes();
    // A migration may change what a script has expanded, so all scripts follow it.
    let scripts = apply_scripts(force || changed > 0);
    let partitions = partitions::ensure(partitions::MONTHS_AHEAD, clock::now()).len();
    if changed + scripts + partitions == 0 {
        return "nothing to do".to_owned();
    }
    format!("{changed} {changes}, {scripts} scripts, {partitions} partitions")
}

fn apply_members() {
    for file in members() {
        run(file.text);
    }
}

/// Makes the tables, and returns how many files that took. Whatever the migrations change, they have already.
fn make(structure: &Structure<'_>) -> usize {
    for file in structure.tables {
        run(file.text);
    }
    for file in structure.migrations {
        record(file, "migration");
    }
    history::state_version(structure);
    structure.tables.len()
}

/// Applies the migrations that are missing, and returns how many.
fn upgrade(structure: &Structure<'_>) -> usize {
    history::complete(structure);
    let applied = history::applied();
    let missing: Vec<&File> =
        structure.migrations.iter().filter(|file| !applied.contains_key(file.name)).collect();
    for file in &missing {
        run_over_rows(file);
        record(file, "migration");
    }
    if !missing.is_empty() {
        history::state_version(structure);
    }
    missing.len()
}

/// Applies the scripts whose text has changed, or all, and returns how many.
fn apply_scripts(all: bool) -> usize {
    let applied = history::applied();
    let due: Vec<&File> = scripts().filter(|file| all || !history::is_current(file, &applied)).collect();
    for file in &due {
        run(file.text);
        record(file, "script");
    }
    if !due.is_empty() {
        partitions::protect_existing();
    }
    due.len()
}

/// While it lives, what is made becomes no member of the extension being created or updated.
struct OutsideExtension {
    in_script: bool,
}

impl OutsideExtension {
    fn enter() -> Self {
        // SAFETY: the flag that dependency.c and its callers ask. Set back in Drop; after an error the
        // server itself clears it when the script ends.
        unsafe {
            let in_script = pg_sys::creating_extension;
            pg_sys::creating_extension = false;
            Self { in_script }
        }
    }
}

impl Drop for OutsideExtension {
    fn drop(&mut self) {
        // SAFETY: as above. Not after an error: by then no script may be running any more.
        if !std::thread::panicking() {
            unsafe { pg_sys::creating_extension = self.in_script };
        }
    }
}

/// A migration of a structure with rows: one that violates a new constraint is reported, and nothing changes.
fn run_over_rows(file: &File) {
    let Err(failed) = subtransaction::within(|| run(file.text)) else { return };
    if failed.code != PgSqlErrorCode::ERRCODE_CHECK_VIOLATION {
        failed.raise_on();
    }
    raise(
        &Refusal::new(
            Reason::RowsRefused,
            format!("rows that are here do not keep what {} asks for: {}", file.name, failed.message()),
            "Correct the rows of the table that is named, as a superuser, then: SELECT awgp.migrate();",
        )
        .with("migration", file.name)
        .with("problem", failed.message()),
    );
}

/// Nothing of ours is put beside, or in place of, what somebody else has planted in the schema.
fn refuse_foreign_objects() {
    let planted: Option<String> = history::get_one(
        "WITH schema AS (SELECT oid, nspowner FROM pg_namespace WHERE nspname = 'awgp'),
         object (name, owner) AS (
             SELECT 'schema awgp', nspowner FROM schema
             UNION ALL
             SELECT 'relation awgp.' || relname, relowner FROM pg_class JOIN schema ON relnamespace = schema.oid
             UNION ALL
             SELECT 'function awgp.' || proname, proowner FROM pg_proc JOIN schema ON pronamespace = schema.oid
             UNION ALL
             SELECT 'type awgp.' || typname, typowner FROM pg_type JOIN schema ON typnamespace = schema.oid
         )
         SELECT name FROM object JOIN pg_roles ON pg_roles.oid = owner
         WHERE NOT rolsuper AND rolname <> current_user LIMIT 1",
    );
    if let Some(object) = planted {
        raise(
            &Refusal::new(
                Reason::ForeignObjects,
                "the schema awgp holds objects of another owner",
                "Look at the object that DETAIL names, then drop it or make the installing role its owner.",
            )
            .with("object", object),
        );
    }
}
