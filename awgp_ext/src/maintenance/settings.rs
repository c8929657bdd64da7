//! The parameters `awgp.maintenance_*` of the background worker.
//!
//! They belong to the server's configuration, because the launcher, which reads them, is connected to no
//! database.

use crate::pg::parameter::{self, of_server};
use awgp_core::name_list;
use pgrx::{GucFlags, GucSetting, pg_sys};
use std::ffi::{CString, c_char, c_void};
use std::time::Duration;

static DATABASES: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
static INTERVAL: GucSetting<i32> = GucSetting::<i32>::new(60);
static ROLE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c"awgp_maintainer"));

/// The databases that the background worker maintains.
pub fn databases() -> Vec<String> {
    let names = DATABASES.get();
    let names = names.as_ref().map(|names| names.to_string_lossy()).unwrap_or_default();
    // The check hook has accepted it.
    name_list::parse(&names).unwrap_or_default()
}

/// The pause between two runs in a database.
pub fn interval() -> Duration {
    Duration::from_secs(u64::try_from(INTERVAL.get()).unwrap_or(60))
}

/// The role that the background worker runs the steps as.
pub fn role() -> String {
    ROLE.get().map_or_else(String::new, |role| role.to_string_lossy().into_owned())
}

/// Declares the parameters.
pub fn define() {
    of_server(
        c"awgp.maintenance_databases",
        c"Databases that the background worker maintains.",
        c"A list of names separated by commas. Put a name that contains a comma or a quote in double quotes. Empty means no database.",
    )
    .text(&DATABASES, Some(check_databases), None);
    of_server(
        c"awgp.maintenance_interval",
        c"Pause between two maintenance runs of the background worker in a database.",
        c"Measured from the end of one run to the start of the next.",
    )
    .in_units_of(GucFlags::UNIT_S)
    .integer(&INTERVAL, 1, 86_400);
    of_server(
        c"awgp.maintenance_role",
        c"Role that the background worker runs maintenance as.",
        c"It must be awgp_maintainer or a member of it. It does not need the LOGIN attribute.",
    )
    .text(&ROLE, None, None);
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn check_databases(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: passed by the server.
    unsafe { parameter::check(value, |names| name_list::parse(names).is_ok()) }
}
