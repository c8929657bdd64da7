//! Arguments as SQL passes them. The rules are `awgp_core::argument`'s.
//!
//! pgrx raises XX000 for NULL where a function that is not STRICT takes a plain value: so every argument of such a function is
//! an Option, and what must be there is asked for by [`needed`].

use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::{or_raise, raise};
use awgp_core::argument::{self, Span, missing};
use awgp_core::audit::row::timestamp_from_postgres;
use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::pg_sys;
use pgrx::prelude::*;

/// The value; NULL is refused by the argument's name.
pub fn needed<T>(argument: &str, value: Option<T>) -> T {
    value.unwrap_or_else(|| raise(&missing(argument)))
}

/// The texts of an array; NULL in it is refused by the argument's name.
pub fn texts(argument: &str, values: Vec<Option<String>>) -> Vec<String> {
    values.into_iter().map(|value| needed(argument, value)).collect()
}

/// The moment, where it lies in the years that are supported.
pub fn moment(argument: &str, at: Option<TimestampWithTimeZone>) -> Option<TimestampWithTimeZone> {
    if let Some(at) = at {
        check_moment(argument, at.into_inner());
    }
    at
}

/// The same for a moment as the server keeps it.
pub fn check_moment(argument: &str, at: pg_sys::TimestampTz) {
    or_raise(argument::moment(argument, timestamp_from_postgres(at)));
}

/// The span of time, where it is not beyond all bounds.
pub fn span(argument: &str, span: Option<Interval>) -> Option<Interval> {
    if let Some(span) = &span {
        check_span(argument, Span { months: span.months(), days: span.days(), microseconds: span.micros() });
    }
    span
}

/// The same for one as the server keeps it.
pub fn check_span(argument: &str, span: Span) {
    or_raise(argument::span(argument, span));
}

/// The whole number, where 32 bits hold it.
pub fn whole(argument: &str, number: Option<i64>) -> Option<i32> {
    number.map(|number| or_raise(argument::whole(argument, number)))
}

/// The moment itself, where it lies in the years that are supported; for functions in SQL.
#[pg_extern(immutable, parallel_safe, strict)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn checked_moment(argument: Text, moment: TimestampWithTimeZone) -> TimestampWithTimeZone {
    check_moment(&argument.0, moment.into_inner());
    moment
}

/// The value itself, where it is an array of objects; for functions in SQL.
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

/// The number itself, where 32 bits hold it; for functions in SQL.
#[pg_extern(immutable, parallel_safe, strict)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn checked_whole(argument: Text, number: i64) -> i32 {
    or_raise(argument::whole(&argument.0, number))
}
