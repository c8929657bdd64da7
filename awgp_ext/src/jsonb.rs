//! jsonb values held outside of PostgreSQL's memory contexts, as the server's own bytes.

use pgrx::pg_sys::{self, Datum};
use std::ffi::{CStr, CString};

/// A jsonb: the varlena's bytes, uncompressed, header included.
///
/// Held as 64-bit words, because the server reads a jsonb at its own alignment.
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
        // SAFETY: the header says how long it is, and the words behind the copy are large enough.
        unsafe {
            let length = pgrx::varsize_any(varlena);
            let mut words = vec![0_u64; length.div_ceil(8)];
            std::ptr::copy_nonoverlapping(varlena.cast::<u8>(), words.as_mut_ptr().cast::<u8>(), length);
            Self { words, length }
        }
    }

    /// Parses JSON text of our own making, in UTF-8.
    pub fn from_text(json: &str) -> Self {
        let json = CString::new(json).unwrap_or_default();
        // SAFETY: jsonb_in reads a C string in the server's encoding and palloc's its answer.
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
        // SAFETY: `length` bytes were written into the words.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr().cast(), self.length) }
    }

    /// The value as a datum; valid while `self` lives.
    pub fn datum(&self) -> Datum {
        Datum::from(self.words.as_ptr())
    }

    /// A copy in the current memory context.
    pub fn to_palloc(&self) -> *mut pg_sys::Jsonb {
        // SAFETY: palloc answers or raises.
        unsafe {
            let copy = pg_sys::palloc(self.length).cast::<u8>();
            std::ptr::copy_nonoverlapping(self.words.as_ptr().cast(), copy, self.length);
            copy.cast()
        }
    }

    /// Calls `read` with the jsonb's own text in UTF-8, as `jsonb_out` prints it.
    pub fn with_text<T>(&self, read: impl FnOnce(&str) -> T) -> T {
        // SAFETY: JsonbToCString palloc's a C string in the server's encoding, pg_server_to_any converts or
        // answers the same pointer.
        unsafe {
            let root = &raw mut (*self.words.as_ptr().cast_mut().cast::<pg_sys::Jsonb>()).root;
            let length = i32::try_from(self.length).unwrap_or(i32::MAX);
            let text = pg_sys::JsonbToCString(std::ptr::null_mut(), root, length);
            let bytes = CStr::from_ptr(text).to_bytes().len();
            let utf8 = pg_sys::pg_server_to_any(
                text,
                i32::try_from(bytes).unwrap_or(i32::MAX),
                pg_sys::pg_enc::PG_UTF8 as i32,
            );
            let answer = read(&CStr::from_ptr(utf8).to_string_lossy());
            if utf8 != text {
                pg_sys::pfree(utf8.cast());
            }
            pg_sys::pfree(text.cast());
            answer
        }
    }
}
