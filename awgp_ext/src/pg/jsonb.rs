//! jsonb values kept outside PostgreSQL's memory contexts, as the server's own bytes.

pub mod build;
mod decimal;
pub mod object;

pub mod text;

use crate::pg::encoding::bytes_from_server;
use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::nullable::Nullable;
use pgrx::pg_sys::{self, Datum};
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{FromDatum, IntoDatum};
use std::ffi::CString;

/// A jsonb: the varlena's bytes, uncompressed, header included.
///
/// Stored as 64-bit words, because the server reads a jsonb at its alignment.
pub struct Jsonb {
    words: Vec<u64>,
    length: usize,
}

impl Jsonb {
    /// Copies a detoasted jsonb.
    ///
    /// # Safety
    /// `varlena` is a jsonb with a four-byte header.
    pub unsafe fn from_varlena(varlena: *const pg_sys::varlena) -> Self {
        // SAFETY: the header gives the length, and the vector is at least as long.
        unsafe {
            let length = pgrx::varsize_any(varlena);
            let mut words = vec![0_u64; length.div_ceil(8)];
            std::ptr::copy_nonoverlapping(varlena.cast::<u8>(), words.as_mut_ptr().cast::<u8>(), length);
            Self { words, length }
        }
    }

    /// Parses JSON text, in UTF-8, that the extension itself has written.
    pub fn from_text(json: &str) -> Self {
        let json = CString::new(json).unwrap_or_default();
        // SAFETY: jsonb_in reads a C string in the server's encoding and returns a palloc'd value.
        unsafe {
            let length = i32::try_from(json.as_bytes().len()).unwrap_or(i32::MAX);
            let utf8 = pg_sys::pg_enc::PG_UTF8 as i32;
            let text = pg_sys::pg_any_to_server(json.as_ptr(), length, utf8);
            let function = pg_sys::Oid::from(pg_sys::F_JSONB_IN);
            let datum = pg_sys::OidInputFunctionCall(function, text, pg_sys::InvalidOid, -1);
            Self::from_varlena(datum.cast_mut_ptr())
        }
    }

    /// The bytes, header included.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `length` bytes of the words are initialized.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr().cast(), self.length) }
    }

    /// The value as a datum; valid while `self` lives.
    pub fn datum(&self) -> Datum {
        Datum::from(self.words.as_ptr())
    }

    /// A copy in the current memory context.
    pub fn to_palloc(&self) -> *mut pg_sys::Jsonb {
        // SAFETY: palloc returns memory or raises.
        unsafe {
            let copy = pg_sys::palloc(self.length).cast::<u8>();
            std::ptr::copy_nonoverlapping(self.words.as_ptr().cast(), copy, self.length);
            copy.cast()
        }
    }

    /// Calls `read` with the jsonb's own text in UTF-8, as `jsonb_out` prints it.
    pub fn with_text<T>(&self, read: impl FnOnce(&str) -> T) -> T {
        // Room for the quotes and separators, which are not stored.
        let mut text = Vec::with_capacity(self.length + self.length / 2);
        text::write(self.bytes(), &mut text);
        read(&bytes_from_server(&text))
    }

    /// The value as a [`serde_json::Value`]; see [`awgp_core::json::stored`].
    pub fn value(&self) -> serde_json::Value {
        self.with_text(awgp_core::json::stored)
    }

    /// True where it is a JSON object.
    pub fn is_object(&self) -> bool {
        // SAFETY: the words hold a whole jsonb.
        let header = unsafe { (*self.words.as_ptr().cast::<pg_sys::Jsonb>()).root.header };
        header & pg_sys::JB_FOBJECT != 0
    }

    /// The object without one key. Done by the server, because parsing into Rust would lose digits of
    /// numbers.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        let key = crate::pg::encoding::to_server(key).unwrap_or(Datum::null());
        self.with_function(pg_sys::F_JSONB_DELETE_JSONB_TEXT, key)
    }

    /// The object with the keys of `other` added; for a key in both, the value of `other` counts.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        self.with_function(pg_sys::F_JSONB_CONCAT, other.datum())
    }

    fn with_function(&self, function: u32, argument: Datum) -> Self {
        // SAFETY: a built-in function of two arguments; the first and the result are jsonb.
        unsafe {
            let function = pg_sys::Oid::from(function);
            let datum = pg_sys::OidFunctionCall2Coll(function, pg_sys::InvalidOid, self.datum(), argument);
            Self::from_varlena(pg_sys::pg_detoast_datum(datum.cast_mut_ptr()))
        }
    }
}

impl FromDatum for Jsonb {
    unsafe fn from_polymorphic_datum(datum: Datum, is_null: bool, _kind: pg_sys::Oid) -> Option<Self> {
        // SAFETY: the caller guarantees a jsonb datum.
        (!is_null).then(|| unsafe { Self::from_varlena(pg_sys::pg_detoast_datum(datum.cast_mut_ptr())) })
    }
}

impl IntoDatum for Jsonb {
    fn into_datum(self) -> Option<Datum> {
        Some(Datum::from(self.to_palloc()))
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::JSONBOID
    }
}

// SAFETY: unboxed through FromDatum above, with the SQL type declared below.
unsafe impl<'fcx> ArgAbi<'fcx> for Jsonb {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: as the trait asks; SQL declares the argument jsonb.
        unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or_else(|| Self::from_text("null"))
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        // SAFETY: as above.
        unsafe { arg.unbox_arg_using_from_datum() }.into()
    }
}

// SAFETY: copied into the caller's memory context, where functions return values.
unsafe impl BoxRet for Jsonb {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> pgrx::datum::Datum<'fcx> {
        // SAFETY: a jsonb's datum.
        unsafe { fcinfo.return_raw_datum(Datum::from(self.to_palloc())) }
    }
}

// SAFETY: the SQL type is jsonb.
unsafe impl SqlTranslatable for Jsonb {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Jsonb);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::literal("jsonb"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> = Ok(ReturnsRef::One(SqlMappingRef::literal("jsonb")));
}
