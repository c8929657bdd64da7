//! An exported month: the file against the manifest beside it, and the signed notes that the manifest
//! carries.

use super::file::{READ_BYTES, read, unreadable};
use awgp_client::Failure;
use awgp_core::audit::chain::Digest;
use awgp_core::audit::export::Contents;
use awgp_core::audit::finding::{Finding, Kind};
use awgp_core::audit::manifest::{FORMAT, FileSum, Manifest};
use awgp_core::audit::row::RowRef;
use awgp_core::audit::witness::{Named, Proved, asked, witness};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A file that was read against its manifest.
pub struct Month {
    /// What the file has.
    pub contents: Contents,
    /// All findings.
    pub findings: Vec<Finding>,
    /// What the notes in the manifest prove.
    pub proved: Vec<Proved>,
}

/// Reads a file against its manifest, where there is one, and the notes in it. What `notes` ask for is read
/// too. Notes in the manifest must be signed by one of the keys, where some are given. `see` is shown each
/// row.
pub fn against(
    path: &Path,
    install_id: Option<Uuid>,
    manifest: Option<&Manifest>,
    notes: &[Named<'_>],
    keys: &[String],
    see: &mut dyn FnMut(&RowRef<'_>),
) -> Result<Month, Failure> {
    let install_id = install_id.or(manifest.map(|manifest| manifest.install_id));
    let (carried, bad) = manifest.map_or_else(Default::default, Manifest::notes);
    let statements = carried.iter().map(|(_, statement)| statement);
    let wanted = asked(statements.chain(notes.iter().map(|(_, statement)| *statement)));
    let (contents, mut findings) = read(path, install_id, wanted, see)?;
    let Some(manifest) = manifest else { return Ok(Month { contents, findings, proved: Vec::new() }) };
    findings.extend(bad);
    findings.extend(manifest.check(&contents.sum));
    let mut say = |detail: String| {
        findings.push(Finding::about_partition(
            Kind::IntegrityEdited,
            manifest.partition_name.clone(),
            detail,
        ));
    };
    let (digest, bytes) = digest_of(path)?;
    if digest != manifest.file_sha256 {
        say(format!("the file is not the one that was exported: {bytes} bytes, SHA-256 {digest}"));
    }
    let is_other = |key: &str| !keys.is_empty() && keys.iter().all(|known| known != key);
    for checkpoint in manifest.checkpoints.iter().filter(|checkpoint| checkpoint.note.is_some()) {
        if let Some(key) = checkpoint.signed_by.as_deref().filter(|key| is_other(key)) {
            say(format!("the manifest's note of {} is signed by another key: {key}", checkpoint.tenant_id));
        }
    }
    let named: Vec<Named<'_>> = carried.iter().map(|(name, statement)| (name.clone(), statement)).collect();
    // A month is a part of the trail.
    let files = [contents];
    let found = witness(&files, &named, true, findings);
    let [contents] = files;
    Ok(Month { contents, findings: found.findings, proved: found.proved })
}

/// Verifies a file and compares it with its manifest, where there is one: the file's contents, and all
/// findings.
pub fn verify_against(
    path: &Path,
    install_id: Option<Uuid>,
    manifest: Option<&Manifest>,
) -> Result<(FileSum, Vec<Finding>), Failure> {
    let month = against(path, install_id, manifest, &[], &[], &mut |_| {})?;
    Ok((month.contents.sum, month.findings))
}

/// SHA-256 and length of a file as stored.
pub fn digest_of(path: &Path) -> Result<(Digest, u64), Failure> {
    let cannot = |error: io::Error| unreadable(path, &error);
    let mut file = File::open(path).map_err(cannot)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer).map_err(cannot)?;
        if read == 0 {
            return Ok((Digest(hasher.finalize().into()), bytes));
        }
        hasher.update(&buffer[..read]);
        bytes += u64::try_from(read).unwrap_or(0);
    }
}

/// The manifest's path: beside the exported month, with `.manifest.json` instead of `.jsonl.zst`.
fn manifest_path(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".zst").unwrap_or(name).strip_suffix(".jsonl")?;
    Some(path.with_file_name(format!("{stem}.manifest.json")))
}

/// The manifest beside a file, where there is one.
pub fn manifest_beside(path: &Path) -> Result<Option<Manifest>, Failure> {
    let Some(beside) = manifest_path(path).filter(|beside| beside.exists()) else { return Ok(None) };
    manifest(&beside).map(|(manifest, _)| Some(manifest))
}

/// A manifest, and its text.
pub fn manifest(path: &Path) -> Result<(Manifest, String), Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| unreadable(path, &error))?;
    if manifest.format != FORMAT {
        return Err(unreadable(
            path,
            &format!("this version of AWGP does not know format {}", manifest.format),
        ));
    }
    Ok((manifest, text))
}

/// The manifests in a folder, in the order of their names.
pub fn manifests(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".manifest.json"));
    files.sort();
    if files.is_empty() {
        return Err(unreadable(folder, &"it has no file that ends with .manifest.json"));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_lies_beside_its_file() {
        for name in ["/a/audit_logs_2025_01.jsonl.zst", "/a/audit_logs_2025_01.jsonl"] {
            let beside = manifest_path(Path::new(name));
            assert_eq!(beside, Some(PathBuf::from("/a/audit_logs_2025_01.manifest.json")));
        }
        assert_eq!(manifest_path(Path::new("/a/log.txt")), None);
    }
}
