//! Text between the server's encoding and UTF-8, which the extension uses.
//!
//! In a UTF-8 database nothing is converted. In any other, text that is hashed, compared or stored is
//! converted here: canonical bytes are UTF-8, whatever the encoding of the database.

use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::nullable::Nullable;
use pgrx::pg_sys::{self, Datum};
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{FromDatum, IntoDatum};
use std::borrow::Cow;
use std::ffi::{CStr, CString};

const UTF8: i32 = pg_sys::pg_enc::PG_UTF8 as i32;

/// A text argument of a function, in UTF-8.
pub struct Text(pub String);

/// Text in the server's encoding, converted to UTF-8.
pub fn from_server(text: &CStr) -> Cow<'_, str> {
    bytes_from_server(text.to_bytes())
}

/// The same for bytes without a terminating zero, which may be invalid: invalid sequences are replaced.
pub fn bytes_from_server(bytes: &[u8]) -> Cow<'_, str> {
    if is_utf8() {
        return String::from_utf8_lossy(bytes);
    }
    // SAFETY: converts exactly these bytes; the answer is the same pointer or a palloc'd C string, which is
    // copied at once.
    unsafe {
        let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        let converted = pg_sys::pg_server_to_any(bytes.as_ptr().cast(), length, UTF8);
        if converted.cast_const().cast() == bytes.as_ptr() {
            return String::from_utf8_lossy(bytes);
        }
        Cow::Owned(CStr::from_ptr(converted).to_string_lossy().into_owned())
    }
}

/// A text datum in the server's encoding.
pub fn to_server(text: &str) -> Option<Datum> {
    if is_utf8() || text.is_ascii() {
        return text.into_datum();
    }
    let text = CString::new(text).unwrap_or_default();
    // SAFETY: converts a C string; raises an error where the server's encoding lacks a character.
    unsafe {
        let length = i32::try_from(text.as_bytes().len()).unwrap_or(i32::MAX);
        let converted = pg_sys::pg_any_to_server(text.as_ptr(), length, UTF8);
        Some(Datum::from(pg_sys::cstring_to_text(converted)))
    }
}

fn is_utf8() -> bool {
    // SAFETY: reads a property of the database that never changes.
    unsafe { pg_sys::GetDatabaseEncoding() == UTF8 }
}

impl FromDatum for Text {
    unsafe fn from_polymorphic_datum(datum: Datum, is_null: bool, _kind: pg_sys::Oid) -> Option<Self> {
        // SAFETY: the caller guarantees a text datum; text_to_cstring detoasts and copies it.
        (!is_null).then(|| unsafe {
            let text = pg_sys::text_to_cstring(datum.cast_mut_ptr());
            Self(from_server(CStr::from_ptr(text)).into_owned())
        })
    }
}

impl IntoDatum for Text {
    fn into_datum(self) -> Option<Datum> {
        to_server(&self.0)
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::TEXTOID
    }
}

// SAFETY: unboxed through FromDatum above, with the SQL type declared below.
unsafe impl<'fcx> ArgAbi<'fcx> for Text {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: as the trait asks; SQL declares the argument text.
        unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or_else(|| Self(String::new()))
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        // SAFETY: as above.
        unsafe { arg.unbox_arg_using_from_datum() }.into()
    }
}

// SAFETY: boxed as text, the declared SQL type.
unsafe impl BoxRet for Text {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> pgrx::datum::Datum<'fcx> {
        let datum = self.into_datum().unwrap_or(Datum::null());
        // SAFETY: a text's datum; into_datum always returns one.
        unsafe { fcinfo.return_raw_datum(datum) }
    }
}

// SAFETY: the SQL type is text.
unsafe impl SqlTranslatable for Text {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Text);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::literal("text"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> = Ok(ReturnsRef::One(SqlMappingRef::literal("text")));
}
