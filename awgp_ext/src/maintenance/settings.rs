//! What the background worker is told: the parameters `awgp.maintenance_*`.
//!
//! They belong to the server's configuration: the launcher, which reads them, belongs to no database.

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
    // The check hook has seen it.
    name_list::parse(&names).unwrap_or_default()
}

/// How long a database is left alone between two runs.
pub fn interval() -> Duration {
    Duration::from_secs(u64::try_from(INTERVAL.get()).unwrap_or(60))
}

/// The role as which the background worker runs the steps.
pub fn role() -> String {
    ROLE.get().map_or_else(String::new, |role| role.to_string_lossy().into_owned())
}

/// Declares the parameters.
pub fn define() {
    of_server(
        c"awgp.maintenance_databases",
        c"The databases that the background worker maintains.",
        c"Names separated by commas, as they are; one with a comma or a quote in it stands in double quotes. Empty: no database.",
    )
    .text(&DATABASES, Some(check_databases), None);
    of_server(
        c"awgp.maintenance_interval",
        c"How long the background worker leaves a database alone between two runs.",
        c"From the end of one to the beginning of the next.",
    )
    .in_units_of(GucFlags::UNIT_S)
    .integer(&INTERVAL, 1, 86_400);
    of_server(
        c"awgp.maintenance_role",
        c"The role as which the background worker runs the steps of maintenance.",
        c"A member of awgp_maintainer, or that role itself. It need not be able to log in.",
    )
    .text(&ROLE, None, None);
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn check_databases(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: as the server passed it.
    unsafe { parameter::check(value, |names| name_list::parse(names).is_ok()) }
}
