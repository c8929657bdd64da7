//! The exported log: JSON Lines, format 1 (docs/audit_format.md, "The exported log").
//!
//! A header, then for each lane a lane line and its rows, then an end line. A row's line has the columns as
//! its fields; the others begin with the key `awgp`.

use super::chain::{Digest, Lane, Link, genesis};
use super::finding::{Finding, Kind};
use super::lane_facts::{Head, LaneFacts};
use super::manifest::FileSum;
use super::row::AuditRow;
use super::verify::LogVerifier;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// The format this code reads and writes.
pub const FORMAT: u32 = 1;

/// A line that is not a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "awgp", rename_all = "snake_case", deny_unknown_fields)]
pub enum Mark {
    /// The first line.
    Header {
        /// [`FORMAT`].
        format: u32,
        /// The install whose genesis values the lanes begin at.
        install_id: Uuid,
    },
    /// What is known about the lane whose rows follow.
    Lane {
        /// The tenant.
        tenant_id: Uuid,
        /// The lane.
        chain_lane: i16,
        /// The number that the first row follows; 0 at a lane's beginning.
        after_seq: i64,
        /// The hash that the first row follows; null for the genesis value.
        after_hash: Option<Digest>,
        /// The number of the last row; null where unknown.
        head_seq: Option<i64>,
        /// The hash of the last row; null where unknown.
        head_hash: Option<Digest>,
    },
    /// The last line: a file without it was cut.
    End {
        /// How many rows the file has.
        rows: u64,
    },
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A header, lane or end line.
    Mark(Mark),
    /// A row.
    Row(Box<AuditRow>),
}

/// What is wrong with a file as a file. What is wrong with the log is a [`Finding`].
#[derive(Debug, Error)]
pub enum ExportError {
    /// A line is not one of the format's.
    #[error("line {line}: {source}")]
    Malformed {
        /// The line, from 1.
        line: u64,
        /// The parser's message.
        source: serde_json::Error,
    },
    /// The first line is not a header.
    #[error("line 1 is not a header")]
    NoHeader,
    /// The file has a newer format.
    #[error("this version of AWGP does not know format {0}")]
    UnknownFormat(u32),
    /// A header after the first line, or a line after the end line.
    #[error("line {0} is out of place")]
    Misplaced(u64),
    /// There is no end line.
    #[error("the file has no end line: it was cut")]
    Cut,
    /// The end line has another number of rows than the file.
    #[error("the end line counts {stated} rows, the file has {actual}")]
    WrongCount {
        /// The number in the end line.
        stated: u64,
        /// The number of rows read.
        actual: u64,
    },
}

impl Line {
    /// Reads one line, without its line feed.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        // The specification puts the key first, so that a row is parsed only once.
        if text.starts_with("{\"awgp\":") {
            serde_json::from_str(text).map(Self::Mark)
        } else {
            serde_json::from_str(text).map(Self::Row)
        }
    }
}

impl Mark {
    /// The line's text, without a line feed.
    ///
    /// # Panics
    /// Never: every field is a string, a number or null.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("marks have string keys")
    }
}

impl AuditRow {
    /// The line's text, without a line feed.
    ///
    /// # Panics
    /// Never: every field is a string, a number or null.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("rows have string keys")
    }
}

/// Verifies a file line by line, in constant memory.
#[derive(Debug)]
pub struct FileVerifier {
    log: Option<(LogVerifier, Uuid)>,
    expected_install: Option<Uuid>,
    /// The install that the header names, where another one is expected.
    other_install: Option<Uuid>,
    lines: u64,
    stated_rows: Option<u64>,
    sum: FileSum,
}

impl FileVerifier {
    /// `install_id`, where given, replaces the header's: an auditor knows it from elsewhere, and the header
    /// may be forged.
    pub fn new(install_id: Option<Uuid>) -> Self {
        Self {
            log: None,
            expected_install: install_id,
            other_install: None,
            lines: 0,
            stated_rows: None,
            sum: FileSum::default(),
        }
    }

    /// Takes the next line.
    pub fn line(&mut self, text: &str) -> Result<(), ExportError> {
        self.lines += 1;
        let parsed =
            Line::parse(text).map_err(|source| ExportError::Malformed { line: self.lines, source })?;
        let Some((log, install_id)) = &mut self.log else {
            let Line::Mark(Mark::Header { format, install_id }) = parsed else {
                return Err(ExportError::NoHeader);
            };
            if format != FORMAT {
                return Err(ExportError::UnknownFormat(format));
            }
            self.other_install =
                self.expected_install.and(Some(install_id)).filter(|id| Some(*id) != self.expected_install);
            let install_id = self.expected_install.unwrap_or(install_id);
            self.log = Some((LogVerifier::new(install_id), install_id));
            return Ok(());
        };
        match parsed {
            _ if self.stated_rows.is_some() => return Err(ExportError::Misplaced(self.lines)),
            Line::Mark(Mark::Header { .. }) => return Err(ExportError::Misplaced(self.lines)),
            Line::Mark(Mark::End { rows }) => self.stated_rows = Some(rows),
            Line::Row(row) => {
                let row = row.borrowed();
                log.row(&row);
                if let Some(hash) = Digest::from_hex(row.integrity_hash) {
                    self.sum.add(row.position().lane(), row.id, Link { seq: row.chain_seq, hash });
                }
            }
            Line::Mark(Mark::Lane { tenant_id, chain_lane, after_seq, after_hash, head_seq, head_hash }) => {
                let lane = Lane { tenant_id, chain_lane };
                let hash = after_hash.unwrap_or_else(|| genesis(*install_id, lane));
                let head = match (head_seq, head_hash) {
                    (Some(seq), Some(hash)) => Head::Exactly(Link { seq, hash }),
                    _ => Head::Unknown,
                };
                log.lane(lane, LaneFacts::after(Link { seq: after_seq, hash }).with_head(head));
            }
        }
        Ok(())
    }

    /// Ends the file: the number of rows, and all findings.
    pub fn finish(self) -> Result<(u64, Vec<Finding>), ExportError> {
        self.finish_with_sum().map(|(sum, findings)| (sum.rows, findings))
    }

    /// Ends the file: the seal of its rows, and all findings.
    pub fn finish_with_sum(self) -> Result<(FileSum, Vec<Finding>), ExportError> {
        let (log, _) = self.log.ok_or(ExportError::NoHeader)?;
        let stated = self.stated_rows.ok_or(ExportError::Cut)?;
        let actual = log.rows();
        if stated != actual {
            return Err(ExportError::WrongCount { stated, actual });
        }
        let mut findings = log.finish();
        let is_told = findings.iter().any(|finding| finding.kind == Kind::BadGenesis);
        // A log that was adopted has its earlier genesis values in its lanes' lines: it fits whatever is
        // expected.
        if let Some(other) = self.other_install.filter(|_| !is_told) {
            let detail = format!("the file is of install {other}, and another one is expected");
            findings.push(Finding::about_log(Kind::BadGenesis, detail));
        }
        Ok((FileSum { rows: actual, ..self.sum }, findings))
    }
}
