//! The manifest of an exported month (docs/audit_format.md, "The exported month"): what the file must
//! contain.

use super::chain::{Digest, Lane, Link};
use super::finding::{Finding, Kind};
use super::integrity::{self, HeadsRoot, Seal};
use super::note::{self, Statement};
use super::spelled;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The format this code reads and writes.
pub const FORMAT: u32 = 1;

/// The contents of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The month.
    pub partition_name: String,
    /// The install of the chains.
    #[serde(deserialize_with = "spelled::uuid")]
    pub install_id: Uuid,
    /// The file's name, beside the manifest.
    pub file: String,
    /// SHA-256 of the file as stored, compressed.
    pub file_sha256: Digest,
    /// The file's size in bytes.
    pub file_bytes: u64,
    /// The number of rows.
    pub rows: u64,
    /// The seal of the month: highest id.
    pub last_sequence_number: i64,
    /// The seal of the month: root over its lane heads.
    pub cumulative_hash: Digest,
    /// Each lane's first and last link, in the order of tenant and lane.
    pub anchors: Vec<Anchor>,
    /// The last checkpoint of each tenant that has rows in it, where there is one.
    pub checkpoints: Vec<Checkpoint>,
}

/// What a seal recorded about a lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// The tenant.
    #[serde(deserialize_with = "spelled::uuid")]
    pub tenant_id: Uuid,
    /// The lane.
    pub chain_lane: i16,
    /// The number of its first row in the month.
    pub first_seq: i64,
    /// The number of its last row in the month.
    pub last_seq: i64,
    /// The hash of its last row in the month.
    pub last_hash: Digest,
}

/// The text of a checkpoint that an auditor has signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The tenant.
    #[serde(deserialize_with = "spelled::uuid")]
    pub tenant_id: Uuid,
    /// The number of rows in its tree.
    pub tree_size: i64,
    /// The text.
    pub body: String,
    /// The public key that signed it; null where no signed note was given.
    pub signed_by: Option<String>,
    /// The signed note itself, where one was given when the month was exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What follows from a file's rows.
#[derive(Clone, Debug, Default)]
pub struct FileSum {
    /// The number of rows.
    pub rows: u64,
    /// The highest id.
    pub highest_id: i64,
    /// First number and last link of each lane, in the order of the file.
    pub lanes: Vec<(Lane, i64, Link)>,
}

impl FileSum {
    /// Adds a row.
    pub fn add(&mut self, lane: Lane, id: i64, link: Link) {
        self.rows += 1;
        self.highest_id = self.highest_id.max(id);
        match self.lanes.last_mut() {
            Some((open, _, last)) if *open == lane => *last = link,
            _ => self.lanes.push((lane, link.seq, link)),
        }
    }

    /// The seal that these rows have.
    pub fn seal(&self) -> Seal {
        let mut root = HeadsRoot::default();
        self.lanes.iter().for_each(|(lane, _, last)| root.add(*lane, *last));
        Seal { last_sequence_number: self.highest_id, cumulative_hash: root.finish() }
    }
}

impl Manifest {
    /// The signed notes in the manifest that are what it says of them, each by the key that it names, and a
    /// finding for each other.
    pub fn notes(&self) -> (Vec<(String, Statement)>, Vec<Finding>) {
        let (mut notes, mut findings) = (Vec::new(), Vec::new());
        for checkpoint in &self.checkpoints {
            let Some(note) = &checkpoint.note else { continue };
            let name = format!("the note of {} in the manifest", checkpoint.tenant_id);
            let opened = note::text_of(note, checkpoint.signed_by.as_deref().unwrap_or_default());
            let stated = opened.map_err(|refused| refused.to_string()).and_then(|text| {
                let size = u64::try_from(checkpoint.tree_size).ok();
                match Statement::parse(&text) {
                    Ok(statement)
                        if text == checkpoint.body
                            && statement.tree_of(checkpoint.tenant_id).map(|(size, _)| size) == size =>
                    {
                        Ok(statement)
                    }
                    Ok(_) => Err("it signs another text than the manifest has".to_owned()),
                    Err(malformed) => Err(malformed.to_string()),
                }
            });
            match stated {
                Ok(statement) => notes.push((name, statement)),
                Err(what) => {
                    let detail = format!("{name} is not good: {what}");
                    findings.push(Finding::about_partition(
                        Kind::IntegrityEdited,
                        &self.partition_name,
                        detail,
                    ));
                }
            }
        }
        (notes, findings)
    }

