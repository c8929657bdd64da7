//! Which rows of a trail say that something begins, and for whom.

use crate::audit::row::RowRef;
use crate::audit::spelled;
use serde_json::Value;
use uuid::Uuid;

/// What a row begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// Nothing.
    Nothing,
    /// Something for these assistants; none where it cannot be told for whom.
    Of(Vec<Uuid>),
    /// Perhaps something: its states were left out.
    Unclear,
}

/// Whether an object has the key at its top.
pub(super) fn has(object: Option<&[u8]>, key: &str) -> bool {
    let value: Option<Value> = object.and_then(|text| serde_json::from_slice(text).ok());
    value.is_some_and(|value| value.get(key).is_some())
}

/// What a row of the trail begins.
pub(super) fn beginning(row: &RowRef<'_>) -> Beginning {
    let candidate = matches!(
        (row.entity_type, row.action),
        (b"governed_actions" | b"credit_reservations", b"insert")
            | (b"work_items", b"update")
            | (b"message", b"message.allowed")
    );
    if !candidate || has(row.metadata, "origin") || has(row.metadata, "imported") {
        return Beginning::Nothing;
    }
    let parsed = |state: Option<&[u8]>| state.and_then(|text| serde_json::from_slice::<Value>(text).ok());
    let Some(after) = parsed(row.after_state) else { return Beginning::Unclear };
    let id = |state: &Value, key: &str| state.get(key).and_then(Value::as_str).and_then(spelled::parse);
    match row.entity_type {
        b"message" => {
            let ids = [row.entity_id, id(&after, "to_assistant_id")];
            Beginning::Of(ids.into_iter().flatten().collect())
        }
        b"work_items" => {
            let (Some(before), Some(status)) = (parsed(row.before_state), after.get("status")) else {
                return Beginning::Unclear;
            };
            let same = |key: &str| before.get(key) == after.get(key);
            if status != "in_progress" || (same("status") && same("assistant_id")) {
                return Beginning::Nothing;
            }
            Beginning::Of(id(&after, "assistant_id").into_iter().collect())
        }
        _ => Beginning::Of(id(&after, "assistant_id").into_iter().collect()),
    }
}
