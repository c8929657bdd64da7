//! Verification of an exported file without any server. A manifest beside it is compared with it.

use super::progress::Progress;
use super::report::Report;
use awgp_client::{Exit, Failure};
use awgp_core::audit::chain::Digest;
use awgp_core::audit::export::{ExportError, FileVerifier};
use awgp_core::audit::finding::{Finding, Kind};
use awgp_core::audit::manifest::{FORMAT, FileSum, Manifest};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;
use uuid::Uuid;

const READ_BYTES: usize = 1 << 20;
const ROWS_BETWEEN_LOOKS: u64 = 4096;
/// The beginning of a zstd frame.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Verifies a file, and compares it with its manifest where there is one beside it.
pub fn verify(path: &Path, install_id: Option<Uuid>) -> Result<Report, Failure> {
    let begun = Instant::now();
    let manifest = manifest_beside(path)?;
    let (sum, findings) = verify_against(path, install_id, manifest.as_ref())?;
    Ok(Report { findings, rows: sum.rows, lanes: None, took: begun.elapsed(), proved: Vec::new() })
}

/// Verifies a file and compares it with its manifest, where there is one: the file's contents, and all
/// findings.
pub fn verify_against(
    path: &Path,
    install_id: Option<Uuid>,
    manifest: Option<&Manifest>,
) -> Result<(FileSum, Vec<Finding>), Failure> {
    let malformed = |error: ExportError| unreadable(path, &error);
    let install_id = install_id.or(manifest.map(|manifest| manifest.install_id));
    let mut verifier = FileVerifier::new(install_id);
    for_each_line(path, |line| verifier.line(line).map_err(malformed))?;
    let (sum, mut findings) = verifier.finish_with_sum().map_err(malformed)?;
    if let Some(manifest) = manifest {
        findings.extend(manifest.check(&sum));
        let (digest, bytes) = digest_of(path)?;
        if digest != manifest.file_sha256 {
            let detail =
                format!("the file is not the one that was exported: {bytes} bytes, SHA-256 {digest}");
            findings.push(Finding::about_partition(
                Kind::IntegrityEdited,
                manifest.partition_name.clone(),
                detail,
            ));
        }
    }
    Ok((sum, findings))
}

/// Calls `take` with each line of a file, plain or compressed by zstd, without its line feed.
pub fn for_each_line(path: &Path, mut take: impl FnMut(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    let cannot = |error: io::Error| unreadable(path, &error);
    let mut input = open(path).map_err(cannot)?;
    let progress = Progress::of_bytes(0);
    let (mut line, mut lines, mut bytes) = (String::new(), 0_u64, 0_u64);
    loop {
        line.clear();
        let read = input.read_line(&mut line).map_err(cannot)?;
        if read == 0 {
            break;
        }
        take(line.strip_suffix('\n').unwrap_or(&line))?;
        lines += 1;
        bytes += u64::try_from(read).unwrap_or(0);
        if lines.is_multiple_of(ROWS_BETWEEN_LOOKS) {
            progress.set(bytes);
        }
    }
    progress.clear();
    Ok(())
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let mut plain = BufReader::with_capacity(READ_BYTES, File::open(path)?);
    if plain.fill_buf()?.starts_with(&ZSTD_MAGIC) {
        let decoder = zstd::stream::read::Decoder::with_buffer(plain)?;
        return Ok(Box::new(BufReader::with_capacity(READ_BYTES, decoder)));
    }
    Ok(Box::new(plain))
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
    let text = std::fs::read_to_string(&beside).map_err(|error| unreadable(&beside, &error))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| unreadable(&beside, &error))?;
    if manifest.format != FORMAT {
        return Err(unreadable(
            &beside,
            &format!("this version of AWGP does not know format {}", manifest.format),
        ));
    }
    Ok(Some(manifest))
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::BadArgument, format!("{} cannot be verified: {error}", path.display())).hint(
        "name a file that `awgp audit export` or `awgp partition export` wrote; docs/audit_format.md \
         describes it",
    )
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
