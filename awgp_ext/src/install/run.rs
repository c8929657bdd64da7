//! Runs the SQL of a file.

use pgrx::prelude::*;

/// Runs the statements of a file.
pub fn run(sql: &str) {
    if let Err(error) = Spi::run(sql) {
        error!("awgp's structure could not be applied: {error}");
    }
}
