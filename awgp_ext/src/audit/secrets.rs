//! What must not enter the trail: the names of `awgp.audit_mask`, remembered per column.

use crate::pg::encoding::bytes_from_server;
use crate::pg::parameter::{self, Assign, known, of_superuser};
use awgp_core::audit::mask::{DEFAULT_PATTERNS, SecretNames, mask};
use pgrx::{GucSetting, pg_sys};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CString, c_char, c_void};

struct Remembered {
    names: SecretNames,
    columns: HashMap<String, bool>,
}

thread_local! {
    /// None until it is asked for, and again whenever the setting changes.
    static REMEMBERED: RefCell<Option<Remembered>> = const { RefCell::new(None) };
}

static PATTERNS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

/// The names whose values never enter the trail.
fn patterns() -> String {
    known(&PATTERNS).map_or_else(|| DEFAULT_PATTERNS.to_owned(), |names| names.to_string_lossy().into_owned())
}

/// Declares the parameter; `on_change` is called whenever it takes another value.
pub fn define(on_change: Assign) {
    of_superuser(
        c"awgp.audit_mask",
        c"Names of columns and JSON keys whose values never enter the audit trail.",
        c"Separated by commas; * at the beginning or end stands for anything; case, _ and - do not count. Unset: a list of the usual secrets.",
    )
    .text(&PATTERNS, Some(check_patterns), Some(on_change));
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn check_patterns(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: as the server passed it.
    unsafe { parameter::check(value, |names| SecretNames::parse(names).is_ok()) }
}

/// The parameter takes another value.
pub fn forget() {
    REMEMBERED.with_borrow_mut(|remembered| *remembered = None);
}

fn with_remembered<T>(ask: impl FnOnce(&mut Remembered) -> T) -> T {
    // Not borrowed while the setting is read, which may set it.
    if REMEMBERED.with_borrow(Option::is_none) {
        // It was checked when it was set; if it cannot be read all the same, the default masks.
        let names = SecretNames::parse(&patterns()).unwrap_or_default();
        REMEMBERED.set(Some(Remembered { names, columns: HashMap::new() }));
    }
    REMEMBERED.with_borrow_mut(|remembered| {
        ask(remembered
            .get_or_insert_with(|| Remembered { names: SecretNames::default(), columns: HashMap::new() }))
    })
}

/// True where the value of a column of this name is masked.
pub fn is_secret_column(name: &str) -> bool {
    with_remembered(|remembered| match remembered.columns.get(name) {
        Some(secret) => *secret,
        None => {
            let secret = remembered.names.matches(name);
            remembered.columns.insert(name.to_owned(), secret);
            secret
        }
    })
}

/// True where the value of a JSON key of this name, in the server's encoding, is masked. Keys are not remembered: there may
/// be any number of them.
pub fn is_secret_key(key: &[u8]) -> bool {
    with_remembered(|remembered| remembered.names.matches(&bytes_from_server(key)))
}

/// JSON text with its secret keys masked; none where there are none. For what no jsonb holds.
pub fn mask_keys(json: &str) -> Option<String> {
    with_remembered(|remembered| mask(json, &remembered.names))
}
