//! How AWGP's background processes cooperate with the server.
//!
//! Signals go to the server's own handlers: so whatever the server does for the process, including waits for
//! locks, is interrupted as in any backend. And a waiting process still responds: DROP DATABASE, for
//! instance, waits until every process has closed its files of that database.

use pgrx::bgworkers::BackgroundWorker;
use pgrx::pg_sys;
use std::ffi::{CStr, c_int};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

// Not through pgrx's declarations, which set a jump target around the call; a signal handler must not do
// that.
unsafe extern "C-unwind" {
    fn die(signal: c_int);
    #[link_name = "SignalHandlerForConfigReload"]
    fn note_reload(signal: c_int);
}

/// Handles SIGTERM and SIGHUP from now on.
pub fn obey_signals() {
    handle(pg_sys::SIGTERM, die);
    handle(pg_sys::SIGHUP, note_reload);
    // SAFETY: a background worker starts with signals blocked, until it has set its handlers.
    unsafe { pg_sys::BackgroundWorkerUnblockSignals() };
}

fn handle(signal: u32, handler: unsafe extern "C-unwind" fn(c_int)) {
    // SAFETY: a handler of the server, in a process of the server.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        pg_sys::pqsignal(signal.cast_signed(), Some(handler));
        #[cfg(feature = "pg18")]
        pg_sys::pqsignal_be(signal.cast_signed(), Some(handler));
    }
}

/// Waits until something happens or the time is over. Does not return where the process must end.
pub fn wait(at_most: Duration) {
    let events = pg_sys::WL_LATCH_SET | pg_sys::WL_TIMEOUT | pg_sys::WL_EXIT_ON_PM_DEATH;
    let milliseconds = at_most.as_millis().try_into().unwrap_or(i32::MAX);
    // SAFETY: waits as every process of the server does: on its own latch, and only while the postmaster
    // lives.
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

/// Ends without the FATAL message that the server would log at each shutdown. The exit code is not 0, which
/// would tell the postmaster not to restart the launcher.
fn end_if_told() {
    // SAFETY: reads the flag that die() sets, and exits as a process of the server does.
    unsafe {
        if pg_sys::ProcDiePending != 0 {
            pg_sys::proc_exit(1);
        }
    }
}

/// Reads the configuration again where it has changed, and then returns true.
pub fn reload() -> bool {
    // SAFETY: as every process of the server does between two units of work.
    unsafe {
        if pg_sys::ConfigReloadPending == 0 {
            return false;
        }
        pg_sys::ConfigReloadPending = 0;
        pg_sys::ProcessConfigFile(pg_sys::GucContext::PGC_SIGHUP);
    }
    true
}

/// Sets a parameter of this process; overrides the settings of database and role.
pub fn set(name: &CStr, value: &CStr) {
    // SAFETY: two C strings, and values that the parameters accept.
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
