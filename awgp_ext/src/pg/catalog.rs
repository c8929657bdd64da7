//! What AWGP's own relations and columns are called, and where the catalog has them: asked once, remembered.
//!
//! A cost asks some forty times for a relation or a column by its name. A relation's oid is remembered until the catalog says
//! that this relation has changed. A column's number is only a guess: it counts where the descriptor at hand has that name
//! there, so whatever happens to the table, the answer is the one that a search of all names gives.

use super::invalidation::on_relation_change;
use super::tuple;
use pgrx::pg_sys;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::num::NonZeroUsize;

thread_local! {
    static OIDS: RefCell<HashMap<CString, pg_sys::Oid>> = RefCell::new(HashMap::new());
    /// Column numbers, by where the column's name stands in our memory and which row type was asked for it.
    static GUESSES: [Cell<i16>; GUESSED] = const { [const { Cell::new(0) }; GUESSED] };
}

const GUESSED: usize = 1024;

/// Listens for changes of relations, once a backend.
pub fn listen() {
    on_relation_change(|changed| {
        OIDS.with_borrow_mut(|oids| match changed {
            Some(relation) => oids.retain(|_, oid| *oid != relation),
            None => oids.clear(),
        });
    });
}

/// The oid of a relation of AWGP's; InvalidOid where there is none.
pub fn relation_oid(name: &CStr) -> pg_sys::Oid {
    if let Some(oid) = OIDS.with_borrow(|oids| oids.get(name).copied()) {
        return oid;
    }
    // SAFETY: syscache look-ups, which may bring changes that empty what is remembered: so it is not borrowed here.
    let oid = unsafe { pg_sys::get_relname_relid(name.as_ptr(), namespace()) };
    if oid != pg_sys::InvalidOid {
        OIDS.with_borrow_mut(|oids| oids.insert(name.to_owned(), oid));
    }
    oid
}

/// The schema of AWGP.
pub fn namespace() -> pg_sys::Oid {
    // SAFETY: a syscache look-up.
    unsafe { pg_sys::get_namespace_oid(c"awgp".as_ptr(), false) }
}

/// The number of a column, from 1; None where the descriptor has no such column.
///
/// # Safety
/// The descriptor is live.
pub unsafe fn column(descriptor: pg_sys::TupleDesc, name: &CStr) -> Option<NonZeroUsize> {
    // SAFETY: a guess is looked at only below the descriptor's width.
    unsafe {
        let row_type = usize::try_from((*descriptor).tdtypeid.to_u32()).unwrap_or(0);
        let place = (name.as_ptr().addr() ^ row_type.wrapping_mul(31)) % GUESSED;
        let guess = i32::from(GUESSES.with(|guesses| guesses[place].get()));
        if guess > 0 && guess <= (*descriptor).natts {
            let attribute = tuple::attribute(descriptor, guess - 1);
            if !(*attribute).attisdropped && CStr::from_ptr((*attribute).attname.data.as_ptr()) == name {
                return NonZeroUsize::new(guess.unsigned_abs() as usize);
            }
        }
        // A negative number is a system column, which no row of ours is read by.
        let number = pg_sys::SPI_fnumber(descriptor, name.as_ptr());
        let found = i16::try_from(number).ok().filter(|number| *number > 0)?;
        GUESSES.with(|guesses| guesses[place].set(found));
        NonZeroUsize::new(usize::from(found.unsigned_abs()))
    }
}

/// The number of a column as the access methods want it; 0, which no column has, where there is none.
///
/// # Safety
/// The descriptor is live.
pub unsafe fn attribute_number(descriptor: pg_sys::TupleDesc, name: &CStr) -> pg_sys::AttrNumber {
    // SAFETY: the caller's promise.
    let number = unsafe { column(descriptor, name) };
    number.and_then(|number| pg_sys::AttrNumber::try_from(number.get()).ok()).unwrap_or(0)
}
