//! JSON Merge Patch, RFC 7396, on JSON text: an object is merged into an object key by key, null removes a
//! key, and anything else replaces the old value, arrays included. What is not changed keeps its text, so
//! that 1.10 stays 1.10.

use serde_json::value::RawValue;
use std::collections::BTreeMap;

type Object = BTreeMap<String, Box<RawValue>>;

/// The object of a JSON text; None for anything else.
pub fn object(text: &str) -> Option<Object> {
    serde_json::from_str(text).ok()
}

/// JSON text as a value; null for text that is not JSON.
pub fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The object as text.
pub fn text(object: &Object) -> Box<RawValue> {
    raw(&serde_json::to_string(object).unwrap_or_default())
}

/// The target with the patch applied.
pub fn merge(target: &RawValue, patch: &RawValue) -> Box<RawValue> {
    let Some(patch_object) = object(patch.get()) else { return patch.to_owned() };
    let mut merged = object(target.get()).unwrap_or_default();
    for (key, value) in patch_object {
        if value.get() == "null" {
            merged.remove(&key);
            continue;
        }
        let below = merged.get(&key).map_or(RawValue::NULL, |below| &**below);
        let value = merge(below, &value);
        merged.insert(key, value);
    }
    text(&merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn merged(target: &Value, patch: &Value) -> Value {
        let merged = merge(&raw(&target.to_string()), &raw(&patch.to_string()));
        serde_json::from_str(merged.get()).expect("JSON")
    }

    #[test]
    fn the_examples_of_the_rfc_hold() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            assert_eq!(merged(&target, &patch), result, "{target} and {patch}");
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        let target = raw(r#"{"keep": 1.10, "big": 123456789012345678901234567890, "deep": {"x": 0.30}}"#);
        let result = merge(&target, &raw(r#"{"deep": {"y": 2.50}}"#));
        for digits in ["1.10", "123456789012345678901234567890", "0.30", "2.50"] {
            assert!(result.get().contains(digits), "{result}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c]{0,3}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-c]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// The RFC's own pseudocode.
    fn by_the_rfc(target: Value, patch: &Value) -> Value {
        let Value::Object(patch) = patch else { return patch.clone() };
        let mut target = match target {
            Value::Object(target) => target,
            _ => serde_json::Map::new(),
        };
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

    proptest! {
        #[test]
        fn it_merges_as_the_rfcs_pseudocode_does(target in any_json(), patch in any_json()) {
            prop_assert_eq!(merged(&target, &patch), by_the_rfc(target.clone(), &patch));
        }
    }
}
