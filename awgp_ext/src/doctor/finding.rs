//! A finding of the doctor, before it becomes a row.

/// A finding.
pub struct Finding {
    pub code: &'static str,
    pub severity: &'static str,
    pub object: String,
    pub message: String,
    pub hint: String,
}
