//! A jsonb that is made piece by piece.

use pgrx::pg_sys::{self, JsonbIteratorToken, jbvType};

/// A jsonb that is being made, or an array or object of it.
pub type State = *mut pg_sys::JsonbParseState;

/// Adds to an image.
///
/// # Safety
/// A value lives until the object is made.
pub unsafe fn push(state: &mut State, token: JsonbIteratorToken::Type, value: Option<pg_sys::JsonbValue>) {
    let mut value = value;
    let value = value.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut);
    // SAFETY: the value is copied into the state.
    unsafe { pg_sys::pushJsonbValue(state, token, value) };
}

/// JSON's null.
pub fn null() -> pg_sys::JsonbValue {
    pg_sys::JsonbValue { type_: jbvType::jbvNull, ..Default::default() }
}

/// A string that must live until the object is made.
pub fn string(bytes: &[u8]) -> pg_sys::JsonbValue {
    let mut value = pg_sys::JsonbValue { type_: jbvType::jbvString, ..Default::default() };
    value.val.string.len = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    value.val.string.val = bytes.as_ptr().cast_mut().cast();
    value
}

/// A string of our own making, copied to where the object will be made.
///
/// # Safety
/// The current memory context lives until the object is made.
pub unsafe fn owned_string(text: &str) -> pg_sys::JsonbValue {
    // SAFETY: palloc answers or raises.
    unsafe {
        let copy = pg_sys::palloc(text.len().max(1)).cast::<u8>();
        std::ptr::copy_nonoverlapping(text.as_ptr(), copy, text.len());
        string(std::slice::from_raw_parts(copy, text.len()))
    }
}

/// A number.
///
/// # Safety
/// As above.
pub unsafe fn numeric(value: i64) -> pg_sys::JsonbValue {
    let mut number = pg_sys::JsonbValue { type_: jbvType::jbvNumeric, ..Default::default() };
    // SAFETY: makes a palloc'd numeric.
    number.val.numeric = unsafe { pg_sys::int64_to_numeric(value) };
    number
}
