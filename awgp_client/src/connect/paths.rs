//! The files that a connection may read.

use super::profiles::Profiles;
use super::service;
use super::settings::Environment;
use std::path::{Path, PathBuf};

/// A file that is read where it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRead {
    /// What it has.
    pub what: &'static str,
    /// Its path.
    pub path: PathBuf,
    /// Whether it is there.
    pub exists: bool,
}

/// The files in the order in which they matter.
pub fn files(env: Environment<'_>) -> Vec<FileRead> {
    let get = |name: &str| env(name).filter(|value| !value.is_empty());
    let in_home = |name: &str| get("HOME").map(|home| Path::new(&home).join(name));
    let variable_or = |variable: &str, name: &str| get(variable).map(PathBuf::from).or_else(|| in_home(name));
    let mut found: Vec<(&'static str, PathBuf)> = Vec::new();
    found.extend(Profiles::file_of(&get).map(|path| ("profiles", path)));
    let services = service::places(get("PGSERVICEFILE").as_deref(), &get);
    found.extend(services.into_iter().map(|(path, _)| ("services", path)));
    for (what, path) in [
        ("passwords", variable_or("PGPASSFILE", ".pgpass")),
        ("root certificates", variable_or("PGSSLROOTCERT", ".postgresql/root.crt")),
        ("revoked certificates", variable_or("PGSSLCRL", ".postgresql/root.crl")),
        ("client certificate", variable_or("PGSSLCERT", ".postgresql/postgresql.crt")),
        ("client key", variable_or("PGSSLKEY", ".postgresql/postgresql.key")),
    ] {
        // sslrootcert=system is no file.
        found.extend(path.filter(|path| path != Path::new("system")).map(|path| (what, path)));
    }
    let read = |(what, path): (&'static str, PathBuf)| FileRead { what, exists: path.exists(), path };
    found.into_iter().map(read).collect()
}
