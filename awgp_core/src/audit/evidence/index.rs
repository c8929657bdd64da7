//! The sentences of a pack, which follow from its files, and its manifest.

use super::mapping::{Count, Frame, Mapping, Rows, Sentence};
use crate::audit::chain::Digest;
use crate::audit::spelled;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use uuid::Uuid;

/// The manifest: each other file of the pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The word `evidence-manifest`.
    pub awgp: String,
    /// [`super::FORMAT`].
    pub format: u32,
    /// The files, in the order in which they were written.
    pub files: Vec<Sum>,
}

/// A file of the pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// Its name.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: Digest,
}

/// The index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The word `evidence`.
    pub awgp: String,
    /// [`super::FORMAT`].
    pub format: u32,
    /// The version of AWGP that made the pack.
    pub version: String,
    /// The tenant.
    #[serde(deserialize_with = "spelled::uuid")]
    pub tenant_id: Uuid,
    /// Its name.
    pub tenant: String,
    /// The install of the trail.
    #[serde(deserialize_with = "spelled::uuid")]
    pub install_id: Uuid,
    /// The first moment of the time.
    pub from: String,
    /// The moment at which it is over.
    pub to: String,
    /// When the pack was made, by the clock of the server.
    pub made_at: String,
    /// The login that made it.
    pub made_by: String,
    /// Files that are not in the pack, and why.
    pub absent: Vec<Absent>,
    /// Laws and standards.
    pub frames: Vec<Frame>,
    /// The sentences.
    pub sentences: Vec<Stated>,
}

/// A file that is not in the pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// Its name.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// A sentence of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// Its id.
    pub id: String,
    /// The articles and clauses that it is about.
    pub parts: Vec<String>,
    /// Its text.
    pub text: String,
    /// Its proof; none for a gap.
    pub proof: Option<Proof>,
}

/// What a sentence stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// `trail`, `notes`, `receipts`, `proofs`, `manifests` or `server`.
    pub rests_on: String,
    /// The file, or the folder.
    pub file: String,
    /// SHA-256 of the file; of a folder, of the list of its files.
    pub sha256: Digest,
    /// How many were counted.
    pub count: u64,
    /// The events that were counted.
    pub events: Option<Count>,
    /// The rows that were counted.
    pub rows: Option<Rows>,
}

/// What sentences follow from.
#[derive(Debug, Default)]
pub struct Facts<'a> {
    /// The files with their digests.
    pub files: BTreeMap<&'a str, Digest>,
    /// Why a file is not there.
    pub absent: BTreeMap<&'a str, &'a str>,
    /// For each sentence that counts events: how many.
    pub events: &'a [Option<u64>],
    /// For each sentence that counts rows: how many.
    pub rows: Vec<Option<u64>>,
}

impl Facts<'_> {
    /// The sentences of a pack.
    pub fn sentences(&self, mapping: &Mapping) -> Vec<Stated> {
        mapping.sentences.iter().enumerate().map(|(place, of)| self.stated(mapping, place, of)).collect()
    }

    fn stated(&self, mapping: &Mapping, place: usize, sentence: &Sentence) -> Stated {
        let found = sentence.file.as_deref().and_then(|file| self.proof(file, place, sentence));
        let text = match &found {
            Some(proof) if proof.count > 0 => sentence.some.clone().unwrap_or_default(),
            Some(_) => sentence.none.clone().unwrap_or_default(),
            None => sentence.gap.clone().unwrap_or_else(|| self.not_there(mapping, sentence)),
        };
        let count = found.as_ref().map_or(0, |proof| proof.count).to_string();
        Stated {
            id: sentence.id.clone(),
            parts: sentence.parts.clone(),
            text: text.replace("{count}", &count),
            proof: found,
        }
    }

    fn not_there(&self, mapping: &Mapping, sentence: &Sentence) -> String {
        let file = sentence.file.as_deref().unwrap_or_default();
        let what = mapping.what(file).unwrap_or(file);
        let reason = self.absent.get(file).copied().unwrap_or("no reason is given");
        format!("Not in this pack: {what}. {reason}")
    }

    /// None where the sentence does not stand.
    fn proof(&self, file: &str, place: usize, sentence: &Sentence) -> Option<Proof> {
        let (sha256, count) = if file.ends_with('/') {
            let mut list = String::new();
            let within = self.files.iter().filter(|(name, _)| name.starts_with(file));
            let mut count = 0;
            for (name, digest) in within {
                let _ = writeln!(list, "{}  {name}", String::from_utf8_lossy(&digest.to_hex()));
                count += 1;
            }
            if count == 0 {
                return None;
            }
            (Digest::of(list.as_bytes()), count)
        } else {
            let counted = if sentence.rows.is_some() { &self.rows[..] } else { self.events };
            (*self.files.get(file)?, counted.get(place).copied().flatten()?)
        };
        Some(Proof {
            rests_on: sentence.rests_on.clone().unwrap_or_default(),
            file: file.to_owned(),
            sha256,
            count,
            events: sentence.count.clone(),
            rows: sentence.rows.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'a>(stated: &'a [Stated], id: &str) -> (&'a str, bool) {
        let found = stated.iter().find(|stated| stated.id == id).expect("a sentence");
        (&found.text, found.proof.is_some())
    }

    #[test]
    fn a_sentence_stands_with_its_proof_or_is_named_as_a_gap() {
        let mapping = Mapping::of_this_version();
        let place = |id: &str| mapping.sentences.iter().position(|of| of.id == id).expect("a sentence");
        let digest = Digest::of(b"x");
        let mut events = vec![Some(0); mapping.sentences.len()];
        events[place("votes")] = Some(3);
        let mut rows = vec![None; mapping.sentences.len()];
        rows[place("ledger")] = Some(0);
        let facts = Facts {
            files: BTreeMap::from([
                ("records/approvals.jsonl", digest),
                ("answers/verify_ledger.json", digest),
                ("receipts/b", digest),
                ("receipts/a", digest),
            ]),
            absent: BTreeMap::from([("answers/doctor.json", "permission denied")]),
            events: &events,
            rows,
        };
        let stated = facts.sentences(&mapping);
        assert!(text(&stated, "votes").0.ends_with("who voted and when: 3.") && text(&stated, "votes").1);
        assert_eq!(text(&stated, "rejected"), ("No vote to reject was cast in this time.", true));
        assert!(text(&stated, "receipts").0.ends_with(": 2.") && text(&stated, "receipts").1);
        assert!(text(&stated, "ledger").0.contains("no difference") && text(&stated, "ledger").1);
        assert!(text(&stated, "doctor").0.ends_with("permission denied") && !text(&stated, "doctor").1);
        assert!(!text(&stated, "only_awgp").1 && !text(&stated, "events").1);
        let list = format!("{0}  receipts/a\n{0}  receipts/b\n", String::from_utf8_lossy(&digest.to_hex()));
        let receipts = stated.iter().find(|of| of.id == "receipts").and_then(|of| of.proof.as_ref());
        assert_eq!(receipts.map(|proof| proof.sha256), Some(Digest::of(list.as_bytes())));
    }
}
