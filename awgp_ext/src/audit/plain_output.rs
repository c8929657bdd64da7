//! Values as text, whatever the session has set.
//!
//! A session may round floats (extra_float_digits), and choose how intervals, bytea and timestamptz inside of
//! arrays, rows and ranges are printed. What the trail stores must not depend on it, least of all lose digits.

use crate::pg::guc::Setting;
use std::ffi::CStr;

const SETTINGS: [(&CStr, &CStr); 5] = [
    (c"TimeZone", c"UTC"),
    (c"DateStyle", c"ISO, MDY"),
    (c"IntervalStyle", c"postgres"),
    (c"extra_float_digits", c"1"),
    (c"bytea_output", c"hex"),
];

/// While it lives, values are printed in one way.
pub fn plain_output() -> Setting {
    Setting::of(&SETTINGS)
}
