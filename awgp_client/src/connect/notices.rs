//! What the server says beside its answers.

use std::sync::{Arc, Mutex};
use tokio_postgres::error::DbError;

/// What the server told of on connections to a target, beside answers and errors.
#[derive(Clone, Default)]
pub struct Notices(Arc<Mutex<Vec<DbError>>>);

impl Notices {
    /// What has come, which is forgotten with it.
    pub fn take(&self) -> Vec<DbError> {
        self.0.lock().map(|mut notices| std::mem::take(&mut *notices)).unwrap_or_default()
    }

    /// Keeps one more.
    pub(super) fn keep(&self, notice: DbError) {
        if let Ok(mut notices) = self.0.lock() {
            notices.push(notice);
        }
    }
}
