//! A member of a token's header or claims.

use serde_json::{Map, Value};

use super::TokenError;

/// A member that must be text where it is present.
pub(super) fn text<'m>(object: &'m Map<String, Value>, member: &str) -> Result<Option<&'m str>, TokenError> {
    match object.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(TokenError::Malformed { problem: format!("\"{member}\" is not text") }),
    }
}
