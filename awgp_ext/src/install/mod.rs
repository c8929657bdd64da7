//! Structure: tables, policies, triggers and functions that return rows, created outside the extension.
//!
//! Tables that belong to an extension are not dumped, are dropped with it, and get their triggers before
//! their data. So `CREATE EXTENSION awgp` creates the logic and then calls `install()`, which creates the
//! structure while the server is told that no extension is being created: nothing it creates becomes a
//! member. `pg_dump` then treats the tables as ordinary ones.
//!
//! A restore runs `CREATE EXTENSION` and brings the tables itself. Such sessions have `row_security = off`;
//! there the script ends after the logic.
//!
//! Failure handling: everything runs in the caller's transaction; an error leaves nothing behind.

pub mod declared;
mod emails;
mod manifest;

use crate::locks::Subject;
use crate::partitions;
use crate::pg::argument;
use crate::pg::clock;
use crate::pg::lock;
use crate::pg::query;
use crate::pg::raise::raise;
use crate::pg::subtransaction;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use manifest::{File, MIGRATIONS, scripts};
use pgrx::pg_sys;
use pgrx::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The version of this library, and of the extension.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The version of the extension's logic.
#[pg_extern(stable, parallel_safe)]
fn version() -> &'static str {
    VERSION
}

/// Applies what is missing: all migrations in order, then the scripts. Idempotent; returns what it did.
///
/// `force` applies every script again, even where its text has not changed: it repairs policies, triggers and
/// grants that were dropped.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn install(force: default!(Option<bool>, "false")) -> String {
    let force = argument::needed("force", force);
    // SAFETY: both are plain booleans of this backend.
    let (in_script, restoring) = unsafe { (pg_sys::creating_extension, !pg_sys::row_security) };
    if in_script && restoring {
        return "restore: logic only, the dump contains the structure".to_owned();
    }
    // In the script of CREATE EXTENSION: policies and triggers of an earlier extension may have been dropped
    // with it.
    apply(force || in_script)
}

/// Applies the migrations and scripts that are due. `ALTER EXTENSION awgp UPDATE` calls this, and `doctor()`
/// asks for it after an old dump was restored under newer logic.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn migrate() -> String {
    apply(false)
}

/// The names of the migrations and scripts that are due.
pub fn due() -> Vec<&'static str> {
    if !structure_exists() {
        return MIGRATIONS.iter().map(|file| file.name).collect();
    }
    let applied = applied();
    let missing = |file: &&File| applied.get(file.name).is_none_or(|sum| *sum != checksum(file));
    let migrations = MIGRATIONS.iter().filter(|file| !applied.contains_key(file.name));
    migrations.chain(scripts().filter(missing)).map(|file| file.name).collect()
}

fn apply(force: bool) -> String {
    lock::lock_until_commit(Subject::Structure);
    refuse_foreign_objects();
    let _outside = OutsideExtension::enter();
    if structure_exists() {
        complete_history();
    }
    let applied = if structure_exists() { applied() } else { HashMap::new() };
    refuse_newer_structure(&applied);

    let migrations: Vec<&File> = MIGRATIONS.iter().filter(|file| !applied.contains_key(file.name)).collect();
    let upgrades = !applied.is_empty();
    for file in &migrations {
        if upgrades { run_over_rows(file) } else { run(file.text) }
    }
    for file in &migrations {
        record(file, "migration");
    }
    // Before the scripts: what they write is recorded in the chain that starts from this id.
    run("INSERT INTO awgp.installation DEFAULT VALUES ON CONFLICT DO NOTHING");
    emails::refuse_clashes();
    // A migration may change what a script has expanded, so all scripts are applied again after it.
    let all = force || !migrations.is_empty();
    let due = |file: &&File| all || applied.get(file.name).is_none_or(|sum| *sum != checksum(file));
    let scripts: Vec<&File> = scripts().filter(due).collect();
    for file in &scripts {
        run(file.text);
        record(file, "script");
    }
    if !scripts.is_empty() {
        partitions::protect_existing();
    }
    if !migrations.is_empty() {
        record_structure_version();
    }
    let partitions = partitions::ensure(partitions::MONTHS_AHEAD, clock::now());
    if migrations.is_empty() && scripts.is_empty() && partitions.is_empty() {
        return "nothing to do".to_owned();
    }
    format!("{} migrations, {} scripts, {} partitions", migrations.len(), scripts.len(), partitions.len())
}

/// While it lives, new objects do not become members of the extension being created or updated.
struct OutsideExtension {
    in_script: bool,
}

impl OutsideExtension {
    fn enter() -> Self {
        // SAFETY: the flag that dependency.c and its callers read. Drop restores it; after an error the
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
        // SAFETY: as above. Not after an error: by then the script may no longer be running.
        if !std::thread::panicking() {
            unsafe { pg_sys::creating_extension = self.in_script };
        }
    }
}

