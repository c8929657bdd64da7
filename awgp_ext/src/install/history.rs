//! What has been applied: the rows of schema_migrations, and the number that the structure itself keeps.

use super::manifest::{File, Structure};
use super::run::run;
use crate::pg::query;
use crate::pg::raise::raise;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use awgp_core::release;
use pgrx::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The version of this library, which is the extension's.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What has been applied, by name.
pub type Applied = HashMap<String, Row>;

/// A row of `schema_migrations`.
pub struct Row {
    /// The checksum of the text that was applied.
    pub checksum: String,
    /// The version of the library that applied it.
    pub version: String,
}

/// The first column of the first row; none for NULL and for no row.
pub fn get_one<T: FromDatum + IntoDatum>(sql: &str) -> Option<T> {
    match query::one(sql, &[]) {
        Ok(value) => value,
        Err(spi::Error::InvalidPosition) => None,
        Err(error) => error!("awgp's structure could not be read: {error}"),
    }
}

fn checksum(file: &File) -> String {
    hex::encode(Sha256::digest(file.text.as_bytes()))
}

/// Whether the tables are there.
pub fn structure_exists() -> bool {
    get_one("SELECT to_regclass('awgp.schema_migrations') IS NOT NULL").unwrap_or(false)
}

/// What has been applied.
pub fn applied() -> Applied {
    Spi::connect(|client| {
        let mut applied = HashMap::new();
        let sql = "SELECT name, checksum, extension_version FROM awgp.schema_migrations";
        for row in client.select(sql, None, &[])? {
            if let (Some(name), Some(checksum), Some(version)) = (row.get(1)?, row.get(2)?, row.get(3)?) {
                applied.insert(name, Row { checksum, version });
            }
        }
        Ok::<_, spi::Error>(applied)
    })
    .unwrap_or_else(|error| error!("awgp.schema_migrations could not be read: {error}"))
}

/// Writes down that a file is applied as it is now.
pub fn record(file: &File, kind: &str) {
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

/// Whether a script is applied as its text is now.
pub fn is_current(file: &File, applied: &Applied) -> bool {
    applied.get(file.name).is_some_and(|row| row.checksum == checksum(file))
}

/// The migrations whose text here is not the one that was applied; no release changes a migration.
pub fn changed<'a>(structure: &Structure<'a>, applied: &'a Applied) -> impl Iterator<Item = &'a File> {
    let is_changed = |file: &&File| applied.contains_key(file.name) && !is_current(file, applied);
    structure.migrations.iter().filter(is_changed)
}

/// Who may ask for the number that [`state_version`] states.
pub const VERSION_GRANT: &str =
    "GRANT EXECUTE ON FUNCTION awgp.schema_version() TO awgp_maintainer, awgp_admin;";

/// Says in the schema itself, not in a row, how many migrations it has: a dump without data keeps it.
pub fn state_version(structure: &Structure<'_>) {
    run(&format!(
        "CREATE OR REPLACE FUNCTION awgp.schema_version() RETURNS integer
         LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS 'SELECT {}';
         COMMENT ON FUNCTION awgp.schema_version() IS
             'The number of migrations that were applied. It is stored with the schema, so a dump without data has it too.';
         REVOKE ALL ON FUNCTION awgp.schema_version() FROM PUBLIC;
         {VERSION_GRANT}",
        structure.migrations.len()
    ));
}

/// The structure itself says which migrations it has: where their history is missing, as after restoring a
/// dump without data, it is written again. Scripts are not: they may have been another version's, so they are
/// applied again.
pub fn complete(structure: &Structure<'_>) {
    let applied = applied();
    let known = get_one::<i32>("SELECT awgp.schema_version()").unwrap_or(0);
    for file in structure.migrations.iter().take(usize::try_from(known).unwrap_or(0)) {
        if !applied.contains_key(file.name) {
            record(file, "migration");
        }
    }
}

/// What tells that the structure is newer than this library: the version that made it, and, where there is
/// one, the migration that is not known here.
pub struct Newer {
    /// The newest version that has applied something.
    pub version: String,
    /// A migration that this library does not have.
    pub migration: Option<String>,
}

/// Whether a newer library has applied something.
pub fn newer(structure: &Structure<'_>, applied: &Applied) -> Option<Newer> {
    let known = |name: &str| structure.migrations.iter().any(|file| file.name == name);
    let unknown = applied.iter().filter(|(name, _)| name.starts_with("migrations/") && !known(name));
    let (migration, by) = unknown.max_by_key(|(name, _)| name.as_str()).unzip();
    let versions = applied.values().map(|row| row.version.as_str());
    let newest = release::newest(versions.chain([VERSION])).unwrap_or(VERSION);
    if migration.is_none() && newest == VERSION {
        return None;
    }
    let version = if newest == VERSION { by.map_or(VERSION, |row| row.version.as_str()) } else { newest };
    Some(Newer { version: version.to_owned(), migration: migration.cloned() })
}

/// A structure that this logic does not know is left alone.
pub fn refuse_newer(structure: &Structure<'_>, applied: &Applied) {
    let Some(newer) = newer(structure, applied) else { return };
    raise(
        &Refusal::new(
            Reason::StructureTooNew,
            format!("the structure is of version {}, this library of {VERSION}", newer.version),
            format!(
                "Install the package of version {} or later, reconnect, then: ALTER EXTENSION awgp UPDATE;",
                newer.version
            ),
        )
        .with("structure_version", newer.version)
        .with("library_version", VERSION)
        .with("migration", newer.migration),
    );
}

/// The version of the extension that the catalog names; while a script of `ALTER EXTENSION … UPDATE` runs,
/// the one that it brings.
pub fn extension_version() -> Option<String> {
    get_one("SELECT extversion FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.=) 'awgp'")
}

/// A session keeps the library that it has loaded, and a server the one that it preloads. With an older one
/// than the extension's it would take the older structure for the newest.
pub fn refuse_old_library() {
    let Some(version) = extension_version() else { return };
    if release::newest([VERSION, version.as_str()]) == Some(VERSION) {
        return;
    }
    raise(
        &Refusal::new(
            Reason::LibraryTooOld,
            format!("this session has loaded the library of version {VERSION}, and the extension is of version {version}"),
            "Reconnect; where awgp is in shared_preload_libraries, restart the server. Then: ALTER EXTENSION awgp UPDATE;",
        )
        .with("library_version", VERSION)
        .with("extension_version", version),
    );
}
