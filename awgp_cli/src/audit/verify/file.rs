//! Verification of an exported file: no server, no trust in one.

use super::progress::Progress;
use super::report::Report;
use crate::exit::Exit;
use crate::failure::Failure;
use awgp_core::audit::export::{ExportError, FileVerifier};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;
use uuid::Uuid;

const READ_BYTES: usize = 1 << 20;
const ROWS_BETWEEN_LOOKS: u64 = 4096;

/// Verifies a file.
pub fn verify(path: &Path, install_id: Option<Uuid>) -> Result<Report, Failure> {
    let begun = Instant::now();
    let place = path.display().to_string();
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::BadArgument, format!("{place} cannot be verified: {error}"))
            .hint("name a file that `awgp audit export` wrote; docs/audit_format.md describes it")
    };
    let malformed = |error: ExportError| unreadable(&error);
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut input = BufReader::with_capacity(READ_BYTES, file);
    let mut verifier = FileVerifier::new(install_id);
    let progress = Progress::of_bytes(length);
    let (mut line, mut lines, mut bytes) = (String::new(), 0_u64, 0_u64);
    loop {
        line.clear();
        let read = input.read_line(&mut line).map_err(|error| unreadable(&error))?;
        if read == 0 {
            break;
        }
        verifier.line(line.strip_suffix('\n').unwrap_or(&line)).map_err(malformed)?;
        lines += 1;
        bytes += u64::try_from(read).unwrap_or(0);
        if lines.is_multiple_of(ROWS_BETWEEN_LOOKS) {
            progress.set(bytes);
        }
    }
    progress.clear();
    let (rows, findings) = verifier.finish().map_err(malformed)?;
    Ok(Report { findings, rows, lanes: None, took: begun.elapsed(), proved: Vec::new() })
}
