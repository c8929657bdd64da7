//! NOTIFY: sent to listeners when the transaction commits.

use pgrx::pg_sys;
use std::ffi::{CStr, CString, c_char};

/// Notifies `channel`. Notifications reach the whole database, so the payload is an id, never content. A
/// transaction with a notification cannot be prepared.
pub fn notify(channel: &CStr, payload: &str) {
    // pgrx does not bind commands/async.h.
    unsafe extern "C-unwind" {
        fn Async_Notify(channel: *const c_char, payload: *const c_char);
    }
    let payload = CString::new(payload).unwrap_or_default();
    // SAFETY: the server copies both C strings; the guard carries an error across Rust frames.
    unsafe {
        pg_sys::ffi::pg_guard_ffi_boundary(|| Async_Notify(channel.as_ptr(), payload.as_ptr()));
    }
}
