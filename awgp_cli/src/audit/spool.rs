//! States that are too long to hold in memory, in a file without a name.

use awgp_client::{Exit, Failure};
use awgp_core::audit::escape::as_jsonb;
use awgp_core::audit::row::Spooled;
use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::{AtomicU32, Ordering};

/// The columns whose texts may be long.
pub const STATES: [&str; 3] = ["before_state", "after_state", "metadata"];

const PIECE_BYTES: usize = 1 << 20;
const STRETCH_BYTES: usize = 64 << 10;

/// Texts of one row's states.
#[derive(Debug)]
pub struct Spool {
    file: File,
    /// The beginning and length of each.
    texts: [Option<(u64, u64)>; STATES.len()],
    is_broken: Cell<bool>,
}

/// A spool that is being written.
pub struct Spooling {
    writer: BufWriter<File>,
    texts: [Option<(u64, u64)>; STATES.len()],
    written: u64,
    begun: u64,
    escaped: Vec<u8>,
}

impl Spooling {
    /// Begins, in the folder for temporary files. The file disappears with this process.
    pub fn begin() -> Result<Self, Failure> {
        let file = unnamed()?;
        Ok(Self {
            writer: BufWriter::new(file),
            texts: [None; STATES.len()],
            written: 0,
            begun: 0,
            escaped: Vec::new(),
        })
    }

    /// Appends to the text of the present state.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.written += bytes.len() as u64;
        self.writer.write_all(bytes).map_err(|error| unusable(&error))
    }

    /// Appends a string as the server's jsonb prints it.
    pub fn put_string(&mut self, text: &str) -> Result<(), Failure> {
        self.put(b"\"")?;
        for stretch in text.as_bytes().chunks(STRETCH_BYTES) {
            self.escaped.clear();
            as_jsonb(stretch, &mut self.escaped);
            self.written += self.escaped.len() as u64;
            self.writer.write_all(&self.escaped).map_err(|error| unusable(&error))?;
        }
        self.put(b"\"")
    }

    /// The text of this state is complete.
    pub fn end(&mut self, column: usize) {
        self.texts[column] = Some((self.begun, self.written - self.begun));
        self.begun = self.written;
    }

    /// All states are complete.
    pub fn finish(self) -> Result<Spool, Failure> {
        let file = self.writer.into_inner().map_err(|error| unusable(error.error()))?;
        Ok(Spool { file, texts: self.texts, is_broken: Cell::new(false) })
    }
}

impl Spool {
    fn pieces(&self, column: usize, take: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let Some((begins, length)) = self.texts[column] else { return Ok(()) };
        (&self.file).seek(SeekFrom::Start(begins))?;
        let mut left = (&self.file).take(length);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match left.read(&mut piece)? {
                0 if left.limit() > 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                0 => return Ok(()),
                read => take(&piece[..read]),
            }
        }
    }

    /// Fails where a text could not be read again: then the result cannot be trusted.
    pub fn checked(&self) -> Result<(), Failure> {
        if self.is_broken.get() {
            return Err(unusable(&io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(())
    }
}

impl Spooled for Spool {
    fn length(&self, column: usize) -> Option<u64> {
        self.texts[column].map(|(_, length)| length)
    }

    fn read(&self, column: usize, take: &mut dyn FnMut(&[u8])) {
        if self.pieces(column, take).is_err() {
            self.is_broken.set(true);
        }
    }
}

/// A file without a name, in the folder for temporary files. It disappears with this process.
pub fn unnamed() -> Result<File, Failure> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("awgp-{}-{number}.spool", std::process::id()));
    let opened = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
    let file = opened.and_then(|file| std::fs::remove_file(&path).map(|()| file));
    file.map_err(|error| unusable(&error))
}

/// The failure of such a file.
pub fn unusable(error: &io::Error) -> Failure {
    Failure::new(Exit::Unexpected, format!("rows cannot be stored in a temporary file: {error}"))
        .hint("set TMPDIR to a folder with enough space")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_again_as_they_were_written_and_escaped_as_the_server_does() {
        let mut spooling = Spooling::begin().expect("a file");
        spooling.put_string("a\u{1}\u{8}\u{c}\n\r\t\"\\ż/\u{7f}").expect("written");
        spooling.end(1);
        spooling.put(b"{}").expect("written");
        spooling.end(2);
        let spool = spooling.finish().expect("complete");
        let read = |column| {
            let mut text = Vec::new();
            spool.read(column, &mut |piece| text.extend_from_slice(piece));
            String::from_utf8(text).expect("UTF-8")
        };
        assert_eq!(read(1), r#""a\u0001\b\f\n\r\t\"\\ż/"#.to_owned() + "\u{7f}\"");
        assert_eq!((spool.length(0), spool.length(2), read(2)), (None, Some(2), "{}".to_owned()));
        assert!(spool.checked().is_ok());
    }
}
