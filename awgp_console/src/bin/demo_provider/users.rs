//! Whom one can sign in as.

use serde::Deserialize;
use std::path::Path;

/// Somebody.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    /// What tokens name them by.
    pub sub: String,
    /// What people call them.
    pub name: String,
    /// What they are.
    pub about: String,
    /// The tenant that their tokens name, if any.
    #[serde(default)]
    pub tenant: Option<String>,
}

/// Those of a file of JSON Lines.
pub fn read(file: &Path) -> Result<Vec<User>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let user = |(at, line)| {
        serde_json::from_str(line).map_err(|error| format!("{}, line {}: {error}", file.display(), at + 1))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(user).collect()
}