fn run(sql: &str) {
    if let Err(error) = Spi::run(sql) {
        error!("awgp's structure could not be applied: {error}");
    }
}

/// Runs a migration on a structure that has rows. Where existing rows violate a new constraint, this is
/// reported and nothing changes.
fn run_over_rows(file: &File) {
    let Err(failed) = subtransaction::within(|| run(file.text)) else { return };
    if failed.code != PgSqlErrorCode::ERRCODE_CHECK_VIOLATION {
        failed.raise_on();
    }
    raise(
        &Refusal::new(
            Reason::RowsRefused,
            format!("existing rows violate a constraint of {}: {}", file.name, failed.message()),
            "Find the rows in the table that the message names (an amount must be a number, not negative and not NaN), \
             correct them as a superuser, then: SELECT awgp.migrate();",
        )
        .with("migration", file.name)
        .with("problem", failed.message()),
    );
}

/// The first column of the first row; None for NULL and where there is no row.
fn get_one<T: FromDatum + IntoDatum>(sql: &str) -> Option<T> {
    match query::one(sql, &[]) {
        Ok(value) => value,
        Err(spi::Error::InvalidPosition) => None,
        Err(error) => error!("awgp's structure could not be read: {error}"),
    }
}

fn checksum(file: &File) -> String {
    hex::encode(Sha256::digest(file.text.as_bytes()))
}

fn structure_exists() -> bool {
    get_one("SELECT to_regclass('awgp.schema_migrations') IS NOT NULL").unwrap_or(false)
}

/// Names and checksums of the files that have been applied.
fn applied() -> HashMap<String, String> {
    Spi::connect(|client| {
        let mut applied = HashMap::new();
        for row in client.select("SELECT name, checksum FROM awgp.schema_migrations", None, &[])? {
            if let (Some(name), Some(checksum)) = (row.get(1)?, row.get(2)?) {
                applied.insert(name, checksum);
            }
        }
        Ok::<_, spi::Error>(applied)
    })
    .unwrap_or_else(|error| error!("awgp.schema_migrations could not be read: {error}"))
}

fn record(file: &File, kind: &str) {
    let arguments = [file.name.into(), kind.into(), checksum(file).into(), VERSION.into()];
    let recorded = Spi::run_with_args(
        "INSERT INTO awgp.schema_migrations (name, kind, checksum, extension_version) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum,
             extension_version = excluded.extension_version, applied_at = pg_catalog.now()",
        &arguments,
    );
    if let Err(error) = recorded {
        error!("awgp.schema_migrations could not be written: {error}");
    }
}

/// Stores the number of migrations in the schema itself, not in a row: so a dump without data contains it.
fn record_structure_version() {
    run(&format!(
        "CREATE OR REPLACE FUNCTION awgp.schema_version() RETURNS integer
         LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS 'SELECT {}';
         COMMENT ON FUNCTION awgp.schema_version() IS
             'How many migrations this structure has; kept with the schema, so that a dump without data knows.';
         REVOKE ALL ON FUNCTION awgp.schema_version() FROM PUBLIC;
         GRANT EXECUTE ON FUNCTION awgp.schema_version() TO awgp_maintainer, awgp_admin;",
        MIGRATIONS.len()
    ));
}

/// Restores the history of migrations where it is missing, as after restoring a dump without data: the
/// structure itself tells which migrations it has. Scripts are not entered: they may be another version's, so
/// they are applied again.
fn complete_history() {
    let applied = applied();
    let known = get_one::<i32>("SELECT awgp.schema_version()").unwrap_or(0);
    for file in MIGRATIONS.iter().take(usize::try_from(known).unwrap_or(0)) {
        if !applied.contains_key(file.name) {
            record(file, "migration");
        }
    }
}

/// Refuses to create anything beside, or in place of, objects that another role has created in the schema.
fn refuse_foreign_objects() {
    let planted: Option<String> = get_one(
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
                "the schema awgp contains objects of another owner",
                "Drop the object that DETAIL names, or make the installing role its owner.",
            )
            .with("object", object),
        );
    }
}

/// Refuses a structure that is newer than this library.
fn refuse_newer_structure(applied: &HashMap<String, String>) {
    let known = |name: &String| {
        MIGRATIONS.iter().any(|file| file.name == name.as_str()) || !name.starts_with("migrations/")
    };
    if let Some(name) = applied.keys().find(|name| !known(name)) {
        raise(
            &Refusal::new(
                Reason::StructureTooNew,
                "the structure is newer than the extension",
                "Install the newer version of the extension's files, then: ALTER EXTENSION awgp UPDATE",
            )
            .with("migration", name.as_str()),
        );
    }
}
