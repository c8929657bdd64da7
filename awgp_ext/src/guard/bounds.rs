//! The trigger that keeps every column of unlimited type in AWGP's own tables within its bound, for every
//! role.
//!
//! It is the first of a table's row triggers, so that nothing renders, hashes or compares a value of
//! unbounded size. Values that do not change are not checked: a row that is already larger can still be
//! worked with.

use crate::audit::left_out;
use crate::pg::descriptor;
use crate::pg::encoding::from_server;
use crate::pg::raise::raise;
use crate::pg::trigger::{TriggerCall, trigger_function};
use crate::pg::tuple;
use awgp_core::bounds::{JSON_BYTES_MAX, TEXT_BYTES_MAX, too_large};
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;
use std::num::NonZeroUsize;

trigger_function!(awgp_guard_bounds, pg_finfo_awgp_guard_bounds, guard_bounds);

/// A jsonb this small has a text within the limit, whatever it contains.
const SMALL_JSON: usize = 64;
/// The stored form of a jsonb is at most this many times longer than its text.
const JSON_FACTOR: usize = 8;
/// The size of a varlena's header.
const HEADER: usize = 4;

fn guard_bounds(call: &TriggerCall) -> Datum {
    let change = call.change();
    let Some(new) = change.new else { return call.keep() };
    let exempt = call.argument(1).strip_prefix("but=").unwrap_or_default();
    // SAFETY: both are rows of the trigger's table, read with numbers from the descriptor.
    unsafe {
        for attribute in descriptor::attributes(change.descriptor).filter(|attribute| attribute.attlen == -1)
        {
            let number = NonZeroUsize::new(usize::from(attribute.attnum.unsigned_abs()));
            let value = |row| number.and_then(|n| pgrx::htup::heap_getattr_raw(row, n, change.descriptor));
            let Some(datum) = value(new) else { continue };
            let old = change.old.and_then(value);
            let limit = limit_of(attribute.atttypid);
            if old.is_some_and(|old| stored(old) == stored(datum)) || fits(datum, attribute.atttypid, limit) {
                continue;
            }
            // The same value may be stored in different ways.
            let is_old = old.is_some_and(|old| tuple::same_image(old, datum, false, -1));
            let name = from_server(CStr::from_ptr(attribute.attname.data.as_ptr()));
            if !is_old && !exempt.split(',').any(|column| column == name) {
                raise(&too_large(call.argument(0), &name, limit));
            }
        }
    }
    call.keep()
}

/// The bytes of a value in its row; for a value stored out of line, those of the pointer.
unsafe fn stored<'row>(datum: Datum) -> &'row [u8] {
    // SAFETY: a non-null value of a variable-length type; its row outlives the call.
    unsafe {
        let varlena = datum.cast_mut_ptr::<pg_sys::varlena>();
        std::slice::from_raw_parts(varlena.cast(), pgrx::varsize_any(varlena))
    }
}

fn limit_of(kind: pg_sys::Oid) -> usize {
    if kind == pg_sys::JSONBOID { JSON_BYTES_MAX } else { TEXT_BYTES_MAX }
}

/// True where a value is within the limit: a jsonb by its text, any other type by its stored size. Oversized
/// values are refused before they are detoasted.
unsafe fn fits(datum: Datum, kind: pg_sys::Oid, limit: usize) -> bool {
    // SAFETY: a non-null value of a variable-length type.
    unsafe {
        let size = tuple::raw_size(datum);
        if kind != pg_sys::JSONBOID {
            return size <= limit.saturating_add(HEADER);
        }
        if size <= SMALL_JSON {
            return true;
        }
        if size > limit.saturating_mul(JSON_FACTOR) {
            return false;
        }
        let jsonb = pg_sys::pg_detoast_datum(datum.cast_mut_ptr());
        let bytes = std::slice::from_raw_parts(jsonb.cast::<u8>(), pgrx::varsize_any(jsonb));
        let fits = !left_out::is_longer(bytes, limit);
        if jsonb.cast() != datum.cast_mut_ptr::<pg_sys::varlena>() {
            pg_sys::pfree(jsonb.cast());
        }
        fits
    }
}
