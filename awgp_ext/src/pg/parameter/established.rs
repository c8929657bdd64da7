//! The values that a superuser has set are in force, whatever a client passes when it connects.
//!
//! Before the library is loaded, the names of its parameters are placeholders, which any client may set. A
//! value that a client passes when it connects (PGOPTIONS) replaces the value of the configuration file,
//! database or role. When the library then defines the parameter, the server rejects the client's value for
//! lack of privilege and falls back to the default: the value that was replaced is lost. So where any
//! parameter had a value before the library was loaded, all of them are read again from the files and the
//! catalog, when the first of them is asked for. A server that preloads the library knows the parameters from
//! its start and rejects such a client.
//!
//! Failure handling: a value that cannot be established is not replaced by the default. A caller gets the
//! error `settings_unknown`, or checks [`are_known`] first and applies the strictest rule.

use crate::pg::scan;
use awgp_core::server_command::gives_parameter;
use pgrx::pg_sys::{self, Datum, GucSource};
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Knowledge {
    /// The values in force are the right ones.
    Known,
    /// A parameter had a value before the library was loaded.
    Doubtful,
    /// The values are being read, or could not be read.
    Unknown,
}

thread_local! {
    /// The parameters that only a superuser or the configuration file sets.
    static NAMES: RefCell<Vec<&'static CStr>> = const { RefCell::new(Vec::new()) };
    static KNOWLEDGE: Cell<Knowledge> = const { Cell::new(Knowledge::Known) };
}

/// Called before a parameter is defined: remembers its name, and whether a value is already set for it.
pub fn remember(name: &'static CStr) {
    NAMES.with_borrow_mut(|names| names.push(name));
    // SAFETY: reads a flag of this process.
    let preloading = unsafe { pg_sys::process_shared_preload_libraries_in_progress };
    // SAFETY: the name is a C string; with missing_ok there is no error. The reset value is asked for only
    // where a placeholder exists.
    let stands = unsafe {
        !pg_sys::GetConfigOption(name.as_ptr(), true, false).is_null()
            && !pg_sys::GetConfigOptionResetString(name.as_ptr()).is_null()
    };
    if !preloading && stands {
        KNOWLEDGE.set(Knowledge::Doubtful);
    }
}

/// True where the parameters have the values that a superuser gave them, or else their defaults.
pub fn are_known() -> bool {
    match KNOWLEDGE.get() {
        Knowledge::Known => true,
        Knowledge::Unknown => false,
        // SAFETY: reads the transaction's state. The catalog can be read only in a transaction, and parallel
        // mode forbids setting parameters.
        Knowledge::Doubtful if unsafe { !pg_sys::IsTransactionState() || pg_sys::IsInParallelMode() } => {
            false
        }
        Knowledge::Doubtful => {
            let _reading = Reading::begin();
            let known = establish();
            KNOWLEDGE.set(if known { Knowledge::Known } else { Knowledge::Unknown });
            known
        }
    }
}

/// While it lives, the values count as unknown. After an error, the next caller reads them again.
struct Reading;

impl Reading {
    fn begin() -> Self {
        KNOWLEDGE.set(Knowledge::Unknown);
        Self
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if std::thread::panicking() {
            KNOWLEDGE.set(Knowledge::Doubtful);
        }
    }
}

/// A value and its source.
struct Written {
    source: GucSource::Type,
    value: CString,
}

/// Reads and sets all of them; false where one cannot be read or set.
fn establish() -> bool {
    if command_line_names_one() {
        return false;
    }
    let Some(mut written) = written() else { return false };
    // The weakest source first: each later one replaces it.
    written.sort_by_key(|(_, written)| written.source);
    written.iter().all(|(name, Written { source, value })| {
        // SAFETY: C strings; the server copies the value. The context is that of the configuration file,
        // which may set all of them. A value passed by a privileged client ranks higher and stays; the
        // function then answers false.
        let set = unsafe {
            pg_sys::set_config_option(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_SIGHUP,
                *source,
                pg_sys::GucAction::GUC_ACTION_SET,
                true,
                pg_sys::WARNING.cast_signed(),
                false,
            )
        };
        set != 0
    })
}

/// The values in files and catalog; None where they cannot be read.
fn written() -> Option<Vec<(&'static CStr, Written)>> {
    let mut found = in_files()?;
    found.extend(in_catalog());
    let of_ours = |(name, written): (CString, Written)| {
        let is_same = |ours: &&&CStr| ours.to_bytes().eq_ignore_ascii_case(name.to_bytes());
        let ours = NAMES.with_borrow(|names| names.iter().find(is_same).copied())?;
        Some((ours, written))
    };
    Some(found.into_iter().filter_map(of_ours).collect())
}

