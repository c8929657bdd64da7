//! Where the value of a parameter that anybody may set comes from.

use pgrx::pg_sys::{self, GucSource, config_generic};
use std::ffi::CStr;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The default, the configuration file, or a setting of database or role.
    Administrator,
    /// The running transaction has set it, and has not taken it back.
    Transaction,
    /// The client that connected, or an earlier transaction of this connection.
    Session,
}

/// Where the present value comes from.
pub fn origin(name: &CStr) -> Origin {
    let Some(variable) = find(name) else { return Origin::Session };
    // A change within a transaction, by SET, SET LOCAL or a function's SET clause, keeps the former value on
    // the variable's stack until the transaction ends; ROLLBACK TO takes it off.
    if !variable.stack.is_null() {
        Origin::Transaction
    } else if variable.source < GucSource::PGC_S_CLIENT {
        Origin::Administrator
    } else {
        Origin::Session
    }
}

#[cfg(feature = "pg15")]
fn find(name: &CStr) -> Option<&'static config_generic> {
    // SAFETY: the server's own list, of as many variables as it says; each lives as long as the backend.
    unsafe {
        let count = usize::try_from(pg_sys::GetNumConfigOptions()).unwrap_or(0);
        let variables = std::slice::from_raw_parts(pg_sys::get_guc_variables(), count);
        let is_it = |variable: &&*mut config_generic| {
            CStr::from_ptr((***variable).name).to_bytes().eq_ignore_ascii_case(name.to_bytes())
        };
        variables.iter().find(is_it).and_then(|variable| variable.as_ref())
    }
}

#[cfg(not(feature = "pg15"))]
fn find(name: &CStr) -> Option<&'static config_generic> {
    // SAFETY: a C string; makes no placeholder and raises nothing. A variable lives as long as the backend.
    unsafe { pg_sys::find_option(name.as_ptr(), false, true, pg_sys::DEBUG5.cast_signed()).as_ref() }
}
