//! The image of a row as jsonb, for before_state and after_state.
//!
//! As `to_jsonb()` would make it, but for four things: a timestamptz is written in UTC whatever the session's
//! TimeZone, secrets are masked, columns may be left out, and a value that jsonb cannot hold is told in another way. The
//! common types are written directly; every other type goes through `to_jsonb()` itself ([`super::value`]).

use super::value;
use crate::encoding::from_server;
use crate::jsonb::Jsonb;
use crate::relation::uuid_of;
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::audit::tracked::Treatment;
use awgp_core::civil::format_timestamp;
use pgrx::pg_sys::{self, Datum, JsonbIteratorToken, jbvType};
use std::borrow::Cow;
use std::ffi::CStr;
use std::num::NonZeroUsize;

const MASKED: &[u8] = b"[masked]";

/// How many bytes of values an image holds: a jsonb ends at 256 MiB, and as text it may be six times as long.
const ROOM_BYTES: usize = 64 << 20;

/// An image that is being made, or an array or object of it.
pub type State = *mut pg_sys::JsonbParseState;

/// The image of `tuple`.
///
/// # Safety
/// The tuple is a live one of the descriptor, and `treatments` has an element for each of its columns.
pub unsafe fn of_row(
    tuple: pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
    treatments: &[Treatment],
) -> Jsonb {
    // SAFETY: columns are read by the descriptor's own numbers; everything made on the way is palloc'd in the
    // caller's short-lived context.
    unsafe {
        let mut state: State = std::ptr::null_mut();
        let mut room = ROOM_BYTES;
        push(&mut state, JsonbIteratorToken::WJB_BEGIN_OBJECT, None);
        for attribute in attributes(descriptor) {
            let number = usize::try_from(attribute.attnum).unwrap_or(0);
            let treatment = treatments.get(number - 1).copied().unwrap_or(Treatment::Masked);
            if treatment == Treatment::Excluded {
                continue;
            }
            let name = CStr::from_ptr(attribute.attname.data.as_ptr());
            push(&mut state, JsonbIteratorToken::WJB_KEY, Some(string(name.to_bytes())));
            let datum = NonZeroUsize::new(number)
                .and_then(|number| pgrx::htup::heap_getattr_raw(tuple, number, descriptor));
            match datum {
                None => push(&mut state, JsonbIteratorToken::WJB_VALUE, Some(null())),
                Some(_) if treatment == Treatment::Masked => push_masked(&mut state),
                Some(datum) if attribute.attlen == -1 => {
                    let size = pg_sys::toast_raw_datum_size(datum);
                    match room.checked_sub(size) {
                        Some(left) => {
                            room = left;
                            push_datum(&mut state, datum, attribute.atttypid);
                        }
                        None => value::push_too_large(&mut state, datum, attribute.atttypid, size),
                    }
                }
                Some(datum) => push_datum(&mut state, datum, attribute.atttypid),
            }
        }
        let object =
            pg_sys::pushJsonbValue(&raw mut state, JsonbIteratorToken::WJB_END_OBJECT, std::ptr::null_mut());
        Jsonb::from_varlena(pg_sys::JsonbValueToJsonb(object).cast())
    }
}

/// A value that must not be shown.
pub unsafe fn push_masked(state: &mut State) {
    // SAFETY: the text is static.
    unsafe { push(state, JsonbIteratorToken::WJB_VALUE, Some(string(MASKED))) };
}

/// A column's name.
pub fn name_of(attribute: &pg_sys::FormData_pg_attribute) -> Cow<'_, str> {
    // SAFETY: a name ends with a zero.
    from_server(unsafe { CStr::from_ptr(attribute.attname.data.as_ptr()) })
}

/// True where the two rows differ in a column that is not ignored.
///
/// # Safety
/// Both tuples are live ones of the descriptor.
pub unsafe fn differ(
    old: pg_sys::HeapTuple,
    new: pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
    is_ignored: impl Fn(&pg_sys::FormData_pg_attribute) -> bool,
) -> bool {
    // SAFETY: as above.
    unsafe {
        attributes(descriptor)
            .any(|attribute| attribute_differs(old, new, descriptor, attribute) && !is_ignored(attribute))
    }
}

/// True where the two rows differ in this column.
///
/// # Safety
/// Both tuples are live ones of the descriptor.
pub unsafe fn column_differs(
    old: pg_sys::HeapTuple,
    new: pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
    column: &CStr,
) -> bool {
    // SAFETY: as above.
    unsafe {
        attributes(descriptor).any(|attribute| {
            CStr::from_ptr(attribute.attname.data.as_ptr()) == column
                && attribute_differs(old, new, descriptor, attribute)
        })
    }
}

