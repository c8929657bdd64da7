//! The file: JSON Lines, compressed with zstd. The first line says what it is about, each further one is a
//! row, and the last one has a digest over all lines before it.

use awgp_client::{Exit, Failure};
use awgp_core::reason::Reason;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// The format that is written and read.
pub const FORMAT: u32 = 1;

/// A line.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "awgp", rename_all = "lowercase", deny_unknown_fields)]
pub enum Line {
    /// The first one: what `awgp.family_facts()` has said.
    Family {
        /// Its format.
        format: u32,
        /// The facts.
        facts: Value,
    },
    /// A row of a table.
    Row {
        /// The table.
        table: String,
        /// The row, as the text of its table's type.
        row: String,
    },
    /// The last one.
    End {
        /// How many rows there are.
        rows: u64,
        /// Whether the family has left its installation. Otherwise it works on there.
        left: bool,
        /// The last link of each lane.
        lanes: Value,
        /// For each table: its rows and their digest.
        digests: Value,
        /// SHA-256 of all lines before this one, each with its line feed.
        sha256: String,
    },
}

/// Writes the file. It has its name only when it is whole.
pub struct Writer {
    encoder: zstd::Encoder<'static, File>,
    digest: Sha256,
    rows: u64,
    partial: PathBuf,
    path: PathBuf,
}

impl Writer {
    /// Begins it. A file of that name is not overwritten.
    pub fn begin(path: &Path) -> Result<Self, Failure> {
        if path.exists() {
            return Err(Failure::new(Exit::BadArgument, format!("{} is there already", path.display()))
                .hint("name another file"));
        }
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(".partial");
        let partial = path.with_file_name(name);
        let begun = private(&partial).and_then(|file| zstd::Encoder::new(file, 0));
        let encoder = begun.map_err(|error| unwritable(path, &error))?;
        Ok(Self { encoder, digest: Sha256::new(), rows: 0, partial, path: path.to_owned() })
    }

    /// Writes a line.
    pub fn put(&mut self, line: &Line) -> Result<(), Failure> {
        let mut text = serde_json::to_vec(line).map_err(|error| malformed(&error.to_string()))?;
        text.push(b'\n');
        self.digest.update(&text);
        self.rows += u64::from(matches!(line, Line::Row { .. }));
        self.encoder.write_all(&text).map_err(|error| unwritable(&self.path, &error))
    }

    /// Writes rows of one table.
    pub fn rows(&mut self, table: &str, rows: Vec<Vec<u8>>) -> Result<(), Failure> {
        for row in rows {
            let row = String::from_utf8(row).map_err(|error| malformed(&error.to_string()))?;
            self.put(&Line::Row { table: table.to_owned(), row })?;
        }
        Ok(())
    }

    /// Writes the last line, and gives the file its name; returns how many rows it has.
    pub fn finish(mut self, left: bool, lanes: Value, digests: Value) -> Result<u64, Failure> {
        let sha256 = hex(&self.digest.clone().finalize());
        let rows = self.rows;
        self.put(&Line::End { rows, left, lanes, digests, sha256 })?;
        let Self { encoder, partial, path, .. } = self;
        let done =
            encoder.finish().and_then(|file| file.sync_all()).and_then(|()| fs::rename(&partial, &path));
        done.map_err(|error| unwritable(&path, &error))?;
        Ok(rows)
    }
}

/// A file that nobody else reads: it has everything of the family.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// What the last line says.
#[derive(Debug)]
pub struct End {
    /// How many rows there are.
    pub rows: u64,
    /// Whether the family has left.
    pub left: bool,
    /// The last link of each lane.
    pub lanes: Value,
    /// For each table: its rows and their digest.
    pub digests: Value,
}

