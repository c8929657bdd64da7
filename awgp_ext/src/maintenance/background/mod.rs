//! The background worker; it runs where shared_preload_libraries names the library.
//!
//! Model: a launcher ([`launcher`]) is connected to no database, so that it does not block DROP DATABASE. It
//! starts a worker ([`worker`]) for each database of `awgp.maintenance_databases` when the interval is over.
//! A worker connects, runs each step in a transaction of its own as `awgp.maintenance_role`, logs what it
//! did, and ends.
//!
//! Failure handling: the server logs a worker's failure, and the next interval starts another. The postmaster
//! restarts the launcher, whatever ended it. Both end on a signal as quickly as the server's own processes
//! ([`process`]).
//!
//! People read the log: a problem of a database is logged when it begins and then once an hour, not at each
//! run.
//!
//! Nothing runs while the server is in recovery: a standby's launcher starts when the standby is promoted.

mod assignment;
mod databases;
mod launcher;
mod process;
mod trouble;
mod worker;

use pgrx::bgworkers::{BackgroundWorkerBuilder, BgWorkerStartTime};
use pgrx::pg_sys;
use std::time::Duration;

/// The time before the postmaster restarts the launcher.
const LAUNCHER_RESTART: Duration = Duration::from_secs(5);
const LIBRARY: &str = "awgp";

/// Registers the launcher while the server starts. Does nothing where a session loads the library, nor under
/// pg_upgrade, which must find databases unchanged.
pub fn register() {
    // SAFETY: reads two flags of the server.
    let is_wanted =
        unsafe { pg_sys::process_shared_preload_libraries_in_progress && !pg_sys::IsBinaryUpgrade };
    if is_wanted {
        BackgroundWorkerBuilder::new("awgp maintenance launcher")
            .set_library(LIBRARY)
            .set_function("awgp_maintenance_launcher")
            // The postmaster notifies only processes with this access when a worker ends.
            .enable_spi_access()
            .set_start_time(BgWorkerStartTime::RecoveryFinished)
            .set_restart_time(Some(LAUNCHER_RESTART))
            .load();
    }
}
