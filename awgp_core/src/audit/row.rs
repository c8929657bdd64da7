//! One row of `audit_logs`.

use super::position::Position;
use super::spelled;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::Debug;
use uuid::Uuid;

/// A row as verification and hashing read it, without copies. Texts are bytes in UTF-8; a server with another
/// encoding converts first. jsonb is its own text, as `jsonb_out` prints it.
#[derive(Clone, Copy, Debug)]
pub struct RowRef<'a> {
    /// `id`.
    pub id: i64,
    /// `timestamp`, microseconds since 1970-01-01 UTC. See [`timestamp_from_postgres`].
    pub timestamp_us: i64,
    /// `tenant_id`.
    pub tenant_id: Uuid,
    /// `actor_type`.
    pub actor_type: &'a [u8],
    /// `actor_id`.
    pub actor_id: Option<Uuid>,
    /// `action`.
    pub action: &'a [u8],
    /// `entity_type`.
    pub entity_type: &'a [u8],
    /// `entity_id`.
    pub entity_id: Option<Uuid>,
    /// `before_state`.
    pub before_state: Option<&'a [u8]>,
    /// `after_state`.
    pub after_state: Option<&'a [u8]>,
    /// `metadata`.
    pub metadata: Option<&'a [u8]>,
    /// `chain_lane`.
    pub chain_lane: i16,
    /// `chain_seq`: 1 for a lane's first row.
    pub chain_seq: i64,
    /// `integrity_hash` as stored; empty for a row that is not yet chained.
    pub integrity_hash: &'a [u8],
    /// Whether the storage shows that an UPDATE created this version of the row (HEAP_UPDATED in its tuple
    /// header). Audit rows are never updated, so it tells which of two rows was rewritten when the chain
    /// alone cannot. `false` where unknown.
    pub updated: bool,
    /// The source of states that are too long to hold in memory; these are NULL above.
    pub spooled: Option<&'a dyn Spooled>,
}

/// Texts of a row's states that are too long to hold in memory: `before_state`, `after_state` and `metadata`,
/// numbered from 0.
pub trait Spooled: Debug {
    /// The length of the text in bytes; None where the state is not spooled.
    fn length(&self, column: usize) -> Option<u64>;

    /// Passes on the text piece by piece.
    fn read(&self, column: usize, take: &mut dyn FnMut(&[u8]));
}

impl RowRef<'_> {
    /// False where its metadata certainly names no value that can be erased. It is asked of every row that is
    /// verified, so that a trail without such values is not read for them.
    pub fn may_have_erasable(&self) -> bool {
        const NAME: &[u8] = b"\"erasable\"";
        match self.metadata {
            Some(metadata) => metadata.windows(NAME.len()).any(|part| part == NAME),
            None => self.spooled.is_some(),
        }
    }

    /// The position of the row.
    pub fn position(&self) -> Position {
        Position { tenant_id: self.tenant_id, chain_lane: self.chain_lane, chain_seq: self.chain_seq }
    }
}

/// Microseconds from 1970-01-01, the epoch here, to 2000-01-01, PostgreSQL's epoch.
const EPOCHS_APART_US: i64 = 946_684_800_000_000;

/// Microseconds since 1970-01-01 UTC of a PostgreSQL timestamptz, which counts from 2000-01-01. `None` for
/// infinity and for the last thirty years of PostgreSQL's range, which do not fit in 64 bits.
pub fn timestamp_from_postgres(timestamptz: i64) -> Option<i64> {
    if timestamptz == i64::MIN || timestamptz == i64::MAX {
        return None;
    }
    timestamptz.checked_add(EPOCHS_APART_US)
}

/// The same moment as a PostgreSQL timestamptz; its earliest value for anything earlier.
pub fn timestamp_to_postgres(timestamp_us: i64) -> i64 {
    timestamp_us.saturating_sub(EPOCHS_APART_US)
}

