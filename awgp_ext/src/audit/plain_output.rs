//! Values as text, whatever the session has set.
//!
//! A session may round floats (extra_float_digits), and choose how intervals, bytea and timestamptz inside of
//! arrays, rows and ranges are printed. What the trail stores must not depend on it, least of all lose digits.

use pgrx::pg_sys;
use std::ffi::CStr;

/// While it lives, values are printed in one way. After an error the abort of the (sub)transaction puts the
/// session's settings back.
pub struct PlainOutput {
    level: i32,
}

const SETTINGS: [(&CStr, &CStr); 5] = [
    (c"TimeZone", c"UTC"),
    (c"DateStyle", c"ISO, MDY"),
    (c"IntervalStyle", c"postgres"),
    (c"extra_float_digits", c"1"),
    (c"bytea_output", c"hex"),
];

impl PlainOutput {
    /// Sets what is not so already.
    pub fn enter() -> Self {
        // SAFETY: settings that any session may change, at a nesting level of their own.
        unsafe {
            let level = pg_sys::NewGUCNestLevel();
            for (name, value) in SETTINGS {
                let current = pg_sys::GetConfigOption(name.as_ptr(), true, false);
                if !current.is_null() && CStr::from_ptr(current) == value {
                    continue;
                }
                pg_sys::set_config_option(
                    name.as_ptr(),
                    value.as_ptr(),
                    pg_sys::GucContext::PGC_USERSET,
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
}

impl Drop for PlainOutput {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: the level of enter().
            unsafe { pg_sys::AtEOXact_GUC(false, self.level) };
        }
    }
}
