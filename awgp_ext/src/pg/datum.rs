//! Values between SQL and Rust.

use super::encoding::{Text, to_server};
use pgrx::pg_sys::{self, Datum};
use pgrx::{FromDatum, IntoDatum};
use uuid::Uuid;

/// An array of uuids from its datum.
///
/// # Safety
/// The datum is a non-null uuid[].
pub unsafe fn uuid_array_of(datum: Datum) -> Option<Vec<Option<Uuid>>> {
    // SAFETY: the caller guarantees a uuid[].
    let ids: Option<Vec<Option<pgrx::Uuid>>> = unsafe { FromDatum::from_datum(datum, false) };
    ids.map(|ids| ids.iter().map(|id| id.as_ref().map(from_sql)).collect())
}

/// The varlena of a uuid[], laid out as the server does: size, dimensions, no NULL bitmap, type, length,
/// lower bound, elements. An empty array has no dimension.
pub fn uuid_array(ids: &[Uuid]) -> Box<[u8]> {
    let dimensions = usize::from(!ids.is_empty());
    let size = size_of::<pg_sys::ArrayType>() + dimensions * 2 * size_of::<i32>() + size_of_val(ids);
    let mut array = vec![0; size].into_boxed_slice();
    // SAFETY: the buffer is at least as large as the header; set_varsize writes its first four bytes.
    unsafe { pgrx::set_varsize_4b(array.as_mut_ptr().cast(), i32::try_from(size).unwrap_or(i32::MAX)) };
    let mut rest = &mut array[size_of::<i32>()..];
    let mut put = |bytes: &[u8]| {
        let (place, after) = std::mem::take(&mut rest).split_at_mut(bytes.len());
        place.copy_from_slice(bytes);
        rest = after;
    };
    put(&i32::try_from(dimensions).unwrap_or(0).to_ne_bytes());
    put(&0_i32.to_ne_bytes());
    put(&pg_sys::UUIDOID.to_u32().to_ne_bytes());
    if dimensions > 0 {
        put(&i32::try_from(ids.len()).unwrap_or(i32::MAX).to_ne_bytes());
        put(&1_i32.to_ne_bytes());
        ids.iter().for_each(|id| put(id.as_bytes()));
    }
    array
}

/// A uuid from its datum.
///
/// # Safety
/// The datum is a non-null uuid.
pub unsafe fn uuid_of(datum: Datum) -> Uuid {
    // SAFETY: a uuid is sixteen bytes behind a pointer.
    Uuid::from_bytes(unsafe { *datum.cast_mut_ptr::<[u8; 16]>() })
}

/// Text from its datum, in UTF-8.
///
/// # Safety
/// The datum is a non-null text.
pub unsafe fn text_of(datum: Datum) -> Option<String> {
    // SAFETY: the caller guarantees a text.
    unsafe { Text::from_datum(datum, false) }.map(|text| text.0)
}

/// The elements of a text[] that are not NULL.
///
/// # Safety
/// The datum is a non-null text[].
pub unsafe fn texts_of(datum: Datum) -> Vec<String> {
    // SAFETY: the caller guarantees a text[].
    let texts: Option<Vec<Option<String>>> = unsafe { FromDatum::from_datum(datum, false) };
    texts.unwrap_or_default().into_iter().flatten().collect()
}

/// The elements of a text[]; None for those that are NULL.
///
/// # Safety
/// The datum is a non-null text[].
pub unsafe fn text_array_of(datum: Datum) -> Option<Vec<Option<String>>> {
    // SAFETY: the caller guarantees a text[].
    unsafe { FromDatum::from_datum(datum, false) }
}

/// A uuid as pgrx passes it to SQL.
pub fn to_sql(id: Uuid) -> pgrx::Uuid {
    pgrx::Uuid::from_bytes(*id.as_bytes())
}

/// A uuid as SQL passes it to pgrx.
pub fn from_sql(id: &pgrx::Uuid) -> Uuid {
    Uuid::from_bytes(*id.as_bytes())
}

/// A uuid as an argument.
pub fn uuid(id: Uuid) -> Option<Datum> {
    to_sql(id).into_datum()
}

/// A uuid[] as an argument.
pub fn uuids(ids: &[Uuid]) -> Option<Datum> {
    ids.iter().copied().map(to_sql).collect::<Vec<_>>().into_datum()
}

/// A text as an argument, in the server's encoding.
pub fn text(text: &str) -> Option<Datum> {
    to_server(text)
}
