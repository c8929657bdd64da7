//! Configuration parameters of the server, set for a while.

use pgrx::pg_sys;
use std::ffi::{CStr, CString};

/// While it lives, parameters have other values.
///
/// After an error nothing is to be put back: the end of the (sub)transaction does it.
#[must_use = "what nobody keeps is put back at once"]
pub struct Setting {
    level: i32,
}

impl Setting {
    /// Sets each parameter that has another value. Callers set what harms this backend alone, so whether the role may is
    /// not asked.
    pub fn of(parameters: &[(&CStr, &CStr)]) -> Self {
        // SAFETY: C strings; values get a nesting level of their own, which Drop or the end of the (sub)transaction leaves.
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

    /// The same, and gives way at once (40P01) to whoever waits for what this backend holds: where two wait for each other,
    /// who looks first is the one that gives way, long before an application would.
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
            // SAFETY: the level of its beginning.
            unsafe { pg_sys::AtEOXact_GUC(false, self.level) };
        }
    }
}
