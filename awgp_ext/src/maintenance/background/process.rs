//! How a process of ours lives with the server.
//!
//! The signals go to the server's own handlers: then whatever the server does on our behalf, waits for locks included, is
//! interrupted as in any backend. And a process that waits answers meanwhile: DROP DATABASE, for one, waits until every
//! process has closed its files of that database.

use pgrx::bgworkers::BackgroundWorker;
use pgrx::pg_sys;
use std::ffi::{CStr, c_int};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

// Not through pgrx's declarations, which set a jump target around the call: no business of a signal handler.
unsafe extern "C-unwind" {
    fn die(signal: c_int);
    #[link_name = "SignalHandlerForConfigReload"]
    fn note_reload(signal: c_int);
}

/// Takes SIGTERM and SIGHUP from now on.
pub fn obey_signals() {
    handle(pg_sys::SIGTERM, die);
    handle(pg_sys::SIGHUP, note_reload);
    // SAFETY: a background worker begins with its signals blocked, so that it can set its handlers.
    unsafe { pg_sys::BackgroundWorkerUnblockSignals() };
}

fn handle(signal: u32, handler: unsafe extern "C-unwind" fn(c_int)) {
    // SAFETY: a handler of the server's own, for a process of the server.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        pg_sys::pqsignal(signal.cast_signed(), Some(handler));
        #[cfg(feature = "pg18")]
        pg_sys::pqsignal_be(signal.cast_signed(), Some(handler));
    }
}

/// Waits until something happens, at most this long. Does not return where the process is to end.
pub fn wait(at_most: Duration) {
    let events = pg_sys::WL_LATCH_SET | pg_sys::WL_TIMEOUT | pg_sys::WL_EXIT_ON_PM_DEATH;
    let milliseconds = at_most.as_millis().try_into().unwrap_or(i32::MAX);
    // SAFETY: as every process of the server waits: on its own latch, and for no longer than the postmaster lives.
    unsafe {
        pg_sys::WaitLatch(
            pg_sys::MyLatch,
            events.cast_signed(),
            milliseconds.into(),
            pg_sys::PG_WAIT_EXTENSION,
        );
        pg_sys::ResetLatch(pg_sys::MyLatch);
    }
    end_if_told();
    pgrx::check_for_interrupts!();
}

/// Ends without the FATAL that the server would log at each shutdown. Not with 0, which would mean that no launcher is
/// wanted any more: one that was terminated comes back.
fn end_if_told() {
    // SAFETY: reads the flag that die() sets, and ends as a process of the server does.
    unsafe {
        if pg_sys::ProcDiePending != 0 {
            pg_sys::proc_exit(1);
        }
    }
}

/// Reads the configuration where it has changed; true then.
pub fn reload() -> bool {
    // SAFETY: as every process of the server does between two pieces of work.
    unsafe {
        if pg_sys::ConfigReloadPending == 0 {
            return false;
        }
        pg_sys::ConfigReloadPending = 0;
        pg_sys::ProcessConfigFile(pg_sys::GucContext::PGC_SIGHUP);
    }
    true
}

/// Sets a parameter of this process, over what database and role say.
pub fn set(name: &CStr, value: &CStr) {
    // SAFETY: two C strings, and values that the parameters take.
    unsafe {
        pg_sys::SetConfigOption(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_SUSET,
            pg_sys::GucSource::PGC_S_OVERRIDE,
        );
    }
}

/// Runs `body` in a transaction.
pub fn within<T>(body: impl FnOnce() -> T) -> T {
    BackgroundWorker::transaction(AssertUnwindSafe(body))
}
