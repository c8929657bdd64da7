//! The trigger that holds every free column of AWGP's own tables to its bound, whoever writes.
//!
//! It is the first of a table's row triggers, so that nothing renders, hashes or compares a value before it is known to be of
//! bounded size. What does not change is not looked at: a row that was larger before may still be worked on.

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

/// A jsonb this small has a text within its bound, whatever it holds.
const SMALL_JSON: usize = 64;
/// The text of a jsonb is at most this many times shorter than what is stored.
const JSON_FACTOR: usize = 8;
/// The bytes of a varlena's header.
const HEADER: usize = 4;

fn guard_bounds(call: &TriggerCall) -> Datum {
    let change = call.change();
    let Some(new) = change.new else { return call.keep() };
    let exempt = call.argument(1).strip_prefix("but=").unwrap_or_default();
    // SAFETY: both are rows of the trigger's table, read by the descriptor's own numbers.
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
            // The same may be stored in another way.
            let is_old = old.is_some_and(|old| tuple::same_image(old, datum, false, -1));
            let name = from_server(CStr::from_ptr(attribute.attname.data.as_ptr()));
            if !is_old && !exempt.split(',').any(|column| column == name) {
                raise(&too_large(call.argument(0), &name, limit));
            }
        }
    }
    call.keep()
}

/// The bytes of a value as they are in its row: those of a pointer where it is stored elsewhere.
unsafe fn stored<'row>(datum: Datum) -> &'row [u8] {
    // SAFETY: a non-null value of variable length; its row outlives the call.
    unsafe {
        let varlena = datum.cast_mut_ptr::<pg_sys::varlena>();
        std::slice::from_raw_parts(varlena.cast(), pgrx::varsize_any(varlena))
    }
}

fn limit_of(kind: pg_sys::Oid) -> usize {
    if kind == pg_sys::JSONBOID { JSON_BYTES_MAX } else { TEXT_BYTES_MAX }
}

/// Whether a value is within the limit: a jsonb by its text, everything else as it is stored. It is measured before it is
/// fetched or unpacked.
unsafe fn fits(datum: Datum, kind: pg_sys::Oid, limit: usize) -> bool {
    // SAFETY: a non-null value of variable length.
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
