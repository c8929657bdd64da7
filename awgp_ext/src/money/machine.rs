//! The one time the books take a row by SQL.

use std::cell::Cell;

thread_local! {
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, the guards of the books let this backend's writes pass: they are the ledger's own.
pub struct Machine {
    before: bool,
}

impl Machine {
    /// Starts it.
    pub fn start() -> Self {
        Self { before: RUNNING.replace(true) }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        RUNNING.set(self.before);
    }
}

/// True while the ledger itself writes.
pub fn is_running() -> bool {
    RUNNING.get()
}

/// A transaction or savepoint has ended, perhaps by an error that passed no drop.
pub fn forget() {
    RUNNING.set(false);
}
