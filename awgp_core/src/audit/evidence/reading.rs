//! The trail of a pack, row by row: the records that follow from it, what sentences count, and where each
//! lane begins and ends. Whoever makes a pack and whoever verifies it read it with this.

use super::mapping::{Count, Mapping};
use super::window::{Edge, Edges};
use crate::audit::chain::Digest;
use crate::audit::row::AuditRow;
use crate::civil::format_timestamp;
use crate::json_members::Members;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::ops::Range;
use uuid::Uuid;

/// A state that is longer stands in the trail only.
const AFTER_BYTES_MAX: usize = 1 << 20;

/// What was read.
#[derive(Debug, Default)]
pub struct Read {
    /// For each file of records: its lines, its length and its digest.
    pub records: Vec<RecordSum>,
    /// For each sentence that counts events: how many.
    pub counts: Vec<Option<u64>>,
    /// The actions that have an event in the time.
    pub actions: BTreeSet<Uuid>,
    /// Where each lane begins and ends.
    pub edges: Edges,
    /// Rows of other tenants.
    pub foreign: u64,
    /// Whether the trail was read to its end; whoever reads it says so.
    pub is_whole: bool,
}

/// A file of records, as the trail yields it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordSum {
    /// How many lines.
    pub lines: u64,
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: Digest,
}

/// Reads the rows of a trail in their order.
#[derive(Debug)]
pub struct Reading<'a> {
    mapping: &'a Mapping,
    tenant_id: Uuid,
    time: Range<i64>,
    hashers: Vec<(Sha256, u64, u64)>,
    counts: Vec<Option<u64>>,
    actions: BTreeSet<Uuid>,
    edges: Edges,
    foreign: u64,
}

impl<'a> Reading<'a> {
    /// Of a tenant, over a time in microseconds.
    pub fn new(mapping: &'a Mapping, tenant_id: Uuid, time: Range<i64>) -> Self {
        let is_counted = |sentence: &super::mapping::Sentence| sentence.count.is_some().then_some(0);
        Self {
            mapping,
            tenant_id,
            time,
            hashers: mapping.records.iter().map(|_| (Sha256::new(), 0, 0)).collect(),
            counts: mapping.sentences.iter().map(is_counted).collect(),
            actions: BTreeSet::new(),
            edges: Edges::default(),
            foreign: 0,
        }
    }

