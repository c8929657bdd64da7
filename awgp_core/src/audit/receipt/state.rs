//! A row's state within an event: its columns, each value as the text that was hashed.

use super::parts::{Doubt, Of};
use crate::audit::mask::MARKER;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How what stands in an event in place of a value begins, without blanks.
const HIDDEN: [&str; 2] = [r#"{"left_out":{"bytes":"#, r#"{"erasable":{"hmac":"#];

/// The columns of a row.
pub struct State<'a> {
    of: Of,
    columns: BTreeMap<String, &'a RawValue>,
}

impl<'a> State<'a> {
    /// Reads a state.
    pub fn read(of: Of, name: &str, json: Option<&'a str>) -> Result<Self, Doubt> {
        let columns = json.and_then(|json| serde_json::from_str(json).ok());
        let columns = columns.ok_or_else(|| foreign(of, name, "is no row"))?;
        Ok(Self { of, columns })
    }

    /// A column as its JSON.
    fn value<T: Deserialize<'a>>(&self, column: &str) -> Option<T> {
        self.columns.get(column).and_then(|value| serde_json::from_str(value.get()).ok())
    }

    /// A column that may be NULL. One that is not there, or of another kind, is refused.
    pub fn optional<T: Deserialize<'a>>(&self, column: &str) -> Result<Option<T>, Doubt> {
        self.value(column).ok_or_else(|| foreign(self.of, column, "is not in the trail"))
    }

    /// A column that is never NULL.
    pub fn needed<T: Deserialize<'a>>(&self, column: &str) -> Result<T, Doubt> {
        self.value(column).ok_or_else(|| foreign(self.of, column, "is not in the trail"))
    }

    /// The digits of a number, all of them.
    pub fn number(&self, column: &str) -> Result<String, Doubt> {
        let digits = self.columns.get(column).map(|value| value.get()).filter(|text| *text != "null");
        digits.map(str::to_owned).ok_or_else(|| foreign(self.of, column, "is not in the trail"))
    }

    /// Refuses where a column is another than it must be.
    pub fn must_be<T: Deserialize<'a> + PartialEq>(
        &self,
        column: &str,
        wanted: &T,
        whose: &str,
    ) -> Result<(), Doubt> {
        match self.value::<T>(column) {
            Some(value) if value == *wanted => Ok(()),
            _ => Err(foreign(self.of, column, &format!("is not {whose}"))),
        }
    }

    /// Whether a column is the same in another state of the same row.
    pub fn has_same(&self, column: &str, other: &Self) -> bool {
        let text = |state: &Self| state.columns.get(column).map(|value| value.get().to_owned());
        text(self) == text(other)
    }

    /// Refuses where the row is not the tenant's, or not the one that the event names.
    pub fn must_be_row(&self, id: Uuid, tenant: Uuid) -> Result<(), Doubt> {
        self.must_be("id", &id, "the event's entity_id")?;
        self.must_be("tenant_id", &tenant, "the receipt's tenant_id")
    }

    /// The first column that differs from another state of the same row. What is masked, left out or erasable
    /// in one of them is not compared, nor updated_at: a statement that changes nothing else is no event.
    /// Each event has a commitment of its own to an erasable value.
    pub fn differs(&self, other: &Self) -> Option<String> {
        let is_shown = |text: &str| {
            let compact = text.replace(' ', "");
            text != MARKER && !HIDDEN.iter().any(|start| compact.starts_with(start))
        };
        let differs = |(name, value): &(&String, &&RawValue)| {
            if *name == "updated_at" {
                return false;
            }
            let there = other.columns.get(*name).map(|there| there.get());
            there.is_none_or(|there| there != value.get() && is_shown(there) && is_shown(value.get()))
        };
        self.columns.iter().find(differs).map(|(name, _)| name.clone())
    }
}

/// A refusal of what does not belong.
pub fn foreign(of: Of, field: &str, rule: &str) -> Doubt {
    Doubt::Foreign { of, field: field.to_owned(), rule: rule.to_owned() }
}
