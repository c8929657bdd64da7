//! Two contents compared, path by path.

use super::Content;
use crate::json_difference::walk;
use serde_json::{Value, json};

/// One value that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The path: a field, and below it the keys of objects, separated by dots.
    pub path: String,
    /// The present value; None where the key is absent.
    pub current: Option<Value>,
    /// The proposed value.
    pub proposed: Option<Value>,
}

/// What would change if `current` became `proposed`, ordered by path. Arrays are compared whole, numbers by
/// value.
pub fn changes(current: &Content, proposed: &Content) -> Vec<Change> {
    let mut found = Vec::new();
    walk(&value_of(current), &value_of(proposed), &mut |path, current, proposed| {
        found.push(Change { path: path.to_owned(), current: current.cloned(), proposed: proposed.cloned() });
    });
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn value_of(content: &Content) -> Value {
    let parsed = crate::json::stored;
    json!({
        "description": content.description,
        "type": content.kind,
        "capabilities": content.capabilities,
        "configuration": parsed(content.configuration.get()),
        "model_config": parsed(content.model_config.get()),
        "risk_tier": content.risk_tier,
        "max_cost_per_day": plain(&content.max_cost_per_day),
    })
}

/// A decimal without trailing zeros: numeric(18,6) prints all six decimals.
fn plain(decimal: &str) -> &str {
    if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal }
}

#[cfg(test)]
mod tests {
    use super::super::patch::raw;
    use super::*;

    #[test]
    fn only_what_differs_is_told_by_its_path() {
        let current = Content {
            description: None,
            kind: "custom".to_owned(),
            capabilities: Some(vec!["a".to_owned()]),
            configuration: raw(r#"{"same": 1, "deep": {"gone": true, "same": [1]}}"#),
            model_config: raw("{}"),
            risk_tier: 1,
            max_cost_per_day: "10.000000".to_owned(),
        };
        assert_eq!(changes(&current, &current), []);
        let proposed = Content {
            capabilities: Some(vec!["a".to_owned(), "b".to_owned()]),
            configuration: raw(r#"{"same": 1, "deep": {"same": [1], "new": {"x": 1}}}"#),
            max_cost_per_day: "10".to_owned(),
            ..current.clone()
        };
        let told: Vec<_> = changes(&current, &proposed)
            .into_iter()
            .map(|change| (change.path, change.current, change.proposed))
            .collect();
        assert_eq!(
            told,
            [
                ("capabilities".to_owned(), Some(json!(["a"])), Some(json!(["a", "b"]))),
                ("configuration.deep.gone".to_owned(), Some(json!(true)), None),
                ("configuration.deep.new".to_owned(), None, Some(json!({"x": 1}))),
            ]
        );
    }
}
