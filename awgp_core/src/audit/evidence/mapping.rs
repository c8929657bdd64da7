//! Which sentences an index has, what each is counted by, and which articles and clauses it is about.
//!
//! The mapping is one JSON file, which the verifier in Python reads too: a sentence has one wording.

use serde::{Deserialize, Serialize};

/// The mapping of this version.
pub const TEXT: &str = include_str!("../../../../tests/evidence_mapping.json");

/// The whole mapping.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// [`super::FORMAT`].
    pub format: u32,
    /// The version of AWGP.
    pub version: String,
    /// Laws and standards.
    pub frames: Vec<Frame>,
    /// Files of records.
    pub records: Vec<Record>,
    /// Kinds of things of which the state before the time is proved.
    pub before: Vec<String>,
    /// Files with the server's answers.
    pub answers: Vec<Answer>,
    /// The sentences.
    pub sentences: Vec<Sentence>,
}

/// A law or a standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What to know about its parts.
    pub note: String,
    /// Its parts.
    pub parts: Vec<Part>,
}

/// An article or a clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its id.
    pub id: String,
    /// Its number and title.
    pub title: String,
    /// What it is about.
    pub about: String,
}

/// A file of records.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its name.
    pub file: String,
    /// What is in it.
    pub what: String,
    /// The events that it has.
    pub take: Vec<Take>,
}

/// Events.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// Of this kind of thing.
    pub entity_type: String,
    /// With this action; all if none is given.
    pub action: Option<String>,
}

/// A file with an answer of the server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Its name.
    pub file: String,
    /// What is in it.
    pub what: String,
}

/// A sentence: either with its proof, or named as a gap.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// Its id.
    pub id: String,
    /// The articles and clauses that it is about.
    pub parts: Vec<String>,
    /// The file that it rests on, or a folder; none for what AWGP cannot show.
    pub file: Option<String>,
    /// The events of the trail that it counts.
    pub count: Option<Count>,
    /// The rows of an answer that it counts.
    pub rows: Option<Rows>,
    /// What kind of proof it is.
    pub rests_on: Option<String>,
    /// Its text where there is something to count.
    pub some: Option<String>,
    /// Its text where there is nothing to count.
    pub none: Option<String>,
    /// Its text where it does not stand.
    pub gap: Option<String>,
}

/// Events of the trail. What is not given is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Those of a file of records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Of this kind of thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
    /// With this action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// With this column of the state afterwards,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// which has this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// Rows of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// With this column,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// which has this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Mapping {
    /// The mapping of this version.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn of_this_version() -> Self {
        serde_json::from_str(TEXT).expect("the mapping is what a test has read")
    }

    /// What is in a file of records or of answers.
    pub fn what(&self, file: &str) -> Option<&str> {
        let records = self.records.iter().map(|record| (&record.file, &record.what));
        let answers = self.answers.iter().map(|answer| (&answer.file, &answer.what));
        records.chain(answers).find(|(name, _)| *name == file).map(|(_, what)| what.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_sentence_has_its_proof_or_is_a_gap_and_is_about_a_part_that_is_there() {
        let mapping = Mapping::of_this_version();
        assert_eq!(
            (mapping.format, mapping.version.as_str()),
            (super::super::FORMAT, env!("CARGO_PKG_VERSION"))
        );
        let parts: BTreeSet<&str> =
            mapping.frames.iter().flat_map(|frame| &frame.parts).map(|part| part.id.as_str()).collect();
        let mut ids = BTreeSet::new();
        let mut about: BTreeSet<&str> = BTreeSet::new();
        for sentence in &mapping.sentences {
            assert!(ids.insert(&sentence.id), "{} is there twice", sentence.id);
            assert!(!sentence.parts.is_empty(), "{} is about nothing", sentence.id);
            about.extend(sentence.parts.iter().map(String::as_str));
            let Some(file) = &sentence.file else {
                assert!(sentence.gap.is_some() && sentence.some.is_none(), "{}", sentence.id);
                continue;
            };
            assert!(sentence.rests_on.is_some() && sentence.some.is_some(), "{}", sentence.id);
            assert!(sentence.none.is_some() != sentence.gap.is_some(), "{}", sentence.id);
            let is_known = file.ends_with('/') || file == super::super::TRAIL || mapping.what(file).is_some();
            assert!(is_known, "{}: {file}", sentence.id);
        }
        assert_eq!(about, parts);
    }
}
