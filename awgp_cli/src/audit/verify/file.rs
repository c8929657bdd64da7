//! One exported file, read to its end without any server.

use super::progress::Progress;
use awgp_client::{Exit, Failure};
use awgp_core::audit::export::{Asked, Contents, ExportError, FileVerifier};
use awgp_core::audit::finding::Finding;
use awgp_core::audit::row::RowRef;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use uuid::Uuid;

/// How much is read at a time.
pub const READ_BYTES: usize = 1 << 20;
const ROWS_BETWEEN_LOOKS: u64 = 4096;
/// The beginning of a zstd frame.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Reads a file to its end: what it has, and its findings. `see` is shown each row.
pub fn read(
    path: &Path,
    install_id: Option<Uuid>,
    asked: Asked,
    see: &mut dyn FnMut(&RowRef<'_>),
) -> Result<(Contents, Vec<Finding>), Failure> {
    let malformed = |error: ExportError| unreadable(path, &error);
    let mut verifier = FileVerifier::new(install_id).asking(asked);
    for_each_line(path, |line| verifier.line_seen(line, see).map_err(malformed))?;
    verifier.finish_with_contents().map_err(malformed)
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

/// The failure of a file that cannot be verified.
pub fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::BadArgument, format!("{} cannot be verified: {error}", path.display())).hint(
        "name a file that `awgp audit export` or `awgp partition export` wrote; docs/audit_format.md \
         describes it",
    )
}
