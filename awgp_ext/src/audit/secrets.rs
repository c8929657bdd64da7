//! The secrets that must not enter the audit trail: the names of `awgp.audit_mask`, with the answers kept per
//! column.

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
    /// None until first used, and after the setting changes.
    static REMEMBERED: RefCell<Option<Remembered>> = const { RefCell::new(None) };
}

static PATTERNS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

/// The patterns of names whose values never enter the audit trail.
fn patterns() -> String {
    known(&PATTERNS).map_or_else(|| DEFAULT_PATTERNS.to_owned(), |names| names.to_string_lossy().into_owned())
}

/// Declares the parameter; `on_change` is called whenever its value changes.
pub fn define(on_change: Assign) {
    of_superuser(
        c"awgp.audit_mask",
        c"Columns and JSON keys whose values never enter the audit trail.",
        c"A list of names separated by commas. * at the beginning or end matches any text; case, _ and - are ignored. Unset, a built-in list of common names for secrets is used.",
    )
    .text(&PATTERNS, Some(check_patterns), Some(on_change));
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn check_patterns(
    value: *mut *mut c_char,
    _extra: *mut *mut c_void,
    _source: pg_sys::GucSource::Type,
) -> bool {
    // SAFETY: passed by the server.
    unsafe { parameter::check(value, |names| SecretNames::parse(names).is_ok()) }
}

/// The parameter has another value.
pub fn forget() {
    REMEMBERED.with_borrow_mut(|remembered| *remembered = None);
}

fn with_remembered<T>(ask: impl FnOnce(&mut Remembered) -> T) -> T {
    // Not borrowed while the setting is read: reading it may change it, which calls forget().
    if REMEMBERED.with_borrow(Option::is_none) {
        // The value was checked when it was set. If it still cannot be parsed, the default list is used.
        let names = SecretNames::parse(&patterns()).unwrap_or_default();
        REMEMBERED.set(Some(Remembered { names, columns: HashMap::new() }));
    }
    REMEMBERED.with_borrow_mut(|remembered| {
        ask(remembered
            .get_or_insert_with(|| Remembered { names: SecretNames::default(), columns: HashMap::new() }))
    })
}

/// True where values of a column with this name are masked.
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

/// True where values of a JSON key with this name, in the server's encoding, are masked. Keys are not cached:
/// there may be any number of them.
pub fn is_secret_key(key: &[u8]) -> bool {
    with_remembered(|remembered| remembered.names.matches(&bytes_from_server(key)))
}

/// JSON text with the values of secret keys masked; None where there are no such keys. For json that jsonb
/// cannot hold.
pub fn mask_keys(json: &str) -> Option<String> {
    with_remembered(|remembered| mask(json, &remembered.names))
}