unsafe fn attribute_differs(
    old: pg_sys::HeapTuple,
    new: pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
    attribute: &pg_sys::FormData_pg_attribute,
) -> bool {
    let Some(number) = NonZeroUsize::new(usize::try_from(attribute.attnum).unwrap_or(0)) else {
        return false;
    };
    // SAFETY: the number is the descriptor's own.
    unsafe {
        let before = pgrx::htup::heap_getattr_raw(old, number, descriptor);
        let after = pgrx::htup::heap_getattr_raw(new, number, descriptor);
        match (before, after) {
            (None, None) => false,
            (Some(before), Some(after)) => !same_image(before, after, attribute.attbyval, attribute.attlen),
            _ => true,
        }
    }
}

/// Equal in every byte, however the two are compressed or stored.
unsafe fn same_image(before: Datum, after: Datum, by_value: bool, length: i16) -> bool {
    unsafe extern "C-unwind" {
        fn datum_image_eq(a: Datum, b: Datum, by_value: bool, length: i32) -> bool;
    }
    // SAFETY: the server's own function; the guard carries an error it may raise across our frames.
    unsafe {
        pg_sys::ffi::pg_guard_ffi_boundary(|| datum_image_eq(before, after, by_value, i32::from(length)))
    }
}

/// The columns that exist and are stored.
///
/// # Safety
/// The descriptor is live while the answer is used.
pub unsafe fn attributes(
    descriptor: pg_sys::TupleDesc,
) -> impl Iterator<Item = &'static pg_sys::FormData_pg_attribute> {
    const VIRTUAL: std::ffi::c_char = b'v' as std::ffi::c_char;
    // SAFETY: natts attributes stand behind the descriptor; the borrow ends within the caller's call.
    unsafe {
        (0..(*descriptor).natts)
            .map(move |number| &*attribute(descriptor, number))
            .filter(|attribute| !attribute.attisdropped && attribute.attgenerated != VIRTUAL)
    }
}

/// One column's description; from PostgreSQL 18 on it does not stand where it stood.
///
/// # Safety
/// The descriptor is live and has more columns than `number`.
#[cfg(not(any(feature = "pg15", feature = "pg16", feature = "pg17")))]
pub unsafe fn attribute(descriptor: pg_sys::TupleDesc, number: i32) -> *const pg_sys::FormData_pg_attribute {
    // SAFETY: the number is below natts.
    unsafe { pg_sys::TupleDescAttr(descriptor, number) }
}

/// One column's description.
///
/// # Safety
/// The descriptor is live and has more columns than `number`.
#[cfg(any(feature = "pg15", feature = "pg16", feature = "pg17"))]
pub unsafe fn attribute(descriptor: pg_sys::TupleDesc, number: i32) -> *const pg_sys::FormData_pg_attribute {
    // SAFETY: the number is below natts.
    unsafe { (*descriptor).attrs.as_ptr().add(usize::try_from(number).unwrap_or(0)) }
}

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

/// A value of this type.
///
/// # Safety
/// The datum is a non-null one of the type.
pub unsafe fn push_datum(state: &mut State, datum: Datum, kind: pg_sys::Oid) {
    // SAFETY: each arm reads the datum as the type it was told.
    unsafe {
        let value = match kind {
            pg_sys::BOOLOID => {
                let mut value = pg_sys::JsonbValue { type_: jbvType::jbvBool, ..Default::default() };
                value.val.boolean = datum.value() & 0xff != 0;
                value
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_possible_wrap,
                reason = "by-value integers"
            )]
            pg_sys::INT2OID => numeric(i64::from(datum.value() as i16)),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_possible_wrap,
                reason = "by-value integers"
            )]
            pg_sys::INT4OID => numeric(i64::from(datum.value() as i32)),
            #[expect(clippy::cast_possible_wrap, reason = "by-value integers")]
            pg_sys::INT8OID => numeric(datum.value() as i64),
            pg_sys::TEXTOID | pg_sys::VARCHAROID => {
                let varlena = pg_sys::pg_detoast_datum_packed(datum.cast_mut_ptr());
                let data = pgrx::vardata_any(varlena).cast::<u8>();
                string(std::slice::from_raw_parts(data, pgrx::varsize_any_exhdr(varlena)))
            }
            pg_sys::UUIDOID => owned_string(uuid_of(datum).hyphenated().encode_lower(&mut [0; 36])),
            pg_sys::TIMESTAMPTZOID =>
            {
                #[expect(clippy::cast_possible_wrap, reason = "a by-value 64-bit timestamp")]
                match timestamp_from_postgres(datum.value() as i64) {
                    Some(microseconds) => owned_string(&format_timestamp(microseconds)),
                    None => return value::push(state, datum, kind),
                }
            }
            pg_sys::JSONBOID => {
                return value::push_jsonb(state, pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast());
            }
            _ => return value::push(state, datum, kind),
        };
        push(state, JsonbIteratorToken::WJB_VALUE, Some(value));
    }
}