/// Reads a file whole and calls `visit` with the facts and each row; returns the end. A file that was
/// changed, or ends early, is refused at its end: nothing of it counts before.
pub fn read(path: &Path, mut visit: impl FnMut(Piece<'_>) -> Result<(), Failure>) -> Result<End, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::of_reason(Reason::ArchiveMalformed, format!("{}: {error}", path.display()))
            .hint("name a file that awgp tenant export has written")
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut reader = BufReader::new(zstd::Decoder::new(file).map_err(unreadable)?);
    let (mut digest, mut text, mut rows, mut end) = (Sha256::new(), String::new(), 0, None);
    let mut is_first = true;
    loop {
        text.clear();
        if reader.read_line(&mut text).map_err(unreadable)? == 0 {
            break;
        }
        if end.is_some() || !text.ends_with('\n') {
            return Err(malformed("something follows its end"));
        }
        let line: Line = serde_json::from_str(&text).map_err(|error| malformed(&error.to_string()))?;
        match line {
            Line::Family { format, facts } if is_first && format == FORMAT => visit(Piece::Facts(&facts))?,
            Line::Row { table, row } if !is_first => {
                rows += 1;
                visit(Piece::Row(&table, row.into_bytes()))?;
            }
            Line::End { rows: told, left, lanes, digests, sha256 } if !is_first => {
                if told != rows || sha256 != hex(&digest.clone().finalize()) {
                    return Err(malformed("its digest is not that of its lines"));
                }
                end = Some(End { rows, left, lanes, digests });
            }
            _ => return Err(malformed("its first line does not say what it is, or has another format")),
        }
        is_first = false;
        digest.update(&text);
    }
    end.ok_or_else(|| malformed("it ends early"))
}

/// A piece of a file.
pub enum Piece<'a> {
    /// What it is about.
    Facts(&'a Value),
    /// A row of a table.
    Row(&'a str, Vec<u8>),
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The refusal of a file.
pub fn malformed(why: &str) -> Failure {
    Failure::of_reason(Reason::ArchiveMalformed, format!("the archive cannot be used: {why}"))
        .hint("export the family again")
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unexpected, format!("{}: {error}", path.display()))
        .hint("name a file in a folder that this user may write to")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn folder() -> PathBuf {
        let folder = std::env::temp_dir().join(format!("awgp-archive-{}", uuid::Uuid::new_v4()));
        fs::create_dir(&folder).expect("a folder");
        folder
    }

    fn written(path: &Path) {
        let mut writer = Writer::begin(path).expect("a file");
        writer.put(&Line::Family { format: FORMAT, facts: json!({"slug": "acme"}) }).expect("a line");
        writer.rows("users", vec![b"(1,\"a\nb\")".to_vec(), b"(2,)".to_vec()]).expect("rows");
        assert_eq!(writer.finish(true, json!([]), json!({})).expect("an end"), 2);
    }

    /// The lines of a file, and a file of other lines.
    fn lines(path: &Path) -> Vec<String> {
        let text = zstd::decode_all(File::open(path).expect("a file")).expect("zstd");
        String::from_utf8(text).expect("UTF-8").lines().map(str::to_owned).collect()
    }

    fn rewritten(path: &Path, lines: &[String]) {
        let text = lines.iter().fold(String::new(), |text, line| text + line + "\n");
        fs::write(path, zstd::encode_all(text.as_bytes(), 0).expect("zstd")).expect("it is written");
    }

    #[test]
    fn what_is_written_is_read_and_what_was_changed_is_refused() {
        let folder = folder();
        let path = folder.join("acme.family");
        written(&path);
        let mut rows = Vec::new();
        let end = read(&path, |piece| {
            if let Piece::Row(table, row) = piece {
                rows.push((table.to_owned(), row));
            }
            Ok(())
        })
        .expect("it is whole");
        assert!(end.left);
        assert_eq!(
            rows,
            [("users".to_owned(), b"(1,\"a\nb\")".to_vec()), ("users".to_owned(), b"(2,)".to_vec())]
        );
        assert!(Writer::begin(&path).is_err(), "it is not overwritten");

        let whole = lines(&path);
        let changes: [fn(&mut Vec<String>); 5] = [
            |lines| lines[1] = lines[1].replace("(1", "(3"),
            |lines| drop(lines.remove(1)),
            |lines| drop(lines.pop()),
            |lines| lines.push(lines[1].clone()),
            |lines| lines[0] = lines[0].replace("\"format\":1", "\"format\":2"),
        ];
        for change in changes {
            let mut other = whole.clone();
            change(&mut other);
            rewritten(&path, &other);
            let refused = read(&path, |_| Ok(())).expect_err("it was changed");
            assert_eq!(refused.noted("reason"), Some("archive_malformed"), "{refused:?}");
        }
        fs::remove_dir_all(folder).expect("it goes");
    }
}
