//! The background worker, where shared_preload_libraries names the library.
//!
//! Model: a launcher ([`launcher`]) that belongs to no database, so that it stands in the way of no DROP DATABASE, starts
//! a worker ([`worker`]) for each database of `awgp.maintenance_databases` when its interval is over. A worker connects,
//! runs each step in a transaction of its own as `awgp.maintenance_role`, says in the server's log what it did, and ends.
//!
//! Failure handling: a worker that fails is logged by the server, and the next interval starts another. The postmaster
//! starts the launcher again, whatever ended it. Neither outlives a signal to end for longer than the server's own
//! processes do ([`process`]).
//!
//! The log is read by people: what is wrong with a database is said when it begins and once an hour, not at each run.
//!
//! No process of a server in recovery: a standby's launcher starts when it is promoted.

mod assignment;
mod databases;
mod launcher;
mod process;
mod trouble;
mod worker;

use pgrx::bgworkers::{BackgroundWorkerBuilder, BgWorkerStartTime};
use pgrx::pg_sys;
use std::time::Duration;

/// How long the postmaster waits before it starts a launcher again.
const LAUNCHER_RESTART: Duration = Duration::from_secs(5);
const LIBRARY: &str = "awgp";

/// Registers the launcher while the server starts; nothing where a session loads the library, nor under pg_upgrade, which
/// is to find databases as it left them.
pub fn register() {
    // SAFETY: reads two flags of the server's.
    let is_wanted =
        unsafe { pg_sys::process_shared_preload_libraries_in_progress && !pg_sys::IsBinaryUpgrade };
    if is_wanted {
        BackgroundWorkerBuilder::new("awgp maintenance launcher")
            .set_library(LIBRARY)
            .set_function("awgp_maintenance_launcher")
            // The postmaster tells the end of a worker to those alone who have connected.
            .enable_spi_access()
            .set_start_time(BgWorkerStartTime::RecoveryFinished)
            .set_restart_time(Some(LAUNCHER_RESTART))
            .load();
    }
}
