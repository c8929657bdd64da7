//! The events of a stream: what each says of itself, and whether a copy of them is whole (docs/stream.md).
//!
//! | file | concept |
//! |---|---|
//! | [`Event`] | a row, and what it follows in its lane |
//! | [`format`] | the forms in which receivers read an event |
//! | [`found`] | the events in a line of a receiver's copy |
//! | [`copy`] | all events of a copy, in the order of the trail, as an exported log |

pub mod copy;
pub mod format;
pub mod found;

use super::chain::Digest;
use super::row::AuditRow;
use super::spelled;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What the text of every event begins with.
pub const BEGINS: &str = "{\"awgp\":\"event\",";

/// One event: a row of the trail, and what it follows. It stands for itself: whoever has one event can hash
/// it, and whoever has several sees whether one between them is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The install whose row it is.
    pub install_id: Uuid,
    /// The hash that the row follows: that of the row before, the genesis value, or an adoption link.
    pub after_hash: Digest,
    /// The installs that have adopted the lane since the row before; each adoption took a number.
    pub adopted_by: Vec<Uuid>,
    /// The row.
    pub row: AuditRow,
}

/// The text of an event.
#[derive(Serialize, Deserialize)]
#[serde(tag = "awgp", rename_all = "snake_case", deny_unknown_fields)]
enum Text<R> {
    Event {
        #[serde(deserialize_with = "spelled::uuid")]
        install_id: Uuid,
        after_hash: Digest,
        #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "spelled::uuids")]
        adopted_by: Vec<Uuid>,
        row: R,
    },
}

impl Event {
    /// Reads the text of an event, whatever the order of its fields.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let Text::Event { install_id, after_hash, adopted_by, row } =
            serde_json::from_str::<Text<AuditRow>>(text)?;
        Ok(Self { install_id, after_hash, adopted_by, row })
    }

    /// The text, without a line feed.
    ///
    /// # Panics
    /// Never: every field is a string, a number or null.
    pub fn to_text(&self) -> String {
        let Self { install_id, after_hash, adopted_by, row } = self;
        let (install_id, after_hash, adopted_by) = (*install_id, *after_hash, adopted_by.clone());
        let text = Text::Event { install_id, after_hash, adopted_by, row };
        serde_json::to_string(&text).expect("events have string keys")
    }

    /// What tells it from every other event: tenant, lane and number.
    pub fn id(&self) -> String {
        let AuditRow { tenant_id, chain_lane, chain_seq, .. } = &self.row;
        format!("{tenant_id}/{chain_lane}/{chain_seq}")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::chain::{Lane, Linker, genesis};
    use super::*;

    pub const INSTALL: Uuid = Uuid::from_u128(7);

    /// A lane of rows that follow each other, from its genesis value on.
    pub fn events(lane: Lane, count: i64) -> Vec<Event> {
        let (mut after, mut linker) = (genesis(INSTALL, lane), Linker::default());
        (1..=count)
            .map(|chain_seq| {
                let mut row = AuditRow {
                    id: chain_seq + 100,
                    timestamp_us: 1_770_000_000_000_000 + chain_seq,
                    tenant_id: lane.tenant_id,
                    actor_type: "user".to_owned(),
                    actor_id: Some(Uuid::from_u128(3)),
                    action: "update".to_owned(),
                    entity_type: "work_items".to_owned(),
                    entity_id: None,
                    before_state: None,
                    after_state: Some("{\"a\": \"x=y|z\\\\\\n\"}".to_owned()),
                    metadata: None,
                    chain_lane: lane.chain_lane,
                    chain_seq,
                    integrity_hash: String::new(),
                };
                let hash = linker.link(after, &row.borrowed());
                row.integrity_hash = hash.to_string();
                let event = Event { install_id: INSTALL, after_hash: after, adopted_by: Vec::new(), row };
                after = hash;
                event
            })
            .collect()
    }

    #[test]
    fn an_event_reads_back_and_has_each_field_once() {
        let event = events(Lane { tenant_id: Uuid::from_u128(1), chain_lane: 0 }, 1).remove(0);
        let text = event.to_text();
        assert!(text.starts_with(BEGINS), "{text}");
        assert_eq!(Event::parse(&text).expect("an event"), event);
        let twice = text.replacen("\"install_id\":", "\"after_hash\":\"x\",\"install_id\":", 1);
        for wrong in [
            twice,
            text.replacen("\"action\":", "\"action\":\"insert\",\"action\":", 1),
            text.replacen("\"row\":", "\"more\":1,\"row\":", 1),
            text.replacen("\"event\"", "\"header\"", 1),
            text.replacen("-0000-", "-000A-", 1),
            text[..text.len() - 1].to_owned(),
        ] {
            assert!(Event::parse(&wrong).is_err(), "{wrong}");
        }
    }
}
