//! The parameters of notices.

use crate::pg::parameter::{self, known, of_superuser};
use awgp_core::notices::settings::target_list;
use pgrx::{GucSetting, pg_sys};
use std::ffi::{CString, c_char, c_void};

static DOCTOR_TARGETS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
static RETENTION: GucSetting<i32> = GucSetting::<i32>::new(30);

/// Where notices of the installation go.
pub fn of_installation() -> Vec<String> {
    let names = known(&DOCTOR_TARGETS);
    let names = names.as_ref().map(|names| names.to_string_lossy()).unwrap_or_default();
    // The check hook has accepted it.
    target_list(&names).unwrap_or_default()
}

/// How many days a notice is kept.
pub fn retention_days() -> i32 {
    known(&RETENTION)
}

/// Declares the parameters.
pub fn define() {
    of_superuser(
        c"awgp.doctor_targets",
        c"Targets of `awgp notify` that are told of new errors that the doctor finds.",
        c"A list of names separated by commas. Empty means that nobody is told.",
    )
    .text(&DOCTOR_TARGETS, Some(check_targets), None);
    of_superuser(
        c"awgp.notice_retention",
        c"Number of days that a notice is kept.",
        c"A delivered notice or a dead letter is deleted then, and one that still waits becomes a dead letter.",
    )
    .integer(&RETENTION, 1, 3_650);
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn check_targets(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: passed by the server.
    unsafe { parameter::check(value, |names| target_list(names).is_some()) }
}
