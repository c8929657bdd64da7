//! What the launcher and the workers write to the server's log.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode};

/// Something is wrong that somebody can put right: what, and what to type.
pub struct Trouble {
    /// The code.
    pub code: PgSqlErrorCode,
    /// What is wrong.
    pub message: String,
    /// What to type.
    pub hint: String,
}

impl Trouble {
    /// A trouble of any kind.
    pub fn new(code: PgSqlErrorCode, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into() }
    }

    /// Writes it to the server's log as a warning; where it stands there already, at level DEBUG1.
    pub fn report(&self, database: &str, is_news: bool) {
        let message = format!("awgp: maintenance of database \"{database}\": {}", self.message);
        let level = if is_news { PgLogLevel::WARNING } else { PgLogLevel::DEBUG1 };
        ErrorReport::new(self.code, message, "awgp").set_hint(self.hint.clone()).report(level);
    }
}
