//! Merge patches, and the overrides of templates.

use crate::input::{json, text, two};
use awgp_core::templates::difference::changes;
use awgp_core::templates::digest::digest;
use awgp_core::templates::overrides::apply;
use awgp_core::templates::{Content, patch};
use serde_json::{Map, Value};

/// A patch does what the pseudocode of RFC 7396 does.
pub fn merge(data: &[u8]) {
    let Some((target, patch_text)) = two(data) else { return };
    let (Some(target_value), Some(patch_value)) = (json(target), json(patch_text)) else { return };
    assert_eq!(patch::object(target).is_some(), target_value.is_object());
    let merged = patch::merge(&patch::raw(target), &patch::raw(patch_text));
    assert_eq!(json(merged.get()), Some(by_the_rfc(target_value, &patch_value)));
}

fn by_the_rfc(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = if let Value::Object(target) = target { target } else { Map::new() };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            let below = target.remove(key).unwrap_or_default();
            target.insert(key.clone(), by_the_rfc(below, value));
        }
    }
    Value::Object(target)
}

/// Overrides that are applied twice do what they do once, and stay within the bounds of an assistant.
pub fn overrides(data: &[u8]) {
    let Some(overrides) = text(data) else { return };
    let content = Content {
        description: Some("d".to_owned()),
        kind: "custom".to_owned(),
        capabilities: Some(vec!["a".to_owned()]),
        configuration: patch::raw(r#"{"a": {"b": 1.10, "c": 2}}"#),
        model_config: patch::raw(r#"{"provider": "local"}"#),
        risk_tier: 1,
        max_cost_per_day: "10.000000".to_owned(),
    };
    let Ok(once) = apply(&content, overrides) else { return };
    let twice = apply(&once, overrides).expect("what is applied can be applied");
    assert_eq!(digest(&twice), digest(&once));
    assert!(changes(&once, &twice).is_empty());
    assert!((0..=5).contains(&once.risk_tier));
    assert!(
        once.max_cost_per_day.parse::<f64>().is_ok_and(|amount| amount >= 0.0),
        "{}",
        once.max_cost_per_day
    );
    assert_eq!(digest(&once) == digest(&content), format!("{once:?}") == format!("{content:?}"));
}
