//! What has been applied: the rows of schema_migrations, and the number that the structure itself keeps.

use super::manifest::{File, Structure};
use super::run::run;
use crate::pg::query;
use crate::pg::raise::raise;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The version of this library, which is the extension's.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Names and checksums of what has been applied.
pub type Applied = HashMap<String, String>;

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

/// Names and checksums of what has been applied.
pub fn applied() -> Applied {
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
    applied.get(file.name).is_some_and(|sum| *sum == checksum(file))
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
             'How many migrations this structure has; kept with the schema, so that a dump without data knows.';
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

/// A structure that this logic does not know is left alone.
pub fn refuse_newer(structure: &Structure<'_>, applied: &Applied) {
    let known = |name: &String| {
        structure.migrations.iter().any(|file| file.name == name.as_str()) || !name.starts_with("migrations/")
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