/// The configuration file with the files it includes, and postgresql.auto.conf. Of a repeated name the last
/// counts.
fn in_files() -> Option<Vec<(CString, Written)>> {
    let mut found = Vec::new();
    // SAFETY: read as guc-file.l reads them; the server owns the list until the transaction ends.
    unsafe {
        let (mut head, mut tail) = (std::ptr::null_mut(), std::ptr::null_mut());
        for (file, must_exist) in
            [(pg_sys::ConfigFileName.cast_const(), true), (pg_sys::PG_AUTOCONF_FILENAME.as_ptr(), false)]
        {
            let quiet = pg_sys::DEBUG2.cast_signed();
            let none: *const c_char = std::ptr::null();
            if !pg_sys::ParseConfigFile(file, must_exist, none, 0, 0, quiet, &raw mut head, &raw mut tail) {
                return None;
            }
        }
        let mut next: *mut pg_sys::ConfigVariable = head;
        while let Some(variable) = next.as_ref() {
            if !variable.name.is_null() && !variable.value.is_null() {
                let value = CStr::from_ptr(variable.value).to_owned();
                let written = Written { source: GucSource::PGC_S_FILE, value };
                found.push((CStr::from_ptr(variable.name).to_owned(), written));
            }
            next = variable.next;
        }
    }
    Some(found)
}

/// `ALTER DATABASE … SET` and `ALTER ROLE … SET`, for this database and the role that logged in.
fn in_catalog() -> Vec<(CString, Written)> {
    // pgrx does not bind catalog/pg_db_role_setting.h.
    const PG_DB_ROLE_SETTING: u32 = 2964;
    let mut found = Vec::new();
    // SAFETY: reads this process's own state.
    let (database, login) = unsafe { (pg_sys::MyDatabaseId, pg_sys::GetAuthenticatedUserId()) };
    let any = pg_sys::InvalidOid;
    // Scanned without its index: the catalog has one row for each such setting, so it is small.
    scan::whole(pg_sys::Oid::from(PG_DB_ROLE_SETTING), |row| {
        let source = match (row.oid(c"setdatabase"), row.oid(c"setrole")) {
            (Some(of), Some(by)) if (of, by) == (any, any) => Some(GucSource::PGC_S_GLOBAL),
            (Some(of), Some(by)) if (of, by) == (database, any) => Some(GucSource::PGC_S_DATABASE),
            (Some(of), Some(by)) if (of, by) == (any, login) => Some(GucSource::PGC_S_USER),
            (Some(of), Some(by)) if (of, by) == (database, login) => Some(GucSource::PGC_S_DATABASE_USER),
            _ => None,
        };
        if let (Some(source), Some(entries)) = (source, row.datum(c"setconfig")) {
            // SAFETY: a text[] without NULL.
            let entries = unsafe { texts(entries) };
            found.extend(entries.iter().filter_map(|entry| assignment(entry, source)));
        }
    });
    found
}

/// The elements of a text[], in the server's encoding.
unsafe fn texts(array: Datum) -> Vec<CString> {
    let (mut elements, mut count) = (std::ptr::null_mut(), 0);
    // SAFETY: a text[] without NULL; its elements are copied.
    unsafe {
        let array = pg_sys::pg_detoast_datum(array.cast_mut_ptr()).cast::<pg_sys::ArrayType>();
        let align = pg_sys::TYPALIGN_INT.cast_signed();
        let nulls = std::ptr::null_mut();
        pg_sys::deconstruct_array(
            array,
            pg_sys::TEXTOID,
            -1,
            false,
            align,
            &raw mut elements,
            nulls,
            &raw mut count,
        );
        let text =
            |place| CStr::from_ptr(pg_sys::text_to_cstring((*elements.add(place)).cast_mut_ptr())).to_owned();
        (0..usize::try_from(count).unwrap_or(0)).map(text).collect()
    }
}

/// Splits `name=value`.
fn assignment(entry: &CStr, source: GucSource::Type) -> Option<(CString, Written)> {
    let (name, value) = entry.to_str().ok()?.split_once('=')?;
    Some((CString::new(name).ok()?, Written { source, value: CString::new(value).ok()? }))
}

/// True where the command that started the server sets one of the parameters, or where that cannot be told:
/// such a value is in no file and in no catalog.
fn command_line_names_one() -> bool {
    // SAFETY: a C string set by the postmaster.
    let folder = unsafe { CStr::from_ptr(pg_sys::DataDir) };
    let path = Path::new(OsStr::from_bytes(folder.to_bytes())).join("postmaster.opts");
    std::fs::read(path).map_or(true, |command| gives_parameter(&String::from_utf8_lossy(&command), "awgp."))
}
