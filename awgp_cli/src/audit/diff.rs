//! What changed from one state of a thing to the next: fields with paths, before and after.
//!
//! Values stay the JSON text that the server wrote, so that money keeps every decimal.

use crate::row::Row;
use serde::Serialize;
use serde_json::value::RawValue;

/// One field that differs.
#[derive(Debug, Serialize)]
pub struct Change {
    /// The path: `status`, `context.limits.daily`, `capabilities[2]`.
    pub field: String,
    /// Its value before; None where it was not there.
    pub before: Option<Box<RawValue>>,
    /// Its value after; None where it is not there.
    pub after: Option<Box<RawValue>>,
}

/// What differs between two states; None for a state that there was not. The fields of a new or of a deleted thing are
/// all named, but for those that are null.
pub fn changes(
    before: Option<&RawValue>,
    after: Option<&RawValue>,
) -> Result<Vec<Change>, serde_json::Error> {
    let mut found = Vec::new();
    match (before, after) {
        (Some(whole), None) | (None, Some(whole)) if is(whole, b'{') => {
            for (name, value) in members(whole)?.columns_raw().filter(|(_, value)| value.get() != "null") {
                let here = before.is_some().then_some(value);
                let there = after.is_some().then_some(value);
                push(&segment("", name), here, there, &mut found);
            }
        }
        _ => compare("", before, after, &mut found)?,
    }
    Ok(found)
}

fn compare(
    path: &str,
    before: Option<&RawValue>,
    after: Option<&RawValue>,
    found: &mut Vec<Change>,
) -> Result<(), serde_json::Error> {
    match (before, after) {
        (None, None) => {}
        (Some(one), Some(other)) if one.get() == other.get() => {}
        (Some(one), Some(other)) if is(one, b'{') && is(other, b'{') => {
            let (one, other) = (members(one)?, members(other)?);
            for (name, value) in one.columns_raw() {
                compare(&segment(path, name), Some(value), other.raw(name), found)?;
            }
            for (name, value) in other.columns_raw().filter(|(name, _)| one.raw(name).is_none()) {
                compare(&segment(path, name), None, Some(value), found)?;
            }
        }
        (Some(one), Some(other)) if is(one, b'[') && is(other, b'[') => {
            let (items, others): (Vec<&RawValue>, Vec<&RawValue>) =
                (serde_json::from_str(one.get())?, serde_json::from_str(other.get())?);
            // After an insertion every later element would seem changed: then the whole tells more.
            if items.len() == others.len() {
                for (index, (item, other)) in items.into_iter().zip(others).enumerate() {
                    compare(&format!("{path}[{index}]"), Some(item), Some(other), found)?;
                }
            } else {
                push(path, before, after, found);
            }
        }
        _ => push(path, before, after, found),
    }
    Ok(())
}

fn push(path: &str, before: Option<&RawValue>, after: Option<&RawValue>, found: &mut Vec<Change>) {
    found.push(Change {
        field: path.to_owned(),
        before: before.map(ToOwned::to_owned),
        after: after.map(ToOwned::to_owned),
    });
}

fn is(value: &RawValue, opening: u8) -> bool {
    value.get().as_bytes().first() == Some(&opening)
}

fn members(object: &RawValue) -> Result<Row, serde_json::Error> {
    Row::from_json(object.get())
}

/// The path of a member. A name that could be read as more than one is quoted.
fn segment(path: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let name = if plain { name.to_owned() } else { format!("{name:?}") };
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn diff(before: Option<&str>, after: Option<&str>) -> Vec<(String, String, String)> {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).expect("JSON");
        let (before, after) = (before.map(raw), after.map(raw));
        let text =
            |value: Option<Box<RawValue>>| value.map_or("-".to_owned(), |value| value.get().to_owned());
        changes(before.as_deref(), after.as_deref())
            .expect("JSON")
            .into_iter()
            .map(|change| (change.field, text(change.before), text(change.after)))
            .collect()
    }

    fn one(field: &str, before: &str, after: &str) -> Vec<(String, String, String)> {
        vec![(field.to_owned(), before.to_owned(), after.to_owned())]
    }

    #[test]
    fn only_what_differs_is_named_with_the_path_to_it() {
        let before = r#"{"a": 1, "b": {"c": {"d": "x"}, "e": [1, 2]}}"#;
        assert_eq!(
            diff(Some(before), Some(r#"{"a": 1, "b": {"c": {"d": "y"}, "e": [1, 2]}}"#)),
            one("b.c.d", "\"x\"", "\"y\"")
        );
        assert_eq!(
            diff(Some(before), Some(r#"{"a": 1, "b": {"c": {"d": "x"}, "e": [1, 3]}}"#)),
            one("b.e[1]", "2", "3")
        );
        assert_eq!(diff(Some(before), Some(before)), []);
    }

    #[test]
    fn an_array_of_another_length_is_shown_whole() {
        assert_eq!(
            diff(Some(r#"{"a": [1, 2]}"#), Some(r#"{"a": [0, 1, 2]}"#)),
            one("a", "[1, 2]", "[0, 1, 2]")
        );
    }

    #[test]
    fn a_member_that_came_or_went_is_not_a_null() {
        assert_eq!(diff(Some(r#"{"a": {}}"#), Some(r#"{"a": {"b": null}}"#)), one("a.b", "-", "null"));
        assert_eq!(diff(Some(r#"{"a": null}"#), Some("{}")), one("a", "null", "-"));
    }

    #[test]
    fn decimals_are_kept_and_compared_as_they_are_written() {
        assert_eq!(
            diff(Some(r#"{"cost": 1.10}"#), Some(r#"{"cost": 12345678901234567890.123456}"#)),
            one("cost", "1.10", "12345678901234567890.123456")
        );
        assert_eq!(diff(Some(r#"{"cost": 1.10}"#), Some(r#"{"cost": 1.1}"#)), one("cost", "1.10", "1.1"));
    }

    #[test]
    fn a_name_with_a_dot_is_not_taken_for_a_path() {
        assert_eq!(diff(Some(r#"{"a.b": 1}"#), Some(r#"{"a.b": 2}"#)), one("\"a.b\"", "1", "2"));
    }

    #[test]
    fn a_new_thing_names_its_fields_without_the_empty_ones() {
        assert_eq!(diff(None, Some(r#"{"a": {"b": 1}, "c": null}"#)), one("a", "-", "{\"b\": 1}"));
        assert_eq!(diff(Some(r#"{"a": 1, "c": null}"#), None), one("a", "1", "-"));
        assert_eq!(diff(None, None), []);
        assert_eq!(diff(None, Some("7")), one("", "-", "7"));
    }

    proptest! {
        #[test]
        fn equal_states_have_no_difference_and_others_have_one(
            before in json(), after in json(),
        ) {
            let found = diff(Some(&before), Some(&after));
            prop_assert_eq!(found.is_empty(), before == after, "{:?}", found);
        }
    }

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![Just("null".to_owned()), (0_i32..3).prop_map(|n| n.to_string())];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3)
                    .prop_map(|items| format!("[{}]", items.join(", "))),
                prop::collection::btree_map("[ab]", inner, 0..3).prop_map(|members| {
                    let members: Vec<_> =
                        members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
                    format!("{{{}}}", members.join(", "))
                }),
            ]
        })
    }
}
