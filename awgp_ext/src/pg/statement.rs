//! AWGP's own SQL statements: planned once per session, run often.
//!
//! A statement is a `static`, so its text and its plan cannot get mixed up. Statements qualify schemas and
//! operators, so no search_path changes what they mean. Rows that they lock are read as they are once the
//! lock is acquired; at REPEATABLE READ and above, a row that changed meanwhile ends the transaction with
//! 40001.
//!
//! One row of a tenant is selected by `id = $2 AND uuid_eq(tenant_id, $1)`. With two indexable conditions, a
//! plan made while the table is empty might use any index that begins with tenant_id, and read all rows of
//! the tenant.

use super::transaction::refuse_read_only;
use super::tuple::Row;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CString;
use std::sync::atomic::{AtomicPtr, Ordering};

/// One statement, declared by [`statements!`].
pub struct Statement {
    sql: &'static str,
    types: &'static [pg_sys::Oid],
    /// Null until the first run, then kept for the rest of the session. A backend has one thread.
    plan: AtomicPtr<pg_sys::_SPI_plan>,
}

/// How a statement runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// It may write and lock, and reads with a fresh snapshot.
    Write,
    /// It only reads, with the snapshot of the calling statement.
    Read,
}

impl Statement {
    /// A statement with arguments of these types.
    pub const fn new(sql: &'static str, types: &'static [pg_sys::Oid]) -> Self {
        Self { sql, types, plan: AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// Runs it and passes the result to `read`. It may write and lock. None is passed as NULL.
    pub fn run<T>(&self, arguments: &[Option<Datum>], read: impl FnOnce(&Rows) -> T) -> T {
        self.execute(Access::Write, arguments, read)
    }

    /// The same, but only reads, with the snapshot of the calling statement; works on a standby.
    pub fn look<T>(&self, arguments: &[Option<Datum>], read: impl FnOnce(&Rows) -> T) -> T {
        self.execute(Access::Read, arguments, read)
    }

    /// Runs it and returns the number of rows written or returned.
    pub fn count(&self, arguments: &[Option<Datum>]) -> usize {
        self.run(arguments, |rows| rows.count)
    }

    /// Runs it and returns the first row as a composite value in the caller's memory context; None where
    /// there is no row.
    pub fn composite(&self, arguments: &[Option<Datum>]) -> Option<Datum> {
        self.run(arguments, Rows::first_composite)
    }

    /// Opens it as a cursor that only reads, with the snapshot of the calling statement, and passes the
    /// portal to `read`.
    pub fn open<T>(&self, arguments: &[Option<Datum>], read: impl FnOnce(pg_sys::Portal) -> T) -> T {
        let (mut values, nulls) = self.values_and_nulls(arguments);
        // SAFETY: uses SPI as documented; after an error the end of the (sub)transaction closes it and the
        // portal.
        unsafe {
            if pg_sys::SPI_connect() < 0 {
                pgrx::error!("SPI_connect failed");
            }
            let (plan, nulls) = (self.plan(), nulls.as_ptr().cast());
            let portal = pg_sys::SPI_cursor_open(std::ptr::null(), plan, values.as_mut_ptr(), nulls, true);
            let answer = read(portal);
            pg_sys::SPI_cursor_close(portal);
            pg_sys::SPI_finish();
            answer
        }
    }

    /// The arguments as SPI takes them.
    fn values_and_nulls(&self, arguments: &[Option<Datum>]) -> (Vec<Datum>, Vec<u8>) {
        assert_eq!(arguments.len(), self.types.len(), "an argument for each parameter");
        let value = |value: &Option<Datum>| value.unwrap_or(Datum::null());
        let null = |value: &Option<Datum>| if value.is_some() { b' ' } else { b'n' };
        (arguments.iter().map(value).collect(), arguments.iter().map(null).collect())
    }

    fn execute<T>(&self, access: Access, arguments: &[Option<Datum>], read: impl FnOnce(&Rows) -> T) -> T {
        if access == Access::Write {
            refuse_read_only(c"this function");
        }
        let (mut values, nulls) = self.values_and_nulls(arguments);
        // SAFETY: uses SPI as documented; after an error the end of the (sub)transaction closes it.
        unsafe {
            if pg_sys::SPI_connect() < 0 {
                pgrx::error!("SPI_connect failed");
            }
            let (plan, nulls) = (self.plan(), nulls.as_ptr().cast());
            let result =
                pg_sys::SPI_execute_plan(plan, values.as_mut_ptr(), nulls, access == Access::Read, 0);
            if result < 0 {
                pgrx::error!("a statement of awgp's own failed: SPI_execute_plan returned {result}");
            }
            let count = usize::try_from(pg_sys::SPI_processed).unwrap_or(0);
            let answer = read(&Rows { table: pg_sys::SPI_tuptable, count });
            pg_sys::SPI_finish();
            answer
        }
    }

    /// The plan; prepared on first use.
    unsafe fn plan(&self) -> pg_sys::SPIPlanPtr {
        let kept = self.plan.load(Ordering::Relaxed);
        if !kept.is_null() {
            return kept;
        }
        let sql = CString::new(self.sql).unwrap_or_default();
        let count = i32::try_from(self.types.len()).unwrap_or(0);
        // SAFETY: SPI is connected; a kept plan lives as long as the backend.
        unsafe {
            let plan = pg_sys::SPI_prepare(sql.as_ptr(), count, self.types.as_ptr().cast_mut());
            if plan.is_null() || pg_sys::SPI_keepplan(plan) != 0 {
                pgrx::error!("a statement of awgp's own could not be planned");
            }
            self.plan.store(plan, Ordering::Relaxed);
            plan
        }
    }
}

/// The result of a statement; valid only inside the callback.
pub struct Rows {
    /// Null where the statement returns no rows.
    table: *mut pg_sys::SPITupleTable,
    count: usize,
}

impl Rows {
    /// The first row.
    pub fn first(&self) -> Option<Row> {
        self.iter().next()
    }

    /// All rows.
    pub fn iter(&self) -> impl Iterator<Item = Row> {
        let count = if self.table.is_null() { 0 } else { self.count };
        // SAFETY: the table has that many rows.
        (0..count).map(|number| unsafe { Row::new(*(*self.table).vals.add(number), (*self.table).tupdesc) })
    }

    /// The first row as a composite value in the memory context that the statement was called in.
    pub fn first_composite(&self) -> Option<Datum> {
        // SAFETY: with a count above 0 and a table, there are rows. The row is copied to the memory context
        // that was current when SPI was connected.
        (self.count > 0 && !self.table.is_null()).then(|| unsafe {
            Datum::from(pg_sys::SPI_returntuple(*(*self.table).vals, (*self.table).tupdesc))
        })
    }
}

/// Declares statements with their argument types:
/// `statements! { /// Doc. NAME(UUIDOID, TEXTOID) = "SELECT …"; }`.
macro_rules! statements {
    ($($(#[doc = $doc:literal])* $name:ident($($kind:ident),* $(,)?) = $sql:expr;)+) => {
        $($(#[doc = $doc])* static $name: $crate::pg::statement::Statement =
            $crate::pg::statement::Statement::new($sql, &[$(pgrx::pg_sys::$kind),*]);)+
    };
}
pub(crate) use statements;
