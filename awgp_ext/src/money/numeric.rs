//! Amounts between `numeric(18,6)` and [`Amount`].

use crate::relation::Row;
use awgp_core::money::amount::Amount;
use pgrx::pg_sys::{self, Datum};
use std::ffi::{CStr, CString};

/// An amount column; None for NULL, and for what is no amount, such as NaN.
pub fn amount(row: &Row, column: &CStr) -> Option<Amount> {
    row.numeric(column).and_then(|text| Amount::parse(&text))
}

/// An amount column of the books, which their checks keep a number.
pub fn kept(row: &Row, column: &CStr) -> Amount {
    amount(row, column).unwrap_or_else(|| {
        pgrx::error!("a book of the ledger holds no amount in {}", column.to_string_lossy())
    })
}

/// As a datum of `numeric`.
pub fn datum(amount: Amount) -> Datum {
    let text = CString::new(amount.to_string()).unwrap_or_default();
    // SAFETY: numeric_in reads a C string; the answer is palloc'd.
    unsafe {
        pg_sys::OidInputFunctionCall(
            pg_sys::Oid::from(pg_sys::F_NUMERIC_IN),
            text.as_ptr().cast_mut(),
            pg_sys::InvalidOid,
            -1,
        )
    }
}
