//! Columns of a row type: their numbers by name, and what the catalog says about them.
//!
//! Recording one cost looks up columns by name about forty times. A number that was found is kept as a guess.
//! A guess counts only where the descriptor at hand has that name at that number, so the answer is always the
//! one that a search by name gives, whatever happens to the table.

use super::encoding::from_server;
use pgrx::pg_sys;
use std::borrow::Cow;
use std::cell::Cell;
use std::ffi::CStr;
use std::num::NonZeroUsize;

const GUESSED: usize = 1024;

thread_local! {
    /// Guessed column numbers, by the address of the column's name and the row type.
    static GUESSES: [Cell<i16>; GUESSED] = const { [const { Cell::new(0) }; GUESSED] };
}

/// The number of a column, from 1; None where the descriptor has no such column.
///
/// # Safety
/// The descriptor is live.
pub unsafe fn column(descriptor: pg_sys::TupleDesc, name: &CStr) -> Option<NonZeroUsize> {
    // SAFETY: a guess is used only where it is within the descriptor's width.
    unsafe {
        let row_type = usize::try_from((*descriptor).tdtypeid.to_u32()).unwrap_or(0);
        let place = (name.as_ptr().addr() ^ row_type.wrapping_mul(31)) % GUESSED;
        let guess = i32::from(GUESSES.with(|guesses| guesses[place].get()));
        if guess > 0 && guess <= (*descriptor).natts {
            let attribute = attribute(descriptor, guess - 1);
            if !(*attribute).attisdropped && CStr::from_ptr((*attribute).attname.data.as_ptr()) == name {
                return NonZeroUsize::new(guess.unsigned_abs() as usize);
            }
        }
        // A negative number is a system column; none of our code reads one by name.
        let number = pg_sys::SPI_fnumber(descriptor, name.as_ptr());
        let found = i16::try_from(number).ok().filter(|number| *number > 0)?;
        GUESSES.with(|guesses| guesses[place].set(found));
        NonZeroUsize::new(usize::from(found.unsigned_abs()))
    }
}

/// The number of a column as the access methods take it; 0, which is never a column, where it does not exist.
///
/// # Safety
/// The descriptor is live.
pub unsafe fn attribute_number(descriptor: pg_sys::TupleDesc, name: &CStr) -> pg_sys::AttrNumber {
    // SAFETY: the caller guarantees a live descriptor.
    let number = unsafe { column(descriptor, name) };
    number.and_then(|number| pg_sys::AttrNumber::try_from(number.get()).ok()).unwrap_or(0)
}

/// A column's name.
pub fn name_of(attribute: &pg_sys::FormData_pg_attribute) -> Cow<'_, str> {
    // SAFETY: a name is terminated by a zero byte.
    from_server(unsafe { CStr::from_ptr(attribute.attname.data.as_ptr()) })
}

/// The columns that are neither dropped nor virtual.
///
/// # Safety
/// The descriptor is live while the answer is used.
pub unsafe fn attributes(
    descriptor: pg_sys::TupleDesc,
) -> impl Iterator<Item = &'static pg_sys::FormData_pg_attribute> {
    const VIRTUAL: std::ffi::c_char = b'v' as std::ffi::c_char;
    // SAFETY: natts attributes follow the descriptor, and the caller keeps it alive.
    unsafe {
        (0..(*descriptor).natts)
            .map(move |number| &*attribute(descriptor, number))
            .filter(|attribute| !attribute.attisdropped && attribute.attgenerated != VIRTUAL)
    }
}

/// One column's description. PostgreSQL 18 moved it, so the server's accessor is called.
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

/// True for a column of a domain, whose default and CHECKs are the type's.
pub fn is_of_domain(attribute: &pg_sys::FormData_pg_attribute) -> bool {
    const DOMAIN: std::ffi::c_char = b'd' as std::ffi::c_char;
    // SAFETY: a syscache look-up.
    unsafe { pg_sys::get_typtype(attribute.atttypid) == DOMAIN }
}

/// True where a column is generated from others.
///
/// # Safety
/// The constraints are live.
#[cfg(not(any(feature = "pg15", feature = "pg16", feature = "pg17")))]
pub unsafe fn has_generated_column(constraints: *const pg_sys::TupleConstr) -> bool {
    // SAFETY: the caller passes live constraints.
    unsafe { (*constraints).has_generated_stored || (*constraints).has_generated_virtual }
}

/// True where a column is generated from others.
///
/// # Safety
/// The constraints are live.
#[cfg(any(feature = "pg15", feature = "pg16", feature = "pg17"))]
pub unsafe fn has_generated_column(constraints: *const pg_sys::TupleConstr) -> bool {
    // SAFETY: the caller passes live constraints.
    unsafe { (*constraints).has_generated_stored }
}

/// True where a column became NOT NULL and no row was looked at: one that is there may have no value.
///
/// # Safety
/// The descriptor is a table's, and live.
#[cfg(not(any(feature = "pg15", feature = "pg16", feature = "pg17")))]
pub unsafe fn has_unchecked_not_null(descriptor: pg_sys::TupleDesc) -> bool {
    // SAFETY: natts short descriptions of columns follow.
    let columns = unsafe {
        let count = usize::try_from((*descriptor).natts).unwrap_or(0);
        std::slice::from_raw_parts((*descriptor).compact_attrs.as_ptr(), count)
    };
    columns.iter().any(|column| column.attnullability.cast_unsigned() == pg_sys::ATTNULLABLE_INVALID)
}

/// False: every row was looked at.
///
/// # Safety
/// None is needed.
#[cfg(any(feature = "pg15", feature = "pg16", feature = "pg17"))]
pub unsafe fn has_unchecked_not_null(_: pg_sys::TupleDesc) -> bool {
    false
}
