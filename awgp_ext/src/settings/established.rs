//! What a superuser has set is in force, whatever a client passes when it connects.
//!
//! Before the library is loaded the names of its parameters are placeholders, which every client may set. A value that a
//! client passes when it connects (PGOPTIONS) takes the place of what configuration file, database and role say; the
//! definition then refuses it for want of privilege, and what is left is the default. What stood there before, the server
//! has forgotten. So where any parameter had a value before the library came, all of them are read again from where they
//! are written, when the first of them is asked for. A server that preloads the library knows the parameters from its start
//! and refuses such a client.
//!
//! Failure handling: what cannot be established is not taken for the default. The mode then is signed, and whoever asks for
//! another parameter gets `settings_unknown`.

use awgp_core::server_command::gives_parameter;
use pgrx::pg_sys::{self, Datum, GucContext, GucSource};
use std::cell::Cell;
use std::ffi::{CStr, CString, OsStr, c_char};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Every parameter that only a superuser sets, or the configuration file.
const NAMES: &[&CStr] = &[
    c"awgp.context_mode",
    c"awgp.audit_event_max",
    c"awgp.audit_lane_timeout",
    c"awgp.audit_lanes",
    c"awgp.audit_mask",
    c"awgp.audit_notify",
    c"awgp.audit_retention",
    c"awgp.audit_retention_short",
    c"awgp.approvals_notify",
    c"awgp.conversation_retention",
    c"awgp.accounting_time",
    c"awgp.maintenance_databases",
    c"awgp.maintenance_interval",
    c"awgp.maintenance_role",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Knowledge {
    /// The values in force are those that may be.
    Known,
    /// A name had a value before the library came.
    Doubtful,
    /// They are being read, or could not be.
    Unknown,
}

thread_local! {
    static KNOWLEDGE: Cell<Knowledge> = const { Cell::new(Knowledge::Known) };
}

/// Before the parameters are declared: looks whether a value stands under one of their names.
pub fn look_for_placeholders() {
    // SAFETY: reads a flag of this process.
    let preloading = unsafe { pg_sys::process_shared_preload_libraries_in_progress };
    // SAFETY: names are C strings; with missing_ok, no error. The reset value is asked for only where there is a placeholder.
    let stands = |name: &&CStr| unsafe {
        !pg_sys::GetConfigOption(name.as_ptr(), true, false).is_null()
            && !pg_sys::GetConfigOptionResetString(name.as_ptr()).is_null()
    };
    if !preloading && NAMES.iter().any(stands) {
        KNOWLEDGE.set(Knowledge::Doubtful);
    }
}

/// True where the parameters have the values that a superuser gave them, or their defaults where none did.
pub fn are_known() -> bool {
    match KNOWLEDGE.get() {
        Knowledge::Known => true,
        Knowledge::Unknown => false,
        // SAFETY: reads the transaction's state. Catalogs are read inside of one, and nothing is set in parallel mode.
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

/// While it lives, what is asked is answered strictly; after an error the next one who asks reads again.
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

/// A value and where it is written.
struct Written {
    source: GucSource::Type,
    value: CString,
}

/// Reads and sets all of them; false where one cannot be.
fn establish() -> bool {
    if command_line_names_one() {
        return false;
    }
    let Some(mut written) = written() else { return false };
    // The weakest first: each that follows takes its place.
    written.sort_by_key(|(_, written)| written.source);
    written.iter().all(|(name, Written { source, value })| {
        // SAFETY: C strings; the server copies the value. The context is that of the configuration file, which may set
        // any of them. A value that a privileged client has passed ranks above and stays: the answer then is negative.
        let set = unsafe {
            pg_sys::set_config_option(
                name.as_ptr(),
                value.as_ptr(),
                GucContext::PGC_SIGHUP,
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

/// What files, database and role say; none where it cannot be read.
fn written() -> Option<Vec<(&'static CStr, Written)>> {
    let mut found = in_files()?;
    found.extend(in_catalog());
    let of_ours = |(name, written): (CString, Written)| {
        let ours = NAMES.iter().find(|ours| ours.to_bytes().eq_ignore_ascii_case(name.to_bytes()))?;
        Some((*ours, written))
    };
    Some(found.into_iter().filter_map(of_ours).collect())
}

/// The server's configuration file with all that it includes, and what ALTER SYSTEM has written; the last of a name counts.
fn in_files() -> Option<Vec<(CString, Written)>> {
    let mut found = Vec::new();
    // SAFETY: as guc-file.l reads them; the list is the server's and stays until the transaction ends.
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

/// `ALTER DATABASE … SET` and `ALTER ROLE … SET`, for this database and for whoever has logged in.
fn in_catalog() -> Vec<(CString, Written)> {
    // catalog/pg_db_role_setting.h is not among the headers that pgrx binds.
    const PG_DB_ROLE_SETTING: u32 = 2964;
    const SETDATABASE: NonZeroUsize = NonZeroUsize::MIN;
    const SETROLE: NonZeroUsize = SETDATABASE.saturating_add(1);
    const SETCONFIG: NonZeroUsize = SETROLE.saturating_add(1);
    let mut found = Vec::new();
    // SAFETY: a scan of a shared catalog without its index, since it has a row for each such ALTER; columns as the catalog
    // has them: setdatabase, setrole, setconfig. Lock and scan are released here, or when the transaction ends.
    unsafe {
        let (database, login) = (pg_sys::MyDatabaseId.to_u32(), pg_sys::GetAuthenticatedUserId().to_u32());
        let lock = pg_sys::AccessShareLock.cast_signed();
        let relation = pg_sys::table_open(pg_sys::Oid::from(PG_DB_ROLE_SETTING), lock);
        let (snapshot, keys) = (std::ptr::null_mut(), std::ptr::null_mut());
        let scan = pg_sys::systable_beginscan(relation, pg_sys::InvalidOid, false, snapshot, 0, keys);
        loop {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() {
                break;
            }
            let column = |number| pgrx::htup::heap_getattr_raw(tuple, number, (*relation).rd_att);
            let oid = |number| column(number).map_or(0, |datum| datum.value() as u32);
            let source = match (oid(SETDATABASE), oid(SETROLE)) {
                (0, 0) => Some(GucSource::PGC_S_GLOBAL),
                (of, 0) if of == database => Some(GucSource::PGC_S_DATABASE),
                (0, of) if of == login => Some(GucSource::PGC_S_USER),
                (of, by) if of == database && by == login => Some(GucSource::PGC_S_DATABASE_USER),
                _ => None,
            };
            if let (Some(source), Some(entries)) = (source, column(SETCONFIG)) {
                found.extend(texts(entries).iter().filter_map(|entry| assignment(entry, source)));
            }
        }
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, lock);
    }
    found
}

/// The elements of a text[], as they are stored.
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

/// `name=value`, taken apart.
fn assignment(entry: &CStr, source: GucSource::Type) -> Option<(CString, Written)> {
    let (name, value) = entry.to_str().ok()?.split_once('=')?;
    Some((CString::new(name).ok()?, Written { source, value: CString::new(value).ok()? }))
}

/// True where the command that started the server gives one of the parameters, or where that cannot be told: such a value is
/// in no file and in no catalog.
fn command_line_names_one() -> bool {
    // SAFETY: a C string that the postmaster has set.
    let folder = unsafe { CStr::from_ptr(pg_sys::DataDir) };
    let path = Path::new(OsStr::from_bytes(folder.to_bytes())).join("postmaster.opts");
    std::fs::read(path).map_or(true, |command| gives_parameter(&String::from_utf8_lossy(&command), "awgp."))
}
