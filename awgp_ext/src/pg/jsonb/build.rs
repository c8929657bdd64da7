//! Builds a jsonb piece by piece.

use pgrx::pg_sys::{self, JsonbIteratorToken, jbvType};

/// A jsonb being built, or an array or object within it.
pub type State = *mut pg_sys::JsonbParseState;

/// Adds a token to the jsonb.
///
/// # Safety
/// A string or number in the value lives until the jsonb is finished.
pub unsafe fn push(state: &mut State, token: JsonbIteratorToken::Type, value: Option<pg_sys::JsonbValue>) {
    let mut value = value;
    let value = value.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut);
    // SAFETY: the server copies the JsonbValue into the state.
    unsafe { pg_sys::pushJsonbValue(state, token, value) };
}

/// JSON null.
pub fn null() -> pg_sys::JsonbValue {
    pg_sys::JsonbValue { type_: jbvType::jbvNull, ..Default::default() }
}

/// A string; its bytes must live until the jsonb is finished.
pub fn string(bytes: &[u8]) -> pg_sys::JsonbValue {
    let mut value = pg_sys::JsonbValue { type_: jbvType::jbvString, ..Default::default() };
    value.val.string.len = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    value.val.string.val = bytes.as_ptr().cast_mut().cast();
    value
}

/// A string copied into the current memory context.
///
/// # Safety
/// The current memory context lives until the jsonb is finished.
pub unsafe fn owned_string(text: &str) -> pg_sys::JsonbValue {
    // SAFETY: palloc returns memory or raises.
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
