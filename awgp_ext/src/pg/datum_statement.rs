//! SQL of our own over values as the server passes them, planned once a session: for functions that hand their arguments on, and
//! return a row of a table. [`crate::pg::statement`] is for Rust's own types.

use pgrx::pg_sys::{self, Datum};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::CStr;

/// A statement with its parameters' types. `number` names its plan.
pub struct Statement {
    /// Unique among these statements: the ledger's are below 100, those of approvals below 200.
    pub number: u32,
    /// Its text.
    pub sql: &'static CStr,
    /// Types of $1, $2, …
    pub types: &'static [pg_sys::Oid],
}

thread_local! {
    static PLANS: RefCell<HashMap<u32, pg_sys::SPIPlanPtr>> = RefCell::new(HashMap::new());
}

impl Statement {
    /// Runs it as the current role, and returns how many rows it wrote or returned.
    pub fn run(&self, values: &[Option<Datum>]) -> u64 {
        self.read(values, |rows, _| rows)
    }

    /// Runs it, and returns the first row as a composite value of the caller's memory; None for no row.
    pub fn row(&self, values: &[Option<Datum>]) -> Option<Datum> {
        self.read(values, |rows, table| {
            // SAFETY: where rows were returned the table has them. The tuple is copied to the memory that was
            // current when SPI was entered.
            (rows > 0 && !table.is_null()).then(|| unsafe {
                let tuple = *(*table).vals;
                Datum::from(pg_sys::SPI_returntuple(tuple, (*table).tupdesc))
            })
        })
    }

    /// Runs it, and calls `read` with the first column of each row.
    pub fn each(&self, values: &[Option<Datum>], mut visit: impl FnMut(Option<Datum>)) {
        self.read(values, |rows, table| {
            for number in 0..usize::try_from(rows).unwrap_or(0) {
                // SAFETY: the table has that many rows, of at least one column.
                unsafe {
                    let mut is_null = false;
                    let tuple = *(*table).vals.add(number);
                    let datum = pg_sys::SPI_getbinval(tuple, (*table).tupdesc, 1, &raw mut is_null);
                    visit((!is_null).then_some(datum));
                }
            }
        });
    }

    fn read<T>(
        &self,
        values: &[Option<Datum>],
        read: impl FnOnce(u64, *mut pg_sys::SPITupleTable) -> T,
    ) -> T {
        assert_eq!(values.len(), self.types.len(), "a value for each parameter");
        // SAFETY: SPI as documented; after an error the (sub)transaction's end closes it.
        unsafe {
            if pg_sys::SPI_connect() < 0 {
                pgrx::error!("SPI is not to be had");
            }
            let plan = self.plan();
            let mut datums: Vec<Datum> = values.iter().map(|value| value.unwrap_or(Datum::null())).collect();
            let nulls: Vec<i8> =
                values.iter().map(|value| if value.is_some() { b' ' } else { b'n' }.cast_signed()).collect();
            let result = pg_sys::SPI_execute_plan(plan, datums.as_mut_ptr(), nulls.as_ptr().cast(), false, 0);
            if result < 0 {
                pgrx::error!("a statement of awgp's own failed: SPI says {result}");
            }
            let answer = read(pg_sys::SPI_processed, pg_sys::SPI_tuptable);
            pg_sys::SPI_finish();
            answer
        }
    }

    unsafe fn plan(&self) -> pg_sys::SPIPlanPtr {
        if let Some(plan) = PLANS.with_borrow(|plans| plans.get(&self.number).copied()) {
            return plan;
        }
        // SAFETY: SPI is connected; a kept plan lives as long as the backend.
        unsafe {
            let count = i32::try_from(self.types.len()).unwrap_or(0);
            let plan = pg_sys::SPI_prepare(self.sql.as_ptr(), count, self.types.as_ptr().cast_mut());
            if plan.is_null() || pg_sys::SPI_keepplan(plan) != 0 {
                pgrx::error!("a statement of awgp's own could not be planned");
            }
            PLANS.with_borrow_mut(|plans| plans.insert(self.number, plan));
            plan
        }
    }
}
