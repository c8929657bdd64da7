//! The ends of transactions and savepoints, and read-only transactions.

use pgrx::pg_sys;
use std::ffi::{CStr, c_void};
use std::sync::OnceLock;

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was committed.
    Committed,
    /// It failed or was rolled back.
    Aborted,
    /// It was prepared for a two-phase commit.
    Prepared,
}

/// Callbacks for these events. Only the first two may raise errors; the others touch only the extension's own
/// memory.
pub struct Watcher {
    /// The transaction is about to commit.
    pub before_commit: fn(),
    /// The transaction is about to be prepared.
    pub before_prepare: fn(),
    /// The transaction has ended.
    pub ended: fn(End),
    /// A savepoint was rolled back.
    pub savepoint_undone: fn(pg_sys::SubTransactionId),
    /// A savepoint was released: what belonged to it belongs to its parent.
    pub savepoint_kept: fn(own: pg_sys::SubTransactionId, parent: pg_sys::SubTransactionId),
}

static WATCHER: OnceLock<&Watcher> = OnceLock::new();

/// Calls the watcher at every end; registered once per backend.
pub fn watch(watcher: &'static Watcher) {
    if WATCHER.set(watcher).is_ok() {
        // SAFETY: both callbacks are valid as long as the library is loaded.
        unsafe {
            pg_sys::RegisterXactCallback(Some(at_transaction_event), std::ptr::null_mut());
            pg_sys::RegisterSubXactCallback(Some(at_savepoint_event), std::ptr::null_mut());
        }
    }
}

/// Raises 25006 in a read-only transaction; every transaction on a standby is one. `function` is its name in
/// the message.
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
