//! Values of types that jsonb does not have: converted by `to_jsonb()`, and what is written where that fails.
//!
//! A json column may hold what jsonb cannot: `\u0000`, half of a surrogate pair, a number beyond numeric,
//! deeper nesting. A type's cast to json may raise any error. Writes to the table must still succeed, so the
//! error is caught and the image contains the value's text. docs/tracking.md describes its form.

use super::image;
use super::left_out::{self, Masked, Summed};
use super::plain_output::plain_output;
use super::secrets;
use crate::pg::descriptor;
use crate::pg::encoding::from_server;
use crate::pg::jsonb::Jsonb;
use crate::pg::jsonb::build::{self, State};
use crate::pg::jsonb::text::Sink;
use crate::pg::subtransaction;
use pgrx::pg_sys::{self, Datum, JsonbIteratorToken};
use std::ffi::{CStr, c_char};

/// Types whose text does not depend on the session's settings; AWGP's own tables use them.
const INDEPENDENT: [pg_sys::Oid; 5] =
    [pg_sys::NUMERICOID, pg_sys::DATEOID, pg_sys::TEXTARRAYOID, pg_sys::UUIDARRAYOID, pg_sys::INT4ARRAYOID];

/// Pushes a value converted by `to_jsonb()`; where jsonb cannot hold it, in parts or as text. Where it is
/// longer than the limit, pushes nothing and returns false.
///
/// # Safety
/// The datum is a non-null value of the type.
pub unsafe fn push(state: &mut State, datum: Datum, kind: pg_sys::Oid, limit: usize) -> bool {
    // SAFETY: the caller guarantees the type.
    unsafe {
        if !may_fail(kind) {
            return push_jsonb(state, to_jsonb(datum, kind), limit);
        }
        match subtransaction::within(|| to_jsonb(datum, kind)) {
            Ok(jsonb) => push_jsonb(state, jsonb, limit),
            Err(_) => push_otherwise(state, datum, kind, limit),
        }
    }
}

/// False for types that the server can always convert: its own types except json, enums, and arrays of these.
unsafe fn may_fail(kind: pg_sys::Oid) -> bool {
    // SAFETY: syscache look-ups.
    unsafe {
        let base = pg_sys::getBaseType(kind);
        let element = pg_sys::get_base_element_type(base);
        let base = if element == pg_sys::InvalidOid { base } else { pg_sys::getBaseType(element) };
        let is_servers = base.to_u32() < pg_sys::FirstNormalObjectId;
        let is_enum = pg_sys::get_typtype(base) == pg_sys::TYPTYPE_ENUM as c_char;
        base == pg_sys::JSONOID || !(is_servers || is_enum) || pg_sys::type_is_rowtype(base)
    }
}

/// Pushes what `to_jsonb()` could not convert: an array by elements, a row by columns, anything else as text.
unsafe fn push_otherwise(state: &mut State, datum: Datum, kind: pg_sys::Oid, limit: usize) -> bool {
    // SAFETY: the datum is of this type, and therefore of its base type.
    unsafe {
        let base = pg_sys::getBaseType(kind);
        let element = pg_sys::get_element_type(base);
        if element != pg_sys::InvalidOid {
            push_array(state, datum, element, limit);
        } else if pg_sys::type_is_rowtype(base) {
            push_row(state, datum, limit);
        } else {
            return push_text(state, datum, base, limit);
        }
        true
    }
}

unsafe fn push_array(state: &mut State, datum: Datum, element: pg_sys::Oid, limit: usize) {
    // SAFETY: an array, whose elements are laid out as their type defines, dimension by dimension.
    unsafe {
        let array = pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast::<pg_sys::ArrayType>();
        let (mut length, mut by_value, mut align) = (0_i16, false, 0 as c_char);
        pg_sys::get_typlenbyvalalign(element, &raw mut length, &raw mut by_value, &raw mut align);
        let (mut values, mut nulls, mut count) = (std::ptr::null_mut(), std::ptr::null_mut(), 0);
        pg_sys::deconstruct_array(
            array,
            element,
            i32::from(length),
            by_value,
            align,
            &raw mut values,
            &raw mut nulls,
            &raw mut count,
        );
        let ndim = usize::try_from((*array).ndim).unwrap_or(0);
        let dimensions: &[i32] =
            if ndim == 0 { &[0] } else { std::slice::from_raw_parts(array.add(1).cast::<i32>(), ndim) };
        let mut next = 0;
        push_dimension(state, dimensions, limit, &mut || {
            let (value, is_null) = (*values.add(next), *nulls.add(next));
            next += 1;
            ((!is_null).then_some(value), element)
        });
    }
}

