//! Configuration parameters of the server, set for a limited time.

use pgrx::pg_sys;
use std::ffi::{CStr, CString};

/// While it lives, parameters have other values.
///
/// After an error nothing has to be restored here: the end of the (sub)transaction does it.
#[must_use = "a guard that is dropped restores the values at once"]
pub struct Setting {
    level: i32,
}

impl Setting {
    /// Sets each parameter whose value differs. The role's privileges are not checked: callers set only what
    /// affects this backend alone.
    pub fn of(parameters: &[(&CStr, &CStr)]) -> Self {
        // SAFETY: C strings. The values get a nesting level of their own, which Drop or the end of the
        // (sub)transaction leaves.
        unsafe {
            let level = pg_sys::NewGUCNestLevel();
            for (name, value) in parameters {
                let present = pg_sys::GetConfigOption(name.as_ptr(), true, false);
                if !present.is_null() && CStr::from_ptr(present) == *value {
                    continue;
                }
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
            Self { level }
        }
    }

    /// Waits at most this long for a lock (55P03), as `lock_timeout` would.
    pub fn lock_timeout(milliseconds: u32) -> Self {
        Self::of(&[(c"lock_timeout", &text(milliseconds))])
    }

    /// The same, and checks for a deadlock after 50 ms. In a deadlock the session that checks first fails
    /// (40P01), so this backend gives way long before an application does.
    pub fn giving_way(milliseconds: u32) -> Self {
        Self::of(&[(c"lock_timeout", &text(milliseconds)), (c"deadlock_timeout", c"50")])
    }
}

fn text(milliseconds: u32) -> CString {
    CString::new(milliseconds.to_string()).unwrap_or_default()
}

impl Drop for Setting {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: the level that NewGUCNestLevel returned.
            unsafe { pg_sys::AtEOXact_GUC(false, self.level) };
        }
    }
}
