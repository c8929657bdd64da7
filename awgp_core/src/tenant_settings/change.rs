//! Changing single keys of a tenant's settings, each named by its path: `approval_policy.quorum.4`.

use serde_json::{Map, Value};

use super::keys::{BREAK_GLASS, OF_THE_TENANT};
use crate::approval::policy::ApprovalPolicy;
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::setting_error::SettingError;

/// The settings after these changes: from path to value, null to remove the key. An object that becomes empty
/// goes too; a missing one is made.
pub fn applied(settings: &Value, changes: &Map<String, Value>) -> Result<Value, SettingError> {
    let mut settings = settings.as_object().cloned().unwrap_or_default();
    for (path, value) in changes {
        let keys: Vec<&str> = path.split('.').collect();
        if keys.iter().any(|key| key.is_empty()) {
            return Err(SettingError::at(path, "it must be keys joined by dots"));
        }
        put(&mut settings, &keys, value).map_err(|problem| SettingError::at(path, problem))?;
    }
    Ok(Value::Object(settings))
}

fn put(object: &mut Map<String, Value>, keys: &[&str], value: &Value) -> Result<(), &'static str> {
    let Some((key, below)) = keys.split_first() else { return Ok(()) };
    if below.is_empty() {
        if value.is_null() {
            object.shift_remove(*key);
        } else {
            object.insert((*key).to_owned(), value.clone());
        }
        return Ok(());
    }
    if value.is_null() && !object.contains_key(*key) {
        return Ok(());
    }
    let inner = object.entry(*key).or_insert_with(|| Value::Object(Map::new()));
    let inner = inner.as_object_mut().ok_or("it is below a value that is not an object")?;
    put(inner, below, value)?;
    if inner.is_empty() {
        object.shift_remove(*key);
    }
    Ok(())
}

/// The path of every value: objects are looked into, lists are one value.
pub fn paths(settings: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect("", settings, &mut found);
    found
}

fn collect(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) if path.is_empty() || !object.is_empty() => {
            for (key, value) in object {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                collect(&path, value, found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

/// The paths that are set before and not after: what falls away.
pub fn fallen(before: &Value, after: &Value) -> Vec<String> {
    let kept = paths(after);
    paths(before).into_iter().filter(|path| !kept.contains(path)).collect()
}

/// The value at a path; null where it is not set.
pub fn at<'a>(settings: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(settings, |value, key| value.get(key).unwrap_or(&Value::Null))
}

/// The keys at the top that a change touches.
pub fn outer_keys(changes: &Map<String, Value>) -> Vec<&str> {
    let mut keys: Vec<&str> = changes.keys().filter_map(|path| path.split('.').next()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Refuses a change that a tenant's super_admin may not make.
pub fn check_own(changes: &Map<String, Value>, before: &Value, after: &Value) -> Result<(), Refusal> {
    let reserved = outer_keys(changes).into_iter().find(|key| !OF_THE_TENANT.contains(key));
    let glass = (at(before, BREAK_GLASS) != at(after, BREAK_GLASS)).then_some(BREAK_GLASS);
    let Some(key) = reserved.or(glass) else { return Ok(()) };
    Err(Refusal::new(
        Reason::SettingReserved,
        format!("only an administrator changes the setting {key}"),
        "Ask a member of awgp_admin.",
    )
    .with("key", key))
}

/// What a change of the approval policy does: the levels that it loosens, and how many people it needs.
pub fn judged(before: &Value, after: &Value) -> Result<(Vec<u8>, u8), SettingError> {
    let before = ApprovalPolicy::of_settings(before)?;
    let loosened = ApprovalPolicy::of_settings(after)?.loosened_from(&before);
    let people = before.people_for_change(&loosened);
    Ok((loosened.into_iter().collect(), people))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(settings: &Value, path: &str, value: Value) -> Value {
        applied(settings, &Map::from_iter([(path.to_owned(), value)])).expect("a path")
    }

    #[test]
    fn a_key_is_set_and_removed_without_its_neighbours() {
        let settings = json!({"approval_policy": {"quorum": {"4": 2}, "expires_in_seconds": 600}});
        let more = changed(&settings, "approval_policy.quorum.5", json!(3));
        assert_eq!(more["approval_policy"]["quorum"], json!({"4": 2, "5": 3}));
        assert_eq!(more["approval_policy"]["expires_in_seconds"], 600);
        let less = changed(&settings, "approval_policy.quorum.4", Value::Null);
        assert_eq!(less, json!({"approval_policy": {"expires_in_seconds": 600}}));
        assert_eq!(changed(&json!({}), "a.b.c", Value::Null), json!({}));
        assert_eq!(changed(&json!({}), "time_zone", json!("UTC")), json!({"time_zone": "UTC"}));
    }

    #[test]
    fn a_path_that_cannot_be_followed_is_refused() {
        for (settings, path) in
            [(json!({"time_zone": "UTC"}), "time_zone.x"), (json!({}), "a..b"), (json!({}), "")]
        {
            let error = applied(&settings, &Map::from_iter([(path.to_owned(), json!(1))])).expect_err(path);
            assert_eq!(error.path, path);
        }
    }

    #[test]
    fn what_falls_away_is_named_value_by_value() {
        let before =
            json!({"approval_policy": {"quorum": {"4": 2}, "roles": {"3": "admin"}}, "providers": ["x"]});
        let after = json!({"approval_policy": {"roles": {"3": "manager"}}});
        assert_eq!(fallen(&before, &after), ["approval_policy.quorum.4", "providers"]);
        assert_eq!(at(&before, "approval_policy.quorum.4"), &json!(2));
        assert!(at(&before, "approval_policy.quorum.5").is_null());
    }

    #[test]
    fn a_super_admin_changes_the_policies_of_the_tenant_only() {
        let before = json!({"approval_policy": {"break_glass": ["x"]}});
        let of = |path: &str| {
            let changes = Map::from_iter([(path.to_owned(), json!({}))]);
            let after = applied(&before, &changes).expect("a path");
            check_own(&changes, &before, &after).map_err(|refusal| refusal.facts["key"].clone())
        };
        assert_eq!(of("time_zone"), Ok(()));
        assert_eq!(of("messaging"), Ok(()));
        assert_eq!(of("approval_policy.quorum"), Ok(()));
        for key in
            ["providers", "conversation_policy", "holding_monthly_cost_limit", "application", BREAK_GLASS]
        {
            assert_eq!(of(key), Err(json!(key)));
        }
        // Replacing the whole policy would remove it.
        assert_eq!(of("approval_policy"), Err(json!(BREAK_GLASS)));
    }
}