    /// Compares a file's rows with the manifest; no finding where they agree.
    pub fn check(&self, sum: &FileSum) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut say = |detail: String| {
            findings.push(Finding::about_partition(
                Kind::IntegrityEdited,
                self.partition_name.clone(),
                detail,
            ));
        };
        if sum.rows != self.rows {
            say(format!("the manifest counts {} rows, the file has {}", self.rows, sum.rows));
        }
        let lanes = sum.lanes.iter().map(|(lane, first_seq, last)| Anchor {
            tenant_id: lane.tenant_id,
            chain_lane: lane.chain_lane,
            first_seq: *first_seq,
            last_seq: last.seq,
            last_hash: last.hash,
        });
        if !lanes.eq(self.anchors.iter().cloned()) {
            say("the file's lanes do not begin and end where the manifest's anchors say".to_owned());
        }
        let stored = (self.last_sequence_number, self.cumulative_hash.to_string());
        findings.extend(integrity::check(
            &self.partition_name,
            Some((stored.0, &stored.1)),
            true,
            sum.seal(),
        ));
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum() -> FileSum {
        let mut sum = FileSum::default();
        for (tenant, seq, id) in [(1, 4, 10), (1, 5, 12), (2, 1, 11)] {
            let lane = Lane { tenant_id: Uuid::from_u128(tenant), chain_lane: 0 };
            let hash = Digest([u8::try_from(id).unwrap_or(0); 32]);
            sum.add(lane, id, Link { seq, hash });
        }
        sum
    }

    fn manifest(sum: &FileSum) -> Manifest {
        let Seal { last_sequence_number, cumulative_hash } = sum.seal();
        let anchor = |(lane, first_seq, last): &(Lane, i64, Link)| Anchor {
            tenant_id: lane.tenant_id,
            chain_lane: lane.chain_lane,
            first_seq: *first_seq,
            last_seq: last.seq,
            last_hash: last.hash,
        };
        Manifest {
            format: FORMAT,
            partition_name: "audit_logs_2025_01".to_owned(),
            install_id: Uuid::from_u128(9),
            file: "audit_logs_2025_01.jsonl.zst".to_owned(),
            file_sha256: Digest([0; 32]),
            file_bytes: 1,
            rows: sum.rows,
            last_sequence_number,
            cumulative_hash,
            anchors: sum.lanes.iter().map(anchor).collect(),
            checkpoints: Vec::new(),
        }
    }

    #[test]
    fn the_file_that_was_exported_fits_and_no_other() {
        let sum = sum();
        let right = manifest(&sum);
        assert!(right.check(&sum).is_empty());
        let mut cut = sum.clone();
        cut.lanes.pop();
        cut.rows -= 1;
        assert!(!right.check(&cut).is_empty());
        let mut first = sum.clone();
        first.lanes[0].1 += 1;
        assert!(!right.check(&first).is_empty());
        let mut head = sum.clone();
        head.lanes[1].2.hash = Digest([7; 32]);
        assert!(!right.check(&head).is_empty());
        let mut id = sum.clone();
        id.highest_id += 1;
        assert!(!right.check(&id).is_empty());
    }

    #[test]
    fn a_manifest_survives_its_text() {
        let manifest = manifest(&sum());
        let text = serde_json::to_string(&manifest).expect("JSON");
        assert_eq!(serde_json::from_str::<Manifest>(&text).expect("a manifest"), manifest);
    }
}
