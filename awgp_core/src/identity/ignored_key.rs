//! A key of a set that is not used.

use serde_json::{Value, json};
use std::fmt;

/// A key of a set that is not used, because AWGP does not understand it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredKey {
    /// Its index in the set, from 0.
    pub index: usize,
    /// Its `kid`, if it has one, cut to 64 characters.
    pub kid: Option<String>,
    /// Why.
    pub problem: String,
}

impl IgnoredKey {
    /// The same for DETAIL.
    pub fn facts(&self) -> Value {
        json!({"key": self.index, "kid": self.kid, "problem": self.problem})
    }
}

impl fmt::Display for IgnoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {}", self.index)?;
        if let Some(kid) = &self.kid {
            write!(f, " (\"{kid}\")")?;
        }
        write!(f, " of the key set is ignored: {}", self.problem)
    }
}
