//! The finding that tells whether the server maintains this database automatically; always reported.

use super::finding::Finding;
use crate::maintenance::settings as maintenance;
use crate::pg::query;
use awgp_core::counted::counted;
use awgp_core::name_list;
use pgrx::pg_sys;
use std::ffi::CStr;

/// Whether the server preloads the library, and whether its background worker maintains this database.
pub fn preload() -> Finding {
    let database: Option<String> = query::one("SELECT current_database()::text", &[]).ok().flatten();
    let database = database.unwrap_or_default();
    let maintained = maintenance::databases();
    let (message, hint) = if !is_preloaded() {
        (
            "awgp is not preloaded, so there is no background worker: run `awgp maintenance run` daily"
                .to_owned(),
            "ALTER SYSTEM SET shared_preload_libraries = 'awgp'; -- added to the present value; then restart the server"
                .to_owned(),
        )
    } else if maintained.contains(&database) {
        (
            format!(
                "awgp is preloaded, and its background worker maintains this database every {}",
                counted(maintenance::interval().as_secs(), "second")
            ),
            "SELECT * FROM awgp.maintenance_steps;".to_owned(),
        )
    } else {
        (
            "awgp is preloaded, but its background worker does not maintain this database: \
             run `awgp maintenance run` daily"
                .to_owned(),
            name_too(maintained, database),
        )
    };
    Finding {
        code: "preload",
        severity: "info",
        object: "shared_preload_libraries".to_owned(),
        message,
        hint,
    }
}

/// The commands that make the worker maintain this database in addition to the others.
fn name_too(mut maintained: Vec<String>, database: String) -> String {
    maintained.push(database);
    let names: Vec<String> = maintained.iter().map(|name| name_list::quoted(name)).collect();
    let names = names.join(", ").replace('\'', "''");
    format!("ALTER SYSTEM SET awgp.maintenance_databases = '{names}'; SELECT pg_reload_conf();")
}

/// True where `shared_preload_libraries` names the library.
fn is_preloaded() -> bool {
    // SAFETY: a C string set by the postmaster before the first backend, or null; constant since then.
    let libraries = unsafe {
        let text = pg_sys::shared_preload_libraries_string;
        if text.is_null() { String::new() } else { CStr::from_ptr(text).to_string_lossy().into_owned() }
    };
    libraries.split(',').any(|library| library.trim_matches([' ', '"']).ends_with("awgp"))
}
