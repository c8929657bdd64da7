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

/// What tables show: as long as it is the same, reading again finds what was read before, with the snapshot
/// of the calling statement and with a fresh one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// How many transactions have completed.
    completed: u64,
    /// How many commands of this transaction have written.
    command: pg_sys::CommandId,
    /// The snapshot of the statement: of two with the same bounds and as many running transactions, none
    /// has seen more than the other, since those that run can only become fewer.
    seen: (pg_sys::TransactionId, pg_sys::TransactionId, u32, i32, bool, pg_sys::CommandId),
}

impl Moment {
    /// This moment; None where it cannot be told from another.
    pub fn now() -> Option<Self> {
        // SAFETY: both snapshots are valid here; only their numbers are copied.
        unsafe {
            if !pg_sys::ActiveSnapshotSet() {
                return None;
            }
            let (latest, active) = (&*pg_sys::GetLatestSnapshot(), &*pg_sys::GetActiveSnapshot());
            let seen =
                (active.xmin, active.xmax, active.xcnt, active.subxcnt, active.suboverflowed, active.curcid);
            let (completed, command) = (latest.snapXactCompletionCount, latest.curcid);
            (completed != 0).then_some(Self { completed, command, seen })
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