/// Pushes one dimension of an array and those within it.
unsafe fn push_dimension(
    state: &mut State,
    dimensions: &[i32],
    limit: usize,
    next: &mut dyn FnMut() -> (Option<Datum>, pg_sys::Oid),
) {
    // SAFETY: `next` returns as many elements as the dimensions have.
    unsafe {
        build::push(state, JsonbIteratorToken::WJB_BEGIN_ARRAY, None);
        let (length, inner) =
            dimensions.split_first().map_or((0, dimensions), |(first, inner)| (*first, inner));
        for _ in 0..length {
            if inner.is_empty() {
                match next() {
                    (Some(datum), kind) => push_element(state, datum, kind, limit),
                    (None, _) => build::push(state, JsonbIteratorToken::WJB_ELEM, Some(build::null())),
                }
            } else {
                push_dimension(state, inner, limit, next);
            }
        }
        build::push(state, JsonbIteratorToken::WJB_END_ARRAY, None);
    }
}

/// Pushes an element of an open array. Values can only be pushed under a key, so the value is built in an
/// object of its own.
unsafe fn push_element(state: &mut State, datum: Datum, kind: pg_sys::Oid, limit: usize) {
    // SAFETY: a temporary object holds the value; the server copies it into the array.
    unsafe {
        let mut alone: State = std::ptr::null_mut();
        build::push(&mut alone, JsonbIteratorToken::WJB_BEGIN_OBJECT, None);
        build::push(&mut alone, JsonbIteratorToken::WJB_KEY, Some(build::string(b"v")));
        push_part(&mut alone, datum, kind, limit);
        let object =
            pg_sys::pushJsonbValue(&raw mut alone, JsonbIteratorToken::WJB_END_OBJECT, std::ptr::null_mut());
        let pair = (*object).val.object.pairs;
        let element = &raw mut (*pair).value;
        // An array or object that is still in pieces must be assembled to become an element.
        let whole = pg_sys::JsonbValueToJsonb(element);
        push_whole(state, JsonbIteratorToken::WJB_ELEM, whole);
    }
}

unsafe fn push_row(state: &mut State, datum: Datum, limit: usize) {
    // SAFETY: a composite value carries its type; a copy of its descriptor is used while it is read.
    unsafe {
        let header = pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast::<pg_sys::HeapTupleHeaderData>();
        let kind = (*header).t_choice.t_datum.datum_typeid;
        let descriptor = pg_sys::lookup_rowtype_tupdesc_copy(kind, (*header).t_choice.t_datum.datum_typmod);
        let mut tuple = pg_sys::HeapTupleData {
            t_len: u32::try_from(pgrx::varsize_any(header.cast())).unwrap_or(0),
            t_data: header,
            ..Default::default()
        };
        let count = usize::try_from((*descriptor).natts).unwrap_or(0);
        let (mut values, mut nulls) = (vec![Datum::null(); count], vec![true; count]);
        pg_sys::heap_deform_tuple(&raw mut tuple, descriptor, values.as_mut_ptr(), nulls.as_mut_ptr());
        build::push(state, JsonbIteratorToken::WJB_BEGIN_OBJECT, None);
        for attribute in descriptor::attributes(descriptor) {
            let name = CStr::from_ptr(attribute.attname.data.as_ptr());
            build::push(state, JsonbIteratorToken::WJB_KEY, Some(build::string(name.to_bytes())));
            let place = usize::try_from(attribute.attnum - 1).unwrap_or(0);
            if nulls[place] {
                build::push(state, JsonbIteratorToken::WJB_VALUE, Some(build::null()));
            } else if secrets::is_secret_column(&descriptor::name_of(attribute)) {
                image::push_masked(state);
            } else {
                push_part(state, values[place], attribute.atttypid, limit);
            }
        }
        build::push(state, JsonbIteratorToken::WJB_END_OBJECT, None);
    }
}

/// Pushes a part of an array or row; where it is longer than the limit, length and digest of its text.
unsafe fn push_part(state: &mut State, datum: Datum, kind: pg_sys::Oid, limit: usize) {
    // SAFETY: the datum is of this type.
    unsafe {
        if !image::push_datum(state, datum, kind, limit) {
            let mut summed = Summed::default();
            summed.put(printed(datum, kind).as_bytes());
            push_text_of_json(state, &summed.placeholder());
        }
    }
}

/// Pushes `{"awgp": "text", "type": …, "text": …}`: the value as its output function prints it, with the
/// secret keys of json masked. Where it is longer than the limit, pushes nothing and returns false.
unsafe fn push_text(state: &mut State, datum: Datum, kind: pg_sys::Oid, limit: usize) -> bool {
    // SAFETY: the datum is of this type.
    unsafe {
        let text = printed(datum, kind);
        let masked = if kind == pg_sys::JSONOID { secrets::mask_keys(&text) } else { None };
        let text = masked.unwrap_or(text);
        let fits = text.len() <= limit;
        if fits {
            push_told(state, kind, &text);
        }
        fits
    }
}

