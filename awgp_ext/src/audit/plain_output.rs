//! Values as text, independent of the session's settings.
//!
//! A session may round floats (extra_float_digits) and choose how intervals, bytea, and timestamptz within
//! arrays, rows and ranges are printed. What the audit trail stores must not depend on that, and must not
//! lose digits.

use crate::pg::guc::Setting;
use std::ffi::CStr;

const SETTINGS: [(&CStr, &CStr); 5] = [
    (c"TimeZone", c"UTC"),
    (c"DateStyle", c"ISO, MDY"),
    (c"IntervalStyle", c"postgres"),
    (c"extra_float_digits", c"1"),
    (c"bytea_output", c"hex"),
];

/// While it lives, values are printed in one fixed form.
pub fn plain_output() -> Setting {
    Setting::of(&SETTINGS)
}
