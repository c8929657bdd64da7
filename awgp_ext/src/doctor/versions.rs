//! Whether library, extension and structure are of one version.
//!
//! Three things have a version: the library that this session has loaded, the extension as `pg_extension`
//! names it, and the structure, whose history is in `schema_migrations`. Packages bring the library, `ALTER
//! EXTENSION awgp UPDATE` the other two.

use super::finding::Finding;
use crate::install::{self, State, Structure, VERSION};
use awgp_core::release;

/// The structure is older or newer than the library, or a migration is not the one that was applied.
pub fn structure(structure: &Structure<'_>) -> Vec<Finding> {
    let (state, changed) = install::state(structure);
    let mut findings: Vec<Finding> = changed.into_iter().map(migration_changed).collect();
    match state {
        State::Current => {}
        State::Due(due) => findings.push(migration_due(&due)),
        State::Newer(newer) => findings.push(Finding {
            code: "structure_newer",
            severity: "error",
            object: "schema awgp".to_owned(),
            message: format!(
                "version {} has made the structure{}, the library of this session is {VERSION}",
                newer.version,
                newer.migration.map(|name| format!(", with {name}")).unwrap_or_default()
            ),
            hint: of_version(&newer.version),
        }),
    }
    findings
}

/// After an update of the files, or after restoring an old dump under a newer version.
fn migration_due(due: &[&str]) -> Finding {
    let first = due.first().copied().unwrap_or_default();
    Finding {
        code: "migration_due",
        severity: "error",
        object: "schema awgp".to_owned(),
        message: format!("migrations or scripts that are not applied: {}; the first is {first}", due.len()),
        hint: "SELECT awgp.migrate();".to_owned(),
    }
}

/// Somebody has changed the row, or has applied another text under this name.
fn migration_changed(name: &'static str) -> Finding {
    Finding {
        code: "migration_changed",
        severity: "error",
        object: name.to_owned(),
        message: "the text that was applied is not the one of this library".to_owned(),
        hint: format!(
            "SELECT checksum, extension_version, applied_at FROM awgp.schema_migrations WHERE name = '{name}';"
        ),
    }
}

/// The extension in this database has another version than the library.
pub fn extension() -> Option<Finding> {
    let version = install::extension_version()?;
    let newest = release::newest([version.as_str(), VERSION])?;
    let hint = match version.as_str() {
        VERSION => return None,
        version if version == newest => of_version(version),
        _ => "ALTER EXTENSION awgp UPDATE;".to_owned(),
    };
    Some(Finding {
        code: "version_differs",
        severity: "error",
        object: "extension awgp".to_owned(),
        message: format!("the extension has version {version}, the library of this session {VERSION}"),
        hint,
    })
}

/// A session keeps the library that it has loaded, so an old session shows this after every update.
fn of_version(version: &str) -> String {
    format!(
        "Reconnect. If a new session finds it too, install the package of version {version} or later, restart a server \
         that preloads awgp, then: SELECT awgp.version();"
    )
}
