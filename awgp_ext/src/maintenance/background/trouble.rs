//! Problems that the launcher and the workers write to the server's log.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode};

/// A problem that an administrator can solve, and the command for it.
pub struct Trouble {
    /// The SQLSTATE.
    pub code: PgSqlErrorCode,
    /// The problem.
    pub message: String,
    /// The command to run.
    pub hint: String,
}

impl Trouble {
    /// A problem.
    pub fn new(code: PgSqlErrorCode, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into() }
    }

    /// Writes it to the server's log: as a warning, or at level DEBUG1 where it has been reported before.
    pub fn report(&self, database: &str, is_news: bool) {
        let message = format!("awgp: maintenance of database \"{database}\": {}", self.message);
        let level = if is_news { PgLogLevel::WARNING } else { PgLogLevel::DEBUG1 };
        ErrorReport::new(self.code, message, "awgp").set_hint(self.hint.clone()).report(level);
    }
}
