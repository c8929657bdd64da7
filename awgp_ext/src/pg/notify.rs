//! NOTIFY: sent to listeners when the transaction commits.

use pgrx::pg_sys;
use std::ffi::{CStr, CString, c_char};

/// Notifies `channel`. Notifications reach the whole database, so a payload is an id and nothing that anybody said. A
/// transaction that is prepared cannot notify.
pub fn notify(channel: &CStr, payload: &str) {
    // commands/async.h is not among the headers that pgrx binds.
    unsafe extern "C-unwind" {
        fn Async_Notify(channel: *const c_char, payload: *const c_char);
    }
    let payload = CString::new(payload).unwrap_or_default();
    // SAFETY: both are C strings, which the server copies; the guard carries an error across our frames.
    unsafe {
        pg_sys::ffi::pg_guard_ffi_boundary(|| Async_Notify(channel.as_ptr(), payload.as_ptr()));
    }
}
