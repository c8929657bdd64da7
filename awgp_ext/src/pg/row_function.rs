//! Functions in C that return a row of a table.
//!
//! They are made with the tables and not with the extension (see `install::manifest`), and not in SQL, because a body in SQL is
//! parsed and planned anew with each call.

use crate::pg::argument;
use crate::pg::datum;
use awgp_core::argument::Span;
use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Datum};
use uuid::Uuid;

/// The arguments of one call.
pub struct Arguments(pg_sys::FunctionCallInfo);

impl Arguments {
    /// As PostgreSQL passed them.
    ///
    /// # Safety
    /// `fcinfo` is the server's own, of a call that is running.
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

    /// A bigint argument that goes where 32 bits are kept.
    pub fn whole(&self, number: usize, name: &str) -> Option<Datum> {
        #[expect(clippy::cast_possible_wrap, reason = "a by-value 64-bit integer")]
        let given = self.get(number).map(|datum| datum.value() as i64);
        argument::whole(name, given).and_then(IntoDatum::into_datum)
    }

    /// Refuses an interval argument that is beyond all bounds.
    pub fn check_span(&self, number: usize, name: &str) {
        let Some(datum) = self.get(number) else { return };
        // SAFETY: callers name interval arguments, which are passed by reference.
        let span = unsafe { &*datum.cast_mut_ptr::<pg_sys::Interval>() };
        argument::check_span(name, Span { months: span.month, days: span.day, microseconds: span.time });
    }

    /// A text argument.
    pub fn text(&self, number: usize) -> Option<String> {
        // SAFETY: callers name text arguments.
        self.get(number).and_then(|datum| unsafe { datum::text_of(datum) })
    }
}

/// Declares a C function that SQL can call, and that returns a row: `row_function!(symbol, finfo, body)`.
macro_rules! row_function {
    ($symbol:ident, $finfo:ident, $body:expr) => {
        $crate::pg::c_function::c_function!($symbol, $finfo, $crate::pg::row_function::Arguments, $body);
    };
}
pub(crate) use row_function;