    /// Takes the next row. `put` gets the number of each file of records that has it, and its line there.
    pub fn row<E>(
        &mut self,
        row: &AuditRow,
        mut put: impl FnMut(usize, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        if row.tenant_id != self.tenant_id {
            self.foreign += 1;
            return Ok(());
        }
        let here = Edge { seq: row.chain_seq, timestamp_us: row.timestamp_us };
        self.edges.entry(row.chain_lane).or_insert((here, here)).1 = here;
        if !self.time.contains(&row.timestamp_us) {
            return Ok(());
        }
        let file = self.mapping.records.iter().position(|record| {
            let is_of = |take: &super::mapping::Take| {
                take.entity_type == row.entity_type && take.action.as_ref().is_none_or(|of| *of == row.action)
            };
            record.take.iter().any(is_of)
        });
        let file = file.filter(|_| is_own(row));
        if let Some(file) = file {
            let line = line(row);
            let (hasher, bytes, lines) = &mut self.hashers[file];
            hasher.update(line.as_bytes());
            (*bytes, *lines) = (*bytes + line.len() as u64, *lines + 1);
            put(file, &line)?;
            if row.entity_type == "governed_actions" {
                self.actions.extend(row.entity_id);
            }
        }
        let file = file.map(|file| self.mapping.records[file].file.as_str());
        for (sentence, found) in self.mapping.sentences.iter().zip(&mut self.counts) {
            if let (Some(count), Some(found)) = (&sentence.count, found)
                && counts(count, row, file)
            {
                *found += 1;
            }
        }
        Ok(())
    }

    /// What was read.
    pub fn finish(self) -> Read {
        let sum = |(hasher, bytes, lines): (Sha256, u64, u64)| RecordSum {
            lines,
            bytes,
            sha256: Digest(hasher.finalize().into()),
        };
        Read {
            records: self.hashers.into_iter().map(sum).collect(),
            counts: self.counts,
            actions: self.actions,
            edges: self.edges,
            foreign: self.foreign,
            is_whole: false,
        }
    }
}

/// Whether AWGP has recorded the event itself: what an application logs, or an import brings, has an origin.
pub fn is_own(row: &AuditRow) -> bool {
    let metadata = row.metadata.as_deref().unwrap_or("{}");
    !Members::of(metadata).0.iter().any(|(name, _)| name == "origin")
}

/// Whether a sentence counts the row. `file` is the file of records that has it.
fn counts(count: &Count, row: &AuditRow, file: Option<&str>) -> bool {
    if let Some(record) = &count.record {
        return file == Some(record.as_str());
    }
    let is_of = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
    let has_state = || match (&count.column, &count.value) {
        (Some(column), Some(value)) => {
            let after = row.after_state.as_deref().unwrap_or("{}");
            Members::of(after).text(column).as_deref() == Some(value)
        }
        _ => true,
    };
    // What counts a kind of thing counts what AWGP has recorded; the whole trail is counted as it is.
    (count.entity_type.is_none() || file.is_some())
        && is_of(&count.entity_type, &row.entity_type)
        && is_of(&count.action, &row.action)
        && has_state()
}

/// The line of an event in a file of records, with its line feed. The state stands as the trail has it.
fn line(row: &AuditRow) -> String {
    let text = |text: &str| Value::from(text).to_string();
    let id = |id: Option<Uuid>| id.map_or_else(|| "null".to_owned(), |id| format!("\"{id}\""));
    let after = match &row.after_state {
        None => "null",
        Some(state) if state.len() > AFTER_BYTES_MAX => "\"too long: see the trail\"",
        Some(state) => state,
    };
    format!(
        "{{\"audit_id\":{},\"chain_lane\":{},\"chain_seq\":{},\"integrity_hash\":{},\"timestamp\":{},\
         \"actor_type\":{},\"actor_id\":{},\"action\":{},\"entity_type\":{},\"entity_id\":{},\"after\":{after}}}\n",
        row.id,
        row.chain_lane,
        row.chain_seq,
        text(&row.integrity_hash),
        text(&format_timestamp(row.timestamp_us)),
        text(&row.actor_type),
        id(row.actor_id),
        text(&row.action),
        text(&row.entity_type),
        id(row.entity_id),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(entity_type: &str, action: &str, metadata: &str, timestamp_us: i64) -> AuditRow {
        AuditRow {
            id: 7,
            timestamp_us,
            tenant_id: Uuid::from_u128(1),
            actor_type: "user".to_owned(),
            actor_id: None,
            action: action.to_owned(),
            entity_type: entity_type.to_owned(),
            entity_id: Some(Uuid::from_u128(2)),
            before_state: None,
            after_state: Some(r#"{"decision": "reject"}"#.to_owned()),
            metadata: Some(metadata.to_owned()),
            chain_lane: 0,
            chain_seq: timestamp_us,
            integrity_hash: "00".to_owned(),
        }
    }

    fn read(rows: &[AuditRow]) -> (Read, String) {
        let mapping = Mapping::of_this_version();
        let (mut reading, mut lines) = (Reading::new(&mapping, Uuid::from_u128(1), 10..20), String::new());
        for row in rows {
            let put = |_, line: &str| -> Result<(), std::convert::Infallible> {
                lines.push_str(line);
                Ok(())
            };
            let Ok(()) = reading.row(row, put);
        }
        (reading.finish(), lines)
    }

    fn count(read: &Read, id: &str) -> Option<u64> {
        let mapping = Mapping::of_this_version();
        read.counts[mapping.sentences.iter().position(|sentence| sentence.id == id).expect("a sentence")]
    }

    #[test]
    fn only_what_awgp_has_recorded_within_the_time_is_a_record() {
        let rows = [
            row("approval_decisions", "insert", "{}", 9),
            row("approval_decisions", "insert", "{}", 10),
            row("approval_decisions", "insert", r#"{"origin": "log_event"}"#, 11),
            row("governed_actions", "insert", "{}", 12),
            row("approval_decisions", "insert", "{}", 20),
        ];
        let (read, lines) = read(&rows);
        assert_eq!(lines.lines().count(), 2, "{lines}");
        assert!(lines.starts_with(r#"{"audit_id":7,"chain_lane":0,"chain_seq":10,"#), "{lines}");
        assert!(lines.lines().all(|line| line.ends_with(r#""after":{"decision": "reject"}}"#)), "{lines}");
        assert_eq!(
            (count(&read, "events"), count(&read, "votes"), count(&read, "rejected")),
            (Some(3), Some(1), Some(1))
        );
        assert_eq!((count(&read, "actions"), count(&read, "doctor")), (Some(1), None));
        assert_eq!(read.actions, BTreeSet::from([Uuid::from_u128(2)]));
        assert_eq!(read.edges[&0].0.seq, 9);
        assert_eq!(read.edges[&0].1.seq, 20);
    }

    #[test]
    fn rows_of_another_tenant_are_counted_apart() {
        let other = AuditRow { tenant_id: Uuid::from_u128(9), ..row("approvals", "insert", "{}", 12) };
        let (read, lines) = read(&[other]);
        assert_eq!((read.foreign, lines.as_str(), count(&read, "events")), (1, "", Some(0)));
    }
}
