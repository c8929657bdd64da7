//! The image of a row as jsonb, for before_state and after_state.
//!
//! As `to_jsonb()` makes it, with five differences: timestamptz is written in UTC, whatever the session's
//! TimeZone; secrets are masked; columns may be left out; a value that jsonb cannot represent is written in
//! another form; and a value far too large for an event is replaced by its length and digest. Common types
//! are written directly, all others through `to_jsonb()` itself ([`super::value`]).

use super::left_out::{self, Masked};
use super::value;
use crate::audit::settings;
use crate::pg::datum::uuid_of;
use crate::pg::descriptor::{self, attributes, name_of};
use crate::pg::jsonb::Jsonb;
use crate::pg::jsonb::build::{State, numeric, owned_string, push, string};
use crate::pg::jsonb::object::{Object, key_order};
use crate::pg::jsonb::text::{Sink, string as string_text};
use crate::pg::tuple::raw_size;
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::audit::tracked::Treatment;
use awgp_core::civil::format_timestamp;
use pgrx::pg_sys::{self, Datum, JsonbIteratorToken, jbvType};
use std::ffi::CStr;

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

/// The columns that an image has, by their numbers from 1, in the order in which a jsonb has them.
///
/// # Safety
/// The descriptor is live, and `treatments` has an element for each of its columns.
pub unsafe fn order(descriptor: pg_sys::TupleDesc, treatments: &[Treatment]) -> Vec<i16> {
    // SAFETY: as above.
    let mut columns: Vec<(&CStr, i16)> = unsafe {
        attributes(descriptor)
            .filter(|attribute| treatment(treatments, attribute.attnum) != Treatment::Excluded)
            .map(|attribute| (CStr::from_ptr(attribute.attname.data.as_ptr()), attribute.attnum))
            .collect()
    };
    columns.sort_by(|(left, _), (right, _)| key_order(left.to_bytes(), right.to_bytes()));
    columns.into_iter().map(|(_, number)| number).collect()
}

/// A column that the rules do not know is masked.
fn treatment(treatments: &[Treatment], number: i16) -> Treatment {
    let place = usize::try_from(number - 1).ok();
    place.and_then(|place| treatments.get(place)).copied().unwrap_or(Treatment::Masked)
}

/// The image of `tuple`, with these columns.
///
/// # Safety
/// The tuple is live and has this descriptor. The columns are those of [`order`].
pub unsafe fn of_row(
    tuple: pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
    treatments: &[Treatment],
    columns: &[i16],
) -> Image {
    // SAFETY: columns are read with numbers from the descriptor; temporary values are palloc'd in the
    // caller's short-lived context.
    unsafe {
        let attribute = |number: i16| &*descriptor::attribute(descriptor, i32::from(number) - 1);
        let names: Vec<&[u8]> = columns
            .iter()
            .map(|number| CStr::from_ptr(attribute(*number).attname.data.as_ptr()).to_bytes())
            .collect();
        let width = usize::try_from((*descriptor).natts).unwrap_or(0);
        let (mut values, mut nulls) = (vec![Datum::null(); width], vec![true; width]);
        pg_sys::heap_deform_tuple(tuple, descriptor, values.as_mut_ptr(), nulls.as_mut_ptr());
        let mut object = Object::new(&names);
        let mut left_out = Vec::new();
        let limit = settings::event_max();
        let mut room = limit.saturating_mul(STORED_FACTOR).min(STORED_MAX);
        for number in columns {
            let (attribute, place) = (attribute(*number), usize::try_from(number - 1).unwrap_or(0));
            let datum = values[place];
            if nulls[place] {
                object.null();
            } else if treatment(treatments, *number) == Treatment::Masked {
                object.string(MASKED);
            } else {
                let size = if attribute.attlen < 0 { stored_size(datum, attribute) } else { 0 };
                if size <= room && add(&mut object, datum, attribute.atttypid, limit) {
                    room -= size;
                } else {
                    let text = placeholder(datum, attribute);
                    object.jsonb(Jsonb::from_text(&text).bytes());
                    left_out.push(name_of(attribute).into_owned());
                }
            }
        }
        Image { state: object.finish(), left_out }
    }
}

