//! The server's notices.

use std::sync::{Arc, Mutex};
use tokio_postgres::error::DbError;

/// The notices and notifications on connections to a target.
#[derive(Clone, Default)]
pub struct Notices(Arc<Mutex<Vec<DbError>>>);

impl Notices {
    /// The notices so far; they are removed.
    pub fn take(&self) -> Vec<DbError> {
        self.0.lock().map(|mut notices| std::mem::take(&mut *notices)).unwrap_or_default()
    }

    /// Adds a notice.
    pub(super) fn keep(&self, notice: DbError) {
        if let Ok(mut notices) = self.0.lock() {
            notices.push(notice);
        }
    }
}
