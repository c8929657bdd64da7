//! How long this backend waits for locks on tables, for a while.

use pgrx::pg_sys;
use std::ffi::{CStr, CString};

/// While it lives, a lock on a table that is not free within the time is an error (55P03 or 40P01).
///
/// After an error nothing is to be put back: the end of the (sub)transaction does it.
pub struct Patience {
    level: i32,
}

/// Where two wait for each other, who looks first is the one who gives way: long before an application would.
const DEADLOCK_LOOK_MILLISECONDS: u32 = 50;

impl Patience {
    /// Waits at most this long for a lock, and gives way at once to whoever waits for what this backend holds.
    pub fn of_milliseconds(milliseconds: u32) -> Self {
        // SAFETY: two settings of waiting alone, put back in Drop or by the abort of the (sub)transaction.
        let level = unsafe { pg_sys::NewGUCNestLevel() };
        set(c"lock_timeout", milliseconds);
        set(c"deadlock_timeout", DEADLOCK_LOOK_MILLISECONDS);
        Self { level }
    }
}

impl Patience {
    /// Waits at most this long for a lock, as `lock_timeout` would.
    pub fn of_waiting(milliseconds: u32) -> Self {
        // SAFETY: as above.
        let level = unsafe { pg_sys::NewGUCNestLevel() };
        set(c"lock_timeout", milliseconds);
        Self { level }
    }
}

fn set(name: &CStr, milliseconds: u32) {
    let value = CString::new(milliseconds.to_string()).unwrap_or_default();
    // SAFETY: two C strings. deadlock_timeout is a superuser's: whom it harms is this backend.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_SUSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SAVE,
            true,
            0,
            false,
        );
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: the level of its beginning.
            unsafe { pg_sys::AtEOXact_GUC(false, self.level) };
        }
    }
}
