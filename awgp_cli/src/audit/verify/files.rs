//! Exported files together with signed notes, without any server.

use super::file::unreadable;
use super::month::{self, manifest_beside};
use super::names::Names;
use super::report::{self, Report};
use crate::audit::notes::Notes;
use awgp_client::Failure;
use awgp_core::audit::witness::{Named, Witness, witness};
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

/// Verifies files, each against its manifest where there is one beside it, and all against the notes.
pub fn verify(paths: &[PathBuf], install_id: Option<Uuid>, beside: &Beside<'_>) -> Result<Report, Failure> {
    let begun = Instant::now();
    let notes: Vec<Named<'_>> = beside.notes.map_or_else(Vec::new, |notes| {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        notes.signed.iter().map(|signed| (name(&signed.path), &signed.statement)).collect()
    });
    let (mut files, mut findings, mut proved) = (Vec::new(), Vec::new(), Vec::new());
    for path in listed(paths)? {
        let manifest = manifest_beside(&path)?;
        let read = month::against(&path, install_id, manifest.as_ref(), &notes, beside.keys)?;
        findings.extend(read.findings);
        proved.extend(read.proved.iter().map(report::proved));
        files.push(read.contents);
    }
    let Witness { proved: by_notes, own_word, findings } = witness(&files, &notes, beside.is_part, findings);
    proved.extend(by_notes.iter().map(report::proved));
    let rows = files.iter().map(|file| file.sum.rows).sum();
    let witness = Some((by_notes, own_word));
    Ok(Report {
        findings,
        names: Names::default(),
        rows,
        lanes: None,
        took: begun.elapsed(),
        proved,
        witness,
        keys: Vec::new(),
        timestamps: None,
        cosigned: None,
    })
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
