//! Queries that are read row by row: the memory is that of a few rows, however many there are.

use super::tuple::Row;
use pgrx::pg_sys;
use std::ffi::CString;

/// Rows fetched at a time: a compromise, because each may be large.
const BATCH: std::ffi::c_long = 16;

/// Calls `visit` with each row of a query without parameters. The query reads with a snapshot of its own,
/// and `visit` may write.
pub fn for_each(sql: &str, mut visit: impl FnMut(&Row)) {
    let sql = CString::new(sql).unwrap_or_default();
    // SAFETY: uses SPI as documented: each batch is freed before the next one, with what `visit` has
    // allocated. After an error the end of the (sub)transaction closes portal and SPI.
    unsafe {
        if pg_sys::SPI_connect() < 0 {
            pgrx::error!("SPI_connect failed");
        }
        let plan = pg_sys::SPI_prepare_cursor(sql.as_ptr(), 0, std::ptr::null_mut(), 0);
        if plan.is_null() {
            pgrx::error!("a query of awgp's own could not be planned");
        }
        let none = std::ptr::null_mut();
        let portal = pg_sys::SPI_cursor_open(std::ptr::null(), plan, none, std::ptr::null(), false);
        let outer = pg_sys::CurrentMemoryContext;
        let memory = pg_sys::AllocSetContextCreateInternal(
            outer,
            c"awgp rows".as_ptr(),
            pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
            pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
            pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
        );
        loop {
            pg_sys::SPI_cursor_fetch(portal, true, BATCH);
            let (table, count) = (pg_sys::SPI_tuptable, pg_sys::SPI_processed);
            for number in 0..usize::try_from(count).unwrap_or(0) {
                pg_sys::MemoryContextSwitchTo(memory);
                visit(&Row::new(*(*table).vals.add(number), (*table).tupdesc));
                pg_sys::MemoryContextSwitchTo(outer);
            }
            pg_sys::SPI_freetuptable(table);
            pg_sys::MemoryContextReset(memory);
            pgrx::check_for_interrupts!();
            if count == 0 {
                break;
            }
        }
        pg_sys::MemoryContextDelete(memory);
        pg_sys::SPI_cursor_close(portal);
        pg_sys::SPI_finish();
    }
}