unsafe fn push_told(state: &mut State, kind: pg_sys::Oid, text: &str) {
    // SAFETY: strings are copied into the current memory context; the type's name is a palloc'd C string.
    unsafe {
        build::push(state, JsonbIteratorToken::WJB_BEGIN_OBJECT, None);
        let kind = from_server(CStr::from_ptr(pg_sys::format_type_be(kind))).into_owned();
        for (key, value) in [("awgp", "text"), ("type", &kind), ("text", text)] {
            build::push(state, JsonbIteratorToken::WJB_KEY, Some(build::owned_string(key)));
            build::push(state, JsonbIteratorToken::WJB_VALUE, Some(build::owned_string(value)));
        }
        build::push(state, JsonbIteratorToken::WJB_END_OBJECT, None);
    }
}

/// Pushes the value of a JSON text.
///
/// # Safety
/// The text is JSON that jsonb can hold.
pub unsafe fn push_text_of_json(state: &mut State, text: &str) {
    // SAFETY: a jsonb in the current memory context.
    unsafe { push_whole(state, JsonbIteratorToken::WJB_VALUE, Jsonb::from_text(text).to_palloc()) };
}

/// The value as its output function prints it, in UTF-8.
///
/// # Safety
/// The datum is a non-null value of the type.
pub unsafe fn printed(datum: Datum, kind: pg_sys::Oid) -> String {
    let _plain = plain_output();
    // SAFETY: the type's own output function; the result is a palloc'd C string.
    unsafe {
        let (mut output, mut is_varlena) = (pg_sys::InvalidOid, false);
        pg_sys::getTypeOutputInfo(kind, &raw mut output, &raw mut is_varlena);
        let text = pg_sys::OidOutputFunctionCall(output, datum);
        from_server(CStr::from_ptr(text)).into_owned()
    }
}

/// Calls `to_jsonb(datum)`, with the argument's type as the parser would pass it.
unsafe fn to_jsonb(datum: Datum, kind: pg_sys::Oid) -> *mut pg_sys::Jsonb {
    let _plain = (!INDEPENDENT.contains(&kind)).then(plain_output);
    // SAFETY: a call expression with one argument of the datum's type; to_jsonb reads nothing else of it.
    unsafe {
        let argument = pg_sys::makeNullConst(kind, -1, pg_sys::InvalidOid);
        let arguments = pg_sys::lappend(std::ptr::null_mut(), argument.cast());
        let function = pg_sys::Oid::from(pg_sys::F_TO_JSONB);
        let mut call = pg_sys::FmgrInfo::default();
        pg_sys::fmgr_info(function, &raw mut call);
        call.fn_expr = pg_sys::makeFuncExpr(
            function,
            pg_sys::JSONBOID,
            arguments,
            pg_sys::InvalidOid,
            pg_sys::InvalidOid,
            pg_sys::CoercionForm::COERCE_EXPLICIT_CALL,
        )
        .cast();
        let jsonb = pg_sys::FunctionCall1Coll(&raw mut call, pg_sys::InvalidOid, datum);
        pg_sys::pg_detoast_datum(jsonb.cast_mut_ptr()).cast()
    }
}

/// Pushes a jsonb as the value of the current key, with its secrets masked. Where it has secrets and is
/// longer than the limit, pushes nothing and returns false.
///
/// # Safety
/// The jsonb is detoasted, and lives until the object is finished.
pub unsafe fn push_jsonb(state: &mut State, jsonb: *mut pg_sys::Jsonb, limit: usize) -> bool {
    // SAFETY: the caller guarantees both.
    unsafe {
        let header = (*jsonb).root.header;
        let has_keys = header & pg_sys::JB_CMASK != 0 && header & pg_sys::JB_FSCALAR == 0;
        let size = pgrx::varsize_any(jsonb.cast::<pg_sys::varlena>());
        let bytes = std::slice::from_raw_parts(jsonb.cast::<u8>(), size);
        match if has_keys { left_out::masked(bytes, limit) } else { Masked::AsItIs } {
            Masked::AsItIs => push_whole(state, JsonbIteratorToken::WJB_VALUE, jsonb),
            Masked::Text(text) => push_text_of_json(state, &text),
            Masked::TooLong => return false,
        }
        true
    }
}

/// Pushes a jsonb, scalar or not.
unsafe fn push_whole(state: &mut State, token: JsonbIteratorToken::Type, jsonb: *mut pg_sys::Jsonb) {
    // SAFETY: pushJsonbValue unpacks the container.
    unsafe {
        let root = &raw mut (*jsonb).root;
        if (*root).header & pg_sys::JB_FSCALAR != 0 {
            let mut iterator = pg_sys::JsonbIteratorInit(root);
            let mut value = pg_sys::JsonbValue::default();
            pg_sys::JsonbIteratorNext(&raw mut iterator, &raw mut value, true);
            pg_sys::JsonbIteratorNext(&raw mut iterator, &raw mut value, true);
            return build::push(state, token, Some(value));
        }
        let mut value = pg_sys::JsonbValue { type_: pg_sys::jbvType::jbvBinary, ..Default::default() };
        value.val.binary.data = root;
        value.val.binary.len =
            i32::try_from(pgrx::varsize_any_exhdr(jsonb.cast::<pg_sys::varlena>())).unwrap_or(i32::MAX);
        build::push(state, token, Some(value));
    }
}
