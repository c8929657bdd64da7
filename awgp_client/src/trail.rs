//! Events of the audit trail as people read them.

use crate::row::Row;
use awgp_core::json_difference::changes;

pub use awgp_core::json_difference::Change;

/// The origin of an event: empty for what AWGP has captured or recorded itself, `log_event` for what a client
/// has logged, `import` for an old row that was brought in.
pub fn origin(row: &Row) -> Option<String> {
    row.text("origin").filter(|origin| !origin.is_empty())
}

/// What an event changed, field by field. What a client has logged about a row is not a version of it.
pub fn differences(row: &Row) -> Vec<Change> {
    let is_logged = origin(row).is_some();
    let state = |name| row.raw(name).filter(|state| state.get() != "null" && !is_logged);
    changes(state("before_state"), state("after_state"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(row: &str) -> Vec<String> {
        let row = Row::from_json(row).expect("a row");
        differences(&row).into_iter().map(|change| change.field).collect()
    }

    #[test]
    fn a_change_that_was_captured_has_differences_and_one_that_was_told_has_none() {
        let captured =
            r#"{"origin": null, "before_state": {"a": 1, "b": 2}, "after_state": {"a": 1, "b": 3}}"#;
        assert_eq!(fields(captured), ["b"]);
        assert_eq!(fields(&captured.replace("null", "\"log_event\"")), [""; 0]);
        assert_eq!(fields(r#"{"before_state": null, "after_state": {"a": 1}}"#), ["a"]);
    }
}
