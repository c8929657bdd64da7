//! Transactions and savepoints: how they end, and what they may.

use pgrx::pg_sys;
use std::ffi::{CStr, c_void};
use std::sync::OnceLock;

/// How a transaction has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is committed.
    Committed,
    /// It has failed, or was rolled back.
    Aborted,
    /// It is prepared, for whoever commits it.
    Prepared,
}

/// Who is told. Only what runs before the end may raise; the others touch nothing but our own memory.
pub struct Watcher {
    /// The transaction is about to commit.
    pub before_commit: fn(),
    /// The transaction is about to be prepared.
    pub before_prepare: fn(),
    /// The transaction has ended.
    pub ended: fn(End),
    /// A savepoint was rolled back.
    pub savepoint_undone: fn(pg_sys::SubTransactionId),
    /// A savepoint was released: what is its own is its parent's.
    pub savepoint_kept: fn(own: pg_sys::SubTransactionId, parent: pg_sys::SubTransactionId),
}

static WATCHER: OnceLock<&Watcher> = OnceLock::new();

/// Tells the watcher of every end; once a backend.
pub fn watch(watcher: &'static Watcher) {
    if WATCHER.set(watcher).is_ok() {
        // SAFETY: both live as long as the library.
        unsafe {
            pg_sys::RegisterXactCallback(Some(at_transaction_event), std::ptr::null_mut());
            pg_sys::RegisterSubXactCallback(Some(at_savepoint_event), std::ptr::null_mut());
        }
    }
}

/// Raises 25006 in a read-only transaction, such as every one on a standby. `function` is what the message calls it.
pub fn refuse_read_only(function: &CStr) {
    // SAFETY: reads the transaction's state, and raises.
    unsafe { pg_sys::PreventCommandIfReadOnly(function.as_ptr()) };
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn at_transaction_event(event: pg_sys::XactEvent::Type, _argument: *mut c_void) {
    use pg_sys::XactEvent::{
        XACT_EVENT_ABORT, XACT_EVENT_COMMIT, XACT_EVENT_PRE_COMMIT, XACT_EVENT_PRE_PREPARE,
        XACT_EVENT_PREPARE,
    };
    let Some(watcher) = WATCHER.get() else { return };
    match event {
        XACT_EVENT_PRE_COMMIT => (watcher.before_commit)(),
        XACT_EVENT_PRE_PREPARE => (watcher.before_prepare)(),
        XACT_EVENT_COMMIT => (watcher.ended)(End::Committed),
        XACT_EVENT_ABORT => (watcher.ended)(End::Aborted),
        XACT_EVENT_PREPARE => (watcher.ended)(End::Prepared),
        _ => {}
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn at_savepoint_event(
    event: pg_sys::SubXactEvent::Type,
    own: pg_sys::SubTransactionId,
    parent: pg_sys::SubTransactionId,
    _argument: *mut c_void,
) {
    use pg_sys::SubXactEvent::{SUBXACT_EVENT_ABORT_SUB, SUBXACT_EVENT_COMMIT_SUB};
    let Some(watcher) = WATCHER.get() else { return };
    match event {
        SUBXACT_EVENT_ABORT_SUB => (watcher.savepoint_undone)(own),
        SUBXACT_EVENT_COMMIT_SUB => (watcher.savepoint_kept)(own, parent),
        _ => {}
    }
}
