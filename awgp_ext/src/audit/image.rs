//! The image of a row as jsonb, for before_state and after_state.
//!
//! As `to_jsonb()` makes it, with five differences: timestamptz is written in UTC, whatever the session's
//! TimeZone; secrets are masked; columns may be left out; a value that jsonb cannot represent is written in
//! another form; and a value far too large for an event is replaced by its length and digest. Common types
//! are written directly, all others through `to_jsonb()` itself ([`super::value`]).

use super::{left_out, value};
use crate::audit::settings;
use crate::pg::datum::uuid_of;
use crate::pg::descriptor::{attributes, name_of};
use crate::pg::jsonb::Jsonb;
use crate::pg::jsonb::build::{State, null, numeric, owned_string, push, string};
use crate::pg::jsonb::text::{Sink, string as string_text};
use crate::pg::tuple::raw_size;
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::audit::tracked::Treatment;
use awgp_core::civil::format_timestamp;
use pgrx::pg_sys::{self, Datum, JsonbIteratorToken, jbvType};
use std::ffi::CStr;
use std::num::NonZeroUsize;

const MASKED: &[u8] = b"[masked]";

/// The stored size of a row's columns may be this many times the limit of an event's text. Numbers take more
/// room in storage than as text.
const STORED_FACTOR: usize = 8;
/// The most stored bytes in any case; a jsonb cannot hold much more.
const STORED_MAX: usize = 128 << 20;
/// Arrays up to this many bytes are not counted by their elements.
const SMALL_ARRAY: usize = 8 << 10;

/// The image of a row.
pub struct Image {
    /// The row.
    pub state: Jsonb,
    /// The columns of which only length and digest are included.
    pub left_out: Vec<String>,
}

/// The image of `tuple`.
///
/// # Safety
/// The tuple is live and has this descriptor, and `treatments` has an element for each of its columns.
pub unsafe fn of_row(
    tuple: pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
    treatments: &[Treatment],
) -> Image {
    // SAFETY: columns are read with numbers from the descriptor; temporary values are palloc'd in the
    // caller's short-lived context.
    unsafe {
        let mut state: State = std::ptr::null_mut();
        let mut left_out = Vec::new();
        let limit = settings::event_max();
        let mut room = limit.saturating_mul(STORED_FACTOR).min(STORED_MAX);
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
                Some(datum) => {
                    let size = if attribute.attlen < 0 { stored_size(datum, attribute) } else { 0 };
                    let pushed = size <= room && push_datum(&mut state, datum, attribute.atttypid, limit);
                    if pushed {
                        room -= size;
                    } else {
                        push_placeholder(&mut state, datum, attribute);
                        left_out.push(name_of(attribute).into_owned());
                    }
                }
            }
        }
        let object =
            pg_sys::pushJsonbValue(&raw mut state, JsonbIteratorToken::WJB_END_OBJECT, std::ptr::null_mut());
        Image { state: Jsonb::from_varlena(pg_sys::JsonbValueToJsonb(object).cast()), left_out }
    }
}

/// The size of a value of variable length once it is detoasted. An array with many NULLs grows when
/// converted, so it counts by its elements.
unsafe fn stored_size(datum: Datum, attribute: &pg_sys::FormData_pg_attribute) -> usize {
    // SAFETY: a non-null value of the attribute; an array's dimensions follow its header.
    unsafe {
        if attribute.attlen != -1 {
            return CStr::from_ptr(datum.cast_mut_ptr()).to_bytes().len();
        }
        let size = raw_size(datum);
        if size <= SMALL_ARRAY || attribute.attndims == 0 || size > STORED_MAX {
            return size;
        }
        let array = pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast::<pg_sys::ArrayType>();
        let elements = pg_sys::ArrayGetNItems((*array).ndim, array.add(1).cast());
        size.max(usize::try_from(elements).unwrap_or(usize::MAX).saturating_mul(8))
    }
}

/// Pushes length and digest of a value: of its JSON text for text and jsonb, of its stored bytes for other
/// types.
unsafe fn push_placeholder(
    state: &mut *mut pg_sys::JsonbParseState,
    datum: Datum,
    attribute: &pg_sys::FormData_pg_attribute,
) {
    // SAFETY: a non-null value of variable length, read as its type and detoasted into the caller's
    // short-lived context.
    unsafe {
        let text = match attribute.atttypid {
            pg_sys::JSONBOID => {
                let jsonb = pg_sys::pg_detoast_datum(datum.cast_mut_ptr());
                left_out::placeholder(std::slice::from_raw_parts(
                    jsonb.cast::<u8>(),
                    pgrx::varsize_any(jsonb),
                ))
            }
            kind => {
                let mut summed = left_out::Summed::default();
                let bytes = if attribute.attlen == -1 {
                    let varlena = pg_sys::pg_detoast_datum_packed(datum.cast_mut_ptr());
                    let data = pgrx::vardata_any(varlena).cast::<u8>();
                    std::slice::from_raw_parts(data, pgrx::varsize_any_exhdr(varlena))
                } else {
                    CStr::from_ptr(datum.cast_mut_ptr()).to_bytes()
                };
                match kind {
                    pg_sys::TEXTOID | pg_sys::VARCHAROID => string_text(bytes, &mut summed),
                    _ => summed.put(bytes),
                }
                summed.placeholder()
            }
        };
        value::push_text_of_json(state, &text);
    }
}

/// Pushes the marker in place of a secret value.
pub unsafe fn push_masked(state: &mut State) {
    // SAFETY: the text is static.
    unsafe { push(state, JsonbIteratorToken::WJB_VALUE, Some(string(MASKED))) };
}

/// Pushes a value of this type. Where it is longer than the limit, pushes nothing and returns false.
///
/// # Safety
/// The datum is a non-null value of the type.
pub unsafe fn push_datum(state: &mut State, datum: Datum, kind: pg_sys::Oid, limit: usize) -> bool {
    // SAFETY: each arm reads the datum as the type it names.
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
                    None => return value::push(state, datum, kind, limit),
                }
            }
            pg_sys::JSONBOID => {
                return value::push_jsonb(
                    state,
                    pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast(),
                    limit,
                );
            }
            _ => return value::push(state, datum, kind, limit),
        };
        push(state, JsonbIteratorToken::WJB_VALUE, Some(value));
    }
    true
}
