//! Conversions between `numeric` and [`Amount`] or [`Exact`].

use super::accounting_time;
use crate::pg::argument;
use crate::pg::encoding::Text;
use crate::pg::raise::raise;
use crate::pg::tuple::Row;
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::money::amount::Amount;
use awgp_core::money::exact::Exact;
use awgp_core::money::raise::Raise;
use awgp_core::money::refusals;
use pgrx::datum::{AnyNumeric, TimestampWithTimeZone};
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;
use std::ffi::{CStr, CString};
use std::fmt;

/// An amount column; None where it is NULL or not an amount, such as NaN.
pub fn amount(row: &Row, column: &CStr) -> Option<Amount> {
    row.numeric(column).and_then(|text| Amount::parse(&text))
}

/// An amount column of the ledger's tables, whose CHECKs allow only numbers.
pub fn kept(row: &Row, column: &CStr) -> Amount {
    amount(row, column).unwrap_or_else(|| {
        pgrx::error!("a table of the ledger has no amount in {}", column.to_string_lossy())
    })
}

/// A sum in two columns of the ledger's tables: six decimals and the remainder.
pub fn kept_exact(row: &Row, column: &CStr, remainder: &CStr) -> Exact {
    let lacks = row.numeric(remainder).and_then(|text| Exact::parse(&text));
    let sum = lacks.and_then(|lacks| Exact::from(kept(row, column)).checked_add(lacks));
    sum.unwrap_or_else(|| {
        pgrx::error!("a table of the ledger has no amount in {}", remainder.to_string_lossy())
    })
}

/// A numeric argument; refuses NaN and infinity.
pub fn finite(argument: Option<Datum>, name: &str) -> Option<Datum> {
    argument.inspect(|datum| {
        // SAFETY: callers name numeric arguments. A copy made by detoasting is freed with the call.
        let is_number = unsafe {
            let number: pg_sys::Numeric = pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast();
            !pg_sys::numeric_is_nan(number) && !pg_sys::numeric_is_inf(number)
        };
        if !is_number {
            raise(&refusals::no_amount(name));
        }
    })
}

/// What six decimals of a cost do not show, with 24 decimals; zero where no cost is given.
pub fn remainder(cost: Option<Datum>) -> Datum {
    let Some(cost) = cost else { return datum(Amount::ZERO) };
    let call = |function: u32, left: Datum, right: Datum| {
        // SAFETY: built-in functions of numerics, called with their types.
        unsafe { pg_sys::OidFunctionCall2Coll(pg_sys::Oid::from(function), pg_sys::InvalidOid, left, right) }
    };
    let round = |number: Datum, digits: i32| call(pg_sys::F_ROUND_NUMERIC_INT4, number, Datum::from(digits));
    round(call(pg_sys::F_NUMERIC_SUB, cost, round(cost, 6)), 24)
}

/// A reservation holds at least a millionth, because the column cannot store less.
pub fn at_least_a_millionth(amount: Option<Datum>) -> Option<Datum> {
    let text = amount.map(|amount| {
        // SAFETY: callers name numeric arguments; the result is a palloc'd C string of ASCII, copied at once.
        unsafe {
            let text = pg_sys::OidOutputFunctionCall(pg_sys::Oid::from(pg_sys::F_NUMERIC_OUT), amount);
            CStr::from_ptr(text).to_string_lossy().into_owned()
        }
    });
    let is_less = text.as_deref().is_some_and(|text| {
        text.starts_with("0.000000") && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit))
    });
    if is_less { Amount::from_micros(1).map(datum) } else { amount }
}

/// Returns the amount, and refuses NaN and infinity. For functions written in SQL.
#[pg_extern(immutable, parallel_safe)]
fn checked_amount(amount: Option<AnyNumeric>, argument: Option<Text>) -> Option<AnyNumeric> {
    if amount.as_ref().is_some_and(|amount| !is_number(amount)) {
        raise(&refusals::no_amount(&argument.map(|Text(name)| name).unwrap_or_default()));
    }
    amount
}

/// The raise of a pool after an amount is added to it until a moment. For the function that tops a pool up,
/// which is written in SQL.
#[pg_extern(stable, parallel_safe)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn combined_raise(
    present: Option<AnyNumeric>,
    present_until: Option<TimestampWithTimeZone>,
    amount: Option<AnyNumeric>,
    until: Option<TimestampWithTimeZone>,
) -> Option<AnyNumeric> {
    let amount_of = |number: &AnyNumeric| Amount::parse(&number.to_string());
    let until = argument::needed("until", argument::moment("until", until));
    let amount = amount.as_ref().and_then(amount_of).unwrap_or_else(|| raise(&refusals::no_amount("amount")));
    let until_us = |at: TimestampWithTimeZone| timestamp_from_postgres(at.into_inner());
    let present = Raise {
        amount: present.as_ref().and_then(amount_of).unwrap_or(Amount::ZERO),
        until_us: present_until.and_then(until_us),
    };
    let now_us = timestamp_from_postgres(accounting_time::now()).unwrap_or(i64::MAX);
    let sum = present.with(amount, until_us(until).unwrap_or(i64::MIN), now_us);
    let sum = sum.unwrap_or_else(|refusal| raise(&refusal));
    AnyNumeric::try_from(sum.to_string().as_str()).ok()
}

/// True where it is neither NaN nor infinite.
pub fn is_number(amount: &AnyNumeric) -> bool {
    // Checked in its text, which works in all versions: no number begins with a letter.
    !amount.to_string().trim_start_matches('-').starts_with(char::is_alphabetic)
}

/// An [`Amount`] or an [`Exact`] as a datum of type `numeric`.
pub fn datum(amount: impl fmt::Display) -> Datum {
    let text = CString::new(amount.to_string()).unwrap_or_default();
    // SAFETY: numeric_in reads a C string; the result is palloc'd.
    unsafe {
        pg_sys::OidInputFunctionCall(
            pg_sys::Oid::from(pg_sys::F_NUMERIC_IN),
            text.as_ptr().cast_mut(),
            pg_sys::InvalidOid,
            -1,
        )
    }
}
