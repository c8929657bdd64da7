//! Arguments as SQL passes them. The rules themselves are in `awgp_core::argument`.
//!
//! pgrx raises XX000 when a function that is not STRICT takes a plain value and is passed NULL. So every
//! argument of such a function is an Option, and [`needed`] asks for the ones that are required.

use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::{or_raise, raise};
use awgp_core::argument::{self, Span, missing};
use awgp_core::audit::row::timestamp_from_postgres;
use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::pg_sys;
use pgrx::prelude::*;

/// The value; raises an error that names the argument where it is NULL.
pub fn needed<T>(argument: &str, value: Option<T>) -> T {
    value.unwrap_or_else(|| raise(&missing(argument)))
}

/// The elements of an array; raises an error that names the argument where one of them is NULL.
pub fn texts(argument: &str, values: Vec<Option<String>>) -> Vec<String> {
    values.into_iter().map(|value| needed(argument, value)).collect()
}

/// The moment; refuses one outside the supported years.
pub fn moment(argument: &str, at: Option<TimestampWithTimeZone>) -> Option<TimestampWithTimeZone> {
    if let Some(at) = at {
        check_moment(argument, at.into_inner());
    }
    at
}

/// The same for a moment as the server stores it.
pub fn check_moment(argument: &str, at: pg_sys::TimestampTz) {
    or_raise(argument::moment(argument, timestamp_from_postgres(at)));
}

/// The interval; refuses one that is out of range.
pub fn span(argument: &str, span: Option<Interval>) -> Option<Interval> {
    if let Some(span) = &span {
        check_span(argument, Span { months: span.months(), days: span.days(), microseconds: span.micros() });
    }
    span
}

/// The same for an interval as the server stores it.
pub fn check_span(argument: &str, span: Span) {
    or_raise(argument::span(argument, span));
}

/// The integer; refuses one that does not fit 32 bits.
pub fn whole(argument: &str, number: Option<i64>) -> Option<i32> {
    number.map(|number| or_raise(argument::whole(argument, number)))
}

/// Returns the moment, and refuses one outside the supported years. For functions written in SQL.
#[pg_extern(immutable, parallel_safe, strict)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn checked_moment(argument: Text, moment: TimestampWithTimeZone) -> TimestampWithTimeZone {
    check_moment(&argument.0, moment.into_inner());
    moment
}

/// Returns the value, and refuses what is not an array of objects. For functions written in SQL.
#[pg_extern(immutable, parallel_safe, strict)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn checked_objects(argument: Text, value: Jsonb) -> Jsonb {
    let parts = value.with_text(|text| {
        serde_json::from_str::<Vec<&serde_json::value::RawValue>>(text)
            .map(|parts| parts.iter().all(|part| part.get().starts_with('{')))
    });
    if !parts.unwrap_or(false) {
        raise(&argument::no_objects(&argument.0));
    }
    value
}

/// Returns the number, and refuses one that does not fit 32 bits. For functions written in SQL.
#[pg_extern(immutable, parallel_safe, strict)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn checked_whole(argument: Text, number: i64) -> i32 {
    or_raise(argument::whole(&argument.0, number))
}
