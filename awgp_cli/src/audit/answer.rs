//! Values in rows that the server has answered.

use awgp_client::{Exit, Failure, Row, Trouble};

/// A column's text; empty where it is NULL.
pub fn text(row: &Row, name: &str) -> String {
    row.text(name).unwrap_or_default()
}

/// A value that the server created.
pub fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Trouble> {
    text.parse().map_err(|error| unreadable(&error).into())
}

/// The server's answer is not what this program expects.
pub fn unreadable(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"))
}
