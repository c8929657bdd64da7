//! Memory of what was kept for the session and is so no longer. A statement may still use it, so it goes when
//! the transaction ends.

use pgrx::pg_sys;
use std::cell::RefCell;

thread_local! {
    static OUTDATED: RefCell<Vec<pg_sys::MemoryContext>> = const { RefCell::new(Vec::new()) };
}

/// Nothing new will use what is in it.
pub fn add(memory: pg_sys::MemoryContext) {
    OUTDATED.with_borrow_mut(|outdated| outdated.push(memory));
}

/// The transaction has ended, and with it every statement.
pub fn ended() {
    for memory in OUTDATED.take() {
        // SAFETY: made by the module that added it; no statement is left that has what is in it.
        unsafe { pg_sys::MemoryContextDelete(memory) };
    }
}
