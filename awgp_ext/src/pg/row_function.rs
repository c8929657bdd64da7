//! C functions that return a row of a table.
//!
//! They are created together with the tables, not by the extension's script (see `install::manifest`). They
//! are not written in SQL, because an SQL body is parsed and planned again in each call.

use crate::pg::argument;
use crate::pg::datum;
use crate::pg::jsonb::Jsonb;
use awgp_core::argument::Span;
use pgrx::pg_sys::{self, Datum};
use pgrx::{FromDatum, IntoDatum};
use uuid::Uuid;

/// The arguments of a call.
pub struct Arguments(pg_sys::FunctionCallInfo);

impl Arguments {
    /// The arguments as PostgreSQL passed them.
    ///
    /// # Safety
    /// `fcinfo` is the server's own, of the running call.
    pub unsafe fn new(fcinfo: pg_sys::FunctionCallInfo) -> Self {
        Self(fcinfo)
    }

    /// An argument, counted from 0; None for NULL.
    pub fn get(&self, number: usize) -> Option<Datum> {
        // SAFETY: the SQL declaration has this argument.
        let argument = unsafe { (*self.0).args.as_slice(number + 1)[number] };
        (!argument.isnull).then_some(argument.value)
    }

    /// A uuid argument.
    pub fn uuid(&self, number: usize) -> Option<Uuid> {
        // SAFETY: callers name uuid arguments.
        self.get(number).map(|datum| unsafe { datum::uuid_of(datum) })
    }

    /// A bigint argument for a column or parameter of 32 bits.
    pub fn whole(&self, number: usize, name: &str) -> Option<Datum> {
        #[expect(clippy::cast_possible_wrap, reason = "a by-value 64-bit integer")]
        let given = self.get(number).map(|datum| datum.value() as i64);
        argument::whole(name, given).and_then(IntoDatum::into_datum)
    }

    /// The same as a number; 0 for NULL.
    pub fn count(&self, number: usize, name: &str) -> i32 {
        self.whole(number, name).map_or(0, |datum| datum.value() as i32)
    }

    /// An interval argument.
    pub fn span(&self, number: usize) -> Option<pgrx::datum::Interval> {
        // SAFETY: callers name interval arguments.
        self.get(number).and_then(|datum| unsafe { FromDatum::from_datum(datum, false) })
    }

    /// Refuses an interval argument that is out of range.
    pub fn check_span(&self, number: usize, name: &str) {
        let Some(datum) = self.get(number) else { return };
        // SAFETY: callers name interval arguments, which are passed by reference.
        let span = unsafe { &*datum.cast_mut_ptr::<pg_sys::Interval>() };
        argument::check_span(name, Span { months: span.month, days: span.day, microseconds: span.time });
    }

    /// A jsonb argument as its text.
    pub fn json(&self, number: usize) -> Option<String> {
        // SAFETY: callers name jsonb arguments.
        let value = self.get(number).and_then(|datum| unsafe { Jsonb::from_datum(datum, false) });
        value.map(|value| value.with_text(str::to_owned))
    }

    /// A text argument.
    pub fn text(&self, number: usize) -> Option<String> {
        // SAFETY: callers name text arguments.
        self.get(number).and_then(|datum| unsafe { datum::text_of(datum) })
    }
}

/// A row as a value of the type that the function is declared to return. A statement's row has no dropped
/// column, and the table's type has: then the row gets NULL in their places.
pub fn declared(arguments: &Arguments, row: Datum) -> Datum {
    // SAFETY: the row is a composite value, whose header names its type; both descriptions are released.
    unsafe {
        let header: pg_sys::HeapTupleHeader = row.cast_mut_ptr();
        let (kind, modifier) =
            ((*header).t_choice.t_datum.datum_typeid, (*header).t_choice.t_datum.datum_typmod);
        if kind != pg_sys::RECORDOID {
            return row;
        }
        let made = pg_sys::lookup_rowtype_tupdesc(kind, modifier);
        let function = (*(*arguments.0).flinfo).fn_oid;
        let wanted = pg_sys::lookup_rowtype_tupdesc(pg_sys::get_func_rettype(function), -1);
        let same = (*made).natts == (*wanted).natts;
        let row = if same { row } else { with_dropped_columns(header, made, wanted) };
        for description in [made, wanted] {
            if (*description).tdrefcount >= 0 {
                pg_sys::DecrTupleDescRefCount(description);
            }
        }
        row
    }
}

/// The row with each column at the place that its name has in the wanted description.
///
/// # Safety
/// The row is of the first description, and both are live.
unsafe fn with_dropped_columns(
    row: pg_sys::HeapTupleHeader,
    made: pg_sys::TupleDesc,
    wanted: pg_sys::TupleDesc,
) -> Datum {
    // SAFETY: the caller's row; the map is of these descriptions, or null where there is nothing to move.
    unsafe {
        let map = pg_sys::convert_tuples_by_name(made, wanted);
        if map.is_null() {
            return Datum::from(row);
        }
        let mut tuple = pg_sys::HeapTupleData {
            t_len: u32::try_from(pgrx::varsize_any(row.cast())).unwrap_or(0),
            t_data: row,
            ..Default::default()
        };
        let moved = pg_sys::execute_attr_map_tuple(&raw mut tuple, map);
        let moved = pg_sys::heap_copy_tuple_as_datum(moved, wanted);
        pg_sys::free_conversion_map(map);
        moved
    }
}

/// Declares a C function that SQL can call and that returns a row: `row_function!(symbol, finfo, body)`.
macro_rules! row_function {
    ($symbol:ident, $finfo:ident, $body:expr) => {
        $crate::pg::c_function::c_function!(
            $symbol,
            $finfo,
            $crate::pg::row_function::Arguments,
            (|arguments: &$crate::pg::row_function::Arguments| {
                $crate::pg::row_function::declared(arguments, $body(arguments))
            })
        );
    };
}
pub(crate) use row_function;