/// An owned row, in exactly the shape of a row's line in the export: the fields are the columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditRow {
    /// `id`.
    pub id: i64,
    /// `timestamp`, microseconds since 1970-01-01 UTC; in the export RFC 3339 with six decimals.
    #[serde(rename = "timestamp", with = "timestamp")]
    pub timestamp_us: i64,
    /// `tenant_id`.
    #[serde(deserialize_with = "spelled::uuid")]
    pub tenant_id: Uuid,
    /// `actor_type`.
    pub actor_type: String,
    /// `actor_id`.
    #[serde(deserialize_with = "spelled::uuid_or_null")]
    pub actor_id: Option<Uuid>,
    /// `action`.
    pub action: String,
    /// `entity_type`.
    pub entity_type: String,
    /// `entity_id`.
    #[serde(deserialize_with = "spelled::uuid_or_null")]
    pub entity_id: Option<Uuid>,
    /// `before_state`: the jsonb's text, as a string.
    #[serde(deserialize_with = "present")]
    pub before_state: Option<String>,
    /// `after_state`: the jsonb's text, as a string.
    #[serde(deserialize_with = "present")]
    pub after_state: Option<String>,
    /// `metadata`: the jsonb's text, as a string.
    #[serde(deserialize_with = "present")]
    pub metadata: Option<String>,
    /// `chain_lane`.
    pub chain_lane: i16,
    /// `chain_seq`.
    pub chain_seq: i64,
    /// `integrity_hash`.
    pub integrity_hash: String,
}

impl AuditRow {
    /// The row, borrowed.
    pub fn borrowed(&self) -> RowRef<'_> {
        RowRef {
            id: self.id,
            timestamp_us: self.timestamp_us,
            tenant_id: self.tenant_id,
            actor_type: self.actor_type.as_bytes(),
            actor_id: self.actor_id,
            action: self.action.as_bytes(),
            entity_type: self.entity_type.as_bytes(),
            entity_id: self.entity_id,
            before_state: self.before_state.as_deref().map(str::as_bytes),
            after_state: self.after_state.as_deref().map(str::as_bytes),
            metadata: self.metadata.as_deref().map(str::as_bytes),
            chain_lane: self.chain_lane,
            chain_seq: self.chain_seq,
            integrity_hash: self.integrity_hash.as_bytes(),
            updated: false,
            spooled: None,
        }
    }
}

impl From<&RowRef<'_>> for AuditRow {
    /// A copy. Bytes that are not UTF-8 are replaced: such a row does not verify, neither here nor in the
    /// table.
    fn from(row: &RowRef<'_>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            id: row.id,
            timestamp_us: row.timestamp_us,
            tenant_id: row.tenant_id,
            actor_type: text(row.actor_type),
            actor_id: row.actor_id,
            action: text(row.action),
            entity_type: text(row.entity_type),
            entity_id: row.entity_id,
            before_state: row.before_state.map(text),
            after_state: row.after_state.map(text),
            metadata: row.metadata.map(text),
            chain_lane: row.chain_lane,
            chain_seq: row.chain_seq,
            integrity_hash: text(row.integrity_hash),
        }
    }
}

/// A nullable column must be in the line, as null where it is NULL: serde alone would take a missing field
/// for NULL.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

mod timestamp {
    use super::{Deserialize, Deserializer, Serializer};
    use crate::civil::{format_timestamp, parse_timestamp};
    use serde::de::Error;
    use std::borrow::Cow;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
    pub fn serialize<S: Serializer>(timestamp_us: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_timestamp(*timestamp_us))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        parse_timestamp(&text)
            .ok_or_else(|| D::Error::custom("timestamp is not RFC 3339 in UTC with six decimals"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinity_has_no_microseconds() {
        assert_eq!(timestamp_from_postgres(i64::MAX), None);
        assert_eq!(timestamp_from_postgres(i64::MIN), None);
        assert_eq!(timestamp_from_postgres(i64::MAX - 1), None);
        assert_eq!(timestamp_from_postgres(-946_684_800_000_000), Some(0));
        assert_eq!(timestamp_to_postgres(0), -946_684_800_000_000);
    }
}
