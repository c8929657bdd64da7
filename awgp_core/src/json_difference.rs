//! Two JSON documents compared, path by path.
//!
//! [`walk`] finds the differences, member by member. The type of the documents decides what counts as equal,
//! whether arrays are compared element by element, and how a path names a member: text as written
//! ([`RawValue`]: the trail keeps every decimal), or parsed values ([`Value`]).

use crate::json_members::Members;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A document, or a part of one.
pub trait Document: Copy {
    /// The members, where it is an object.
    fn members(self) -> Option<Vec<(String, Self)>>;

    /// The elements, where it is an array whose elements are compared.
    fn elements(self) -> Option<Vec<Self>>;

    /// Whether the two are equal, without a look inside.
    fn is_same(self, other: Self) -> bool;

    /// A member's name in a path.
    fn segment(name: &str) -> String;
}

/// Text as written: `1.10` and `1.1` are different numbers. The elements of arrays are compared where both
/// have the same number; an ambiguous name is quoted.
impl<'a> Document for &'a RawValue {
    fn members(self) -> Option<Vec<(String, Self)>> {
        let members: Members<'a> = if begins(self, b'{') { Members::of(self.get()) } else { return None };
        Some(members.0)
    }

    fn elements(self) -> Option<Vec<Self>> {
        if begins(self, b'[') { serde_json::from_str(self.get()).ok() } else { None }
    }

    fn is_same(self, other: Self) -> bool {
        self.get() == other.get()
    }

    fn segment(name: &str) -> String {
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if plain { name.to_owned() } else { format!("{name:?}") }
    }
}

/// Parsed: numbers are compared by value, arrays as a whole.
impl Document for &Value {
    fn members(self) -> Option<Vec<(String, Self)>> {
        Some(self.as_object()?.iter().map(|(name, value)| (name.clone(), value)).collect())
    }

    fn elements(self) -> Option<Vec<Self>> {
        None
    }

    fn is_same(self, other: Self) -> bool {
        self == other
    }

    fn segment(name: &str) -> String {
        name.to_owned()
    }
}

fn begins(value: &RawValue, opening: u8) -> bool {
    value.get().as_bytes().first() == Some(&opening)
}

/// Passes on each difference: its path, its value before and its value after; None where there is no value.
pub fn walk<D: Document>(before: D, after: D, found: &mut impl FnMut(&str, Option<D>, Option<D>)) {
    below("", Some(before), Some(after), found);
}

fn below<D: Document>(
    path: &str,
    before: Option<D>,
    after: Option<D>,
    found: &mut impl FnMut(&str, Option<D>, Option<D>),
) {
    let (Some(one), Some(other)) = (before, after) else {
        found(path, before, after);
        return;
    };
    if one.is_same(other) {
        return;
    }
    if let (Some(members), Some(others)) = (one.members(), other.members()) {
        let value = |members: &[(String, D)], name: &str| {
            members.iter().find(|(member, _)| member == name).map(|(_, value)| *value)
        };
        for (name, member) in &members {
            below(&joined::<D>(path, name), Some(*member), value(&others, name), found);
        }
        for (name, member) in others.iter().filter(|(name, _)| value(&members, name).is_none()) {
            below(&joined::<D>(path, name), None, Some(*member), found);
        }
        return;
    }
    match (one.elements(), other.elements()) {
        // After an insertion every later element would seem changed; the whole array is clearer.
        (Some(elements), Some(others)) if elements.len() == others.len() => {
            for (place, (element, other)) in elements.into_iter().zip(others).enumerate() {
                below(&format!("{path}[{place}]"), Some(element), Some(other), found);
            }
        }
        _ => found(path, before, after),
    }
}

fn joined<D: Document>(path: &str, name: &str) -> String {
    let segment = D::segment(name);
    if path.is_empty() { segment } else { format!("{path}.{segment}") }
}

/// One field that differs between two states of a row. Values stay the JSON text that the server wrote.
#[derive(Debug, Serialize)]
pub struct Change {
    /// The path: `status`, `context.limits.daily`, `capabilities[2]`.
    pub field: String,
    /// Its value before; None where it did not exist.
    pub before: Option<Box<RawValue>>,
    /// Its value after; None where it no longer exists.
    pub after: Option<Box<RawValue>>,
}

/// The differences between two states; None for a missing state. All fields of a new or a deleted row are
/// named, except those that are null.
pub fn changes(before: Option<&RawValue>, after: Option<&RawValue>) -> Vec<Change> {
    let mut found = Vec::new();
    let mut push = |path: &str, before: Option<&RawValue>, after: Option<&RawValue>| {
        let (before, after) = (before.map(ToOwned::to_owned), after.map(ToOwned::to_owned));
        found.push(Change { field: path.to_owned(), before, after });
    };
    match (before, after) {
        (Some(one), Some(other)) => walk(one, other, &mut push),
        (None, None) => {}
        (before, after) => {
            let members = before.or(after).and_then(Document::members);
            let Some(members) = members else {
                push("", before, after);
                return found;
            };
            for (name, value) in members {
                if value.get() != "null" {
                    push(&<&RawValue>::segment(&name), before.map(|_| value), after.map(|_| value));
                }
            }
        }
    }
    found
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
