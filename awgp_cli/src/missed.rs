//! Why an attempt has not succeeded.

/// Why an attempt has not succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// A code of lower-case letters, digits and `_`. No text of the receiver.
    pub error: String,
    /// How long the receiver asks to wait.
    pub retry_after_seconds: Option<i32>,
    /// Whether no further attempt can help.
    pub is_final: bool,
}

impl Missed {
    /// It is tried again.
    pub fn again(error: &str) -> Self {
        Self { error: error.to_owned(), retry_after_seconds: None, is_final: false }
    }

    /// No further attempt can help.
    pub fn for_good(error: &str) -> Self {
        Self { is_final: true, ..Self::again(error) }
    }
}
