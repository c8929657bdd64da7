//! Rows and their columns, below SQL.

use super::datum::{text_array_of, text_of, texts_of, uuid_array_of, uuid_of};
use super::descriptor::{attribute_number, attributes, column as column_number};
use super::encoding::from_server;
use super::jsonb::Jsonb;
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;
use std::num::NonZeroUsize;
use uuid::Uuid;

/// One row of a scan; valid only inside the callback.
pub struct Row {
    tuple: pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
}

impl Row {
    /// A row of a running scan.
    pub fn new(tuple: pg_sys::HeapTuple, descriptor: pg_sys::TupleDesc) -> Self {
        Self { tuple, descriptor }
    }

    /// The row as a composite value, in the current memory context.
    pub fn composite(&self) -> Datum {
        // SAFETY: tuple and descriptor belong together, and the descriptor is a table's.
        unsafe { pg_sys::heap_copy_tuple_as_datum(self.tuple, self.descriptor) }
    }

    /// A column's value as stored; None for NULL.
    pub fn datum(&self, column: &CStr) -> Option<Datum> {
        // SAFETY: tuple and descriptor belong to the scan that is open around the callback, and the number
        // comes from this descriptor.
        unsafe {
            let number = column_number(self.descriptor, column)?;
            pgrx::htup::heap_getattr_raw(self.tuple, number, self.descriptor)
        }
    }

    /// A uuid column.
    pub fn uuid(&self, column: &CStr) -> Option<Uuid> {
        // SAFETY: callers name uuid columns.
        self.datum(column).map(|datum| unsafe { uuid_of(datum) })
    }

    /// A uuid[] column.
    pub fn uuid_array(&self, column: &CStr) -> Option<Vec<Option<Uuid>>> {
        // SAFETY: callers name columns of type uuid[].
        self.datum(column).and_then(|datum| unsafe { uuid_array_of(datum) })
    }

    /// A column of any type, as its output function prints it.
    pub fn printed(&self, column: &CStr) -> Option<String> {
        // SAFETY: tuple and descriptor belong together; the result is null or a palloc'd C string.
        unsafe {
            let number = i32::from(attribute_number(self.descriptor, column));
            let text = pg_sys::SPI_getvalue(self.tuple, self.descriptor, number);
            (!text.is_null()).then(|| from_server(CStr::from_ptr(text)).into_owned())
        }
    }

    /// A column of type name, in the server's encoding.
    pub fn name(&self, column: &CStr) -> Option<String> {
        // SAFETY: callers name columns of type name, which end with a zero byte.
        let read =
            |datum: Datum| unsafe { CStr::from_ptr(datum.cast_mut_ptr()).to_string_lossy().into_owned() };
        self.datum(column).map(read)
    }

    /// A column of type oid.
    pub fn oid(&self, column: &CStr) -> Option<pg_sys::Oid> {
        #[expect(clippy::cast_possible_truncation, reason = "a by-value 32-bit number")]
        self.datum(column).map(|datum| pg_sys::Oid::from(datum.value() as u32))
    }

    /// A text[] column; None for the elements that are NULL.
    pub fn text_array(&self, column: &CStr) -> Option<Vec<Option<String>>> {
        // SAFETY: callers name text[] columns.
        self.datum(column).and_then(|datum| unsafe { text_array_of(datum) })
    }

    /// A boolean column; NULL counts as false.
    pub fn flag(&self, column: &CStr) -> bool {
        self.datum(column).is_some_and(|datum| datum.value() & 0xff != 0)
    }

    /// A bigint or timestamptz column.
    pub fn bigint(&self, column: &CStr) -> Option<i64> {
        #[expect(clippy::cast_possible_wrap, reason = "by-value 64-bit integers")]
        self.datum(column).map(|datum| datum.value() as i64)
    }

    /// A smallint column.
    pub fn smallint(&self, column: &CStr) -> Option<i16> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "by-value 16-bit integers"
        )]
        self.datum(column).map(|datum| datum.value() as i16)
    }

    /// An integer column.
    pub fn integer(&self, column: &CStr) -> Option<i32> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "by-value 32-bit integers"
        )]
        self.datum(column).map(|datum| datum.value() as i32)
    }

    /// A jsonb column.
    pub fn jsonb(&self, column: &CStr) -> Option<Jsonb> {
        // SAFETY: callers name jsonb columns.
        self.datum(column).and_then(|datum| unsafe { Jsonb::from_datum(datum, false) })
    }

    /// An integer[] column without its NULL elements.
    pub fn integers(&self, column: &CStr) -> Option<Vec<i32>> {
        // SAFETY: callers name integer[] columns.
        let read = |datum| unsafe { <Vec<Option<i32>>>::from_datum(datum, false) };
        self.datum(column).and_then(read).map(|numbers| numbers.into_iter().flatten().collect())
    }

    /// The elements of a text[] column that are not NULL; empty where the column is NULL.
    pub fn texts(&self, column: &CStr) -> Vec<String> {
        // SAFETY: callers name text[] columns.
        self.datum(column).map(|datum| unsafe { texts_of(datum) }).unwrap_or_default()
    }

    /// A numeric column as the server prints it, with all digits.
    pub fn numeric(&self, column: &CStr) -> Option<String> {
        self.datum(column).map(|datum| {
            // SAFETY: callers name numeric columns; the result is a palloc'd C string of ASCII, copied at
            // once.
            unsafe {
                let text = pg_sys::OidOutputFunctionCall(pg_sys::Oid::from(pg_sys::F_NUMERIC_OUT), datum);
                CStr::from_ptr(text).to_string_lossy().into_owned()
            }
        })
    }

    /// True where the column is NULL.
    pub fn is_null(&self, column: &CStr) -> bool {
        self.datum(column).is_none()
    }

    /// A bytea column.
    pub fn bytes(&self, column: &CStr) -> Option<Vec<u8>> {
        // SAFETY: callers name bytea columns.
        self.datum(column).and_then(|datum| unsafe { Vec::<u8>::from_datum(datum, false) })
    }

    /// A text column.
    pub fn text(&self, column: &CStr) -> Option<String> {
        // SAFETY: callers name text columns.
        self.datum(column).and_then(|datum| unsafe { text_of(datum) })
    }
}

/// True where the two rows differ in a column that is not ignored.
///
/// # Safety
/// Both tuples are live and have this descriptor.
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
/// Both tuples are live and have this descriptor.
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
    // SAFETY: the number comes from the descriptor.
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

/// True where the two are equal byte for byte, whatever their compression or storage.
///
/// # Safety
/// Both are non-null values of a type of this length.
pub unsafe fn same_image(before: Datum, after: Datum, by_value: bool, length: i16) -> bool {
    unsafe extern "C-unwind" {
        fn datum_image_eq(a: Datum, b: Datum, by_value: bool, length: i32) -> bool;
    }
    // SAFETY: the server's own function; the guard carries an error across Rust frames.
    unsafe {
        pg_sys::ffi::pg_guard_ffi_boundary(|| datum_image_eq(before, after, by_value, i32::from(length)))
    }
}

/// The size of a varlena once it is detoasted.
///
/// # Safety
/// A non-null value of a variable-length type.
pub unsafe fn raw_size(datum: Datum) -> usize {
    // SAFETY: the header tells how the value is stored.
    unsafe {
        let varlena = datum.cast_mut_ptr::<pg_sys::varlena>();
        if pgrx::varatt_is_1b_e(varlena) || pgrx::varatt_is_4b_c(varlena) {
            return pg_sys::toast_raw_datum_size(datum);
        }
        pgrx::varsize_any(varlena)
    }
}
