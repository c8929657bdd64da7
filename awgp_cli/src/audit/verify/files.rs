//! Exported files together with signed notes, without any server.

use super::file::{for_each_line, unreadable};
use super::month::{self, manifest_beside};
use super::names::Names;
use super::report::{self, Report, Stops};
use crate::audit::notes::Notes;
use awgp_client::Failure;
use awgp_core::audit::export::{Contents, Line};
use awgp_core::audit::finding::Finding;
use awgp_core::audit::row::RowRef;
use awgp_core::audit::witness::{Named, Witness, witness};
use awgp_core::stop::proof::Proofs;
use awgp_core::stop::verdict::Verdict;
use std::path::{Path, PathBuf};
use std::time::Instant;
use uuid::Uuid;

/// What files are verified with.
pub struct Beside<'a> {
    /// The notes.
    pub notes: Option<&'a Notes>,
    /// The auditor's keys, one of which notes in manifests must be signed by; none where none is known.
    pub keys: &'a [String],
    /// The files are meant to be a part of the trail.
    pub is_part: bool,
}

impl Beside<'_> {
    /// The notes by the names of their files.
    pub fn named(&self) -> Vec<Named<'_>> {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let signed = self.notes.map_or(&[][..], |notes| notes.signed.as_slice());
        signed.iter().map(|signed| (name(&signed.path), &signed.statement)).collect()
    }
}

/// Verifies files, each against its manifest where there is one beside it, and all against the notes.
pub fn verify(paths: &[PathBuf], install_id: Option<Uuid>, beside: &Beside<'_>) -> Result<Report, Failure> {
    let begun = Instant::now();
    let notes = beside.named();
    let (mut files, mut findings, mut proved) = (Vec::new(), Vec::new(), Vec::new());
    let (paths, mut stops) = (listed(paths)?, Proofs::default());
    for path in &paths {
        let manifest = manifest_beside(path)?;
        let see = &mut |row: &RowRef<'_>| stops.learn(row);
        let read = month::against(path, install_id, manifest.as_ref(), &notes, beside.keys, see)?;
        findings.extend(read.findings);
        proved.extend(read.proved.iter().map(report::proved));
        files.push(read.contents);
    }
    let mut report = concluded(&files, findings, beside, begun);
    proved.append(&mut report.proved);
    let stops = Stops { verdicts: judged(stops, &paths, &files)?, has_notes: !notes.is_empty() };
    Ok(Report { proved, stops, ..report })
}

/// What the notes prove of files that were read.
pub fn concluded(files: &[Contents], found: Vec<Finding>, beside: &Beside<'_>, begun: Instant) -> Report {
    let Witness { proved, own_word, findings } = witness(files, &beside.named(), beside.is_part, found);
    Report {
        findings,
        names: Names::default(),
        rows: files.iter().map(|file| file.sum.rows).sum(),
        lanes: None,
        took: begun.elapsed(),
        proved: proved.iter().map(report::proved).collect(),
        stops: Stops::default(),
        witness: Some((proved, own_word)),
        keys: Vec::new(),
        timestamps: None,
        cosigned: None,
    }
}

/// What the files prove of the stops whose events they have: the rows are read once more.
fn judged(mut stops: Proofs, paths: &[PathBuf], files: &[Contents]) -> Result<Vec<Verdict>, Failure> {
    if !stops.has_stops() {
        return Ok(Vec::new());
    }
    for path in paths {
        for_each_line(path, |line| {
            stops.judge_line(&Line::parse(line).map_err(|error| unreadable(path, &error))?);
            Ok(())
        })?;
    }
    for (lane, number) in files.iter().flat_map(|file| &file.rows.adopted) {
        stops.adopted(*lane, *number);
    }
    Ok(stops.finish())
}

/// The files, those of folders in the order of their names.
fn listed(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut listed = Vec::new();
    for path in paths {
        if !path.is_dir() {
            listed.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        let is_export = |file: &PathBuf| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".jsonl") || name.ends_with(".jsonl.zst")
        };
        files.retain(is_export);
        files.sort();
        if files.is_empty() {
            return Err(unreadable(path, &"it has no file that ends with .jsonl or .jsonl.zst"));
        }
        listed.append(&mut files);
    }
    Ok(listed)
}
