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

/// Declares a C function that SQL can call and that returns a row: `row_function!(symbol, finfo, body)`.
macro_rules! row_function {
    ($symbol:ident, $finfo:ident, $body:expr) => {
        $crate::pg::c_function::c_function!($symbol, $finfo, $crate::pg::row_function::Arguments, $body);
    };
}
pub(crate) use row_function;