/// Adds a value of this type. Where it is longer than the limit, adds nothing and returns false.
///
/// # Safety
/// The datum is a non-null value of the type.
unsafe fn add(object: &mut Object, datum: Datum, kind: pg_sys::Oid, limit: usize) -> bool {
    // SAFETY: each arm reads the datum as the type it names.
    unsafe {
        match kind {
            pg_sys::BOOLOID => object.boolean(datum.value() & 0xff != 0),
            pg_sys::TEXTOID | pg_sys::VARCHAROID => {
                let varlena = pg_sys::pg_detoast_datum_packed(datum.cast_mut_ptr());
                let data = pgrx::vardata_any(varlena).cast::<u8>();
                object.string(std::slice::from_raw_parts(data, pgrx::varsize_any_exhdr(varlena)));
            }
            pg_sys::UUIDOID => {
                object.string(uuid_of(datum).hyphenated().encode_lower(&mut [0; 36]).as_bytes());
            }
            #[expect(clippy::cast_possible_wrap, reason = "a by-value 64-bit timestamp")]
            pg_sys::TIMESTAMPTZOID if timestamp_from_postgres(datum.value() as i64).is_some() => {
                let microseconds = timestamp_from_postgres(datum.value() as i64).unwrap_or(0);
                object.string(format_timestamp(microseconds).as_bytes());
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_possible_wrap,
                reason = "by-value integers"
            )]
            pg_sys::INT2OID => add_number(object, pg_sys::int64_to_numeric(i64::from(datum.value() as i16))),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_possible_wrap,
                reason = "by-value integers"
            )]
            pg_sys::INT4OID => add_number(object, pg_sys::int64_to_numeric(i64::from(datum.value() as i32))),
            #[expect(clippy::cast_possible_wrap, reason = "by-value integers")]
            pg_sys::INT8OID => add_number(object, pg_sys::int64_to_numeric(datum.value() as i64)),
            pg_sys::NUMERICOID => {
                let number: pg_sys::Numeric = pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast();
                if pg_sys::numeric_is_nan(number) || pg_sys::numeric_is_inf(number) {
                    return add_converted(object, datum, kind, limit);
                }
                add_number(object, number);
            }
            pg_sys::JSONBOID => return add_jsonb(object, datum, limit),
            _ => return add_converted(object, datum, kind, limit),
        }
    }
    true
}

/// # Safety
/// The number is detoasted, and neither NaN nor infinite.
unsafe fn add_number(object: &mut Object, number: pg_sys::Numeric) {
    // SAFETY: the header tells the length.
    let bytes = unsafe { std::slice::from_raw_parts(number.cast::<u8>(), pgrx::varsize_any(number.cast())) };
    object.number(bytes);
}

/// Adds a jsonb with its secrets masked.
///
/// # Safety
/// The datum is a non-null jsonb.
unsafe fn add_jsonb(object: &mut Object, datum: Datum, limit: usize) -> bool {
    // SAFETY: detoasted into the caller's short-lived context; the header tells the length.
    let bytes = unsafe {
        let jsonb = pg_sys::pg_detoast_datum(datum.cast_mut_ptr());
        std::slice::from_raw_parts(jsonb.cast::<u8>(), pgrx::varsize_any(jsonb))
    };
    match left_out::masked(bytes, limit) {
        Masked::AsItIs => object.jsonb(bytes),
        Masked::Text(text) => object.jsonb(Jsonb::from_text(&text).bytes()),
        Masked::TooLong => return false,
    }
    true
}

/// Adds a value as [`value::push`] converts it, in an object of its own.
///
/// # Safety
/// The datum is a non-null value of the type.
unsafe fn add_converted(object: &mut Object, datum: Datum, kind: pg_sys::Oid, limit: usize) -> bool {
    // SAFETY: the caller guarantees the type; the object is built in the caller's short-lived context.
    unsafe {
        let mut alone: State = std::ptr::null_mut();
        push(&mut alone, JsonbIteratorToken::WJB_BEGIN_OBJECT, None);
        push(&mut alone, JsonbIteratorToken::WJB_KEY, Some(string(b"v")));
        if !value::push(&mut alone, datum, kind, limit) {
            return false;
        }
        let whole =
            pg_sys::pushJsonbValue(&raw mut alone, JsonbIteratorToken::WJB_END_OBJECT, std::ptr::null_mut());
        object.member_of(&Jsonb::from_varlena(pg_sys::JsonbValueToJsonb(whole).cast()));
    }
    true
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

/// Length and digest of a value, as JSON: of its JSON text for text and jsonb, of its stored bytes for other
/// types.
unsafe fn placeholder(datum: Datum, attribute: &pg_sys::FormData_pg_attribute) -> String {
    // SAFETY: a non-null value of variable length, read as its type and detoasted into the caller's
    // short-lived context.
    unsafe {
        match attribute.atttypid {
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
        }
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
