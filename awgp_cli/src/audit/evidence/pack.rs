//! The zip file of a pack, as it is written: one file after the other, each with its digest. The same content
//! yields the same bytes.

use awgp_client::{Exit, Failure};
use awgp_core::audit::chain::Digest;
use awgp_core::audit::evidence::index::{Manifest, Sum};
use awgp_core::audit::evidence::{FORMAT, MANIFEST};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

const WRITE_BYTES: usize = 1 << 20;

/// A pack that is being written. It gets its name when it is complete.
pub struct Pack {
    zip: ZipWriter<BufWriter<File>>,
    partial: Partial,
    path: PathBuf,
    open: Option<(String, Sha256, u64)>,
    files: Vec<Sum>,
}

/// A file that is not whole yet; gone when it is dropped.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // What is left is told apart by its ending.
        let _ = fs::remove_file(&self.0);
    }
}

impl Pack {
    /// Begins one. A file that is there is never overwritten.
    pub fn begin(path: &Path) -> Result<Self, Failure> {
        let taken = || {
            Failure::new(Exit::BadArgument, format!("{} is there already", path.display()))
                .hint("name a file that does not exist, in a folder that does")
        };
        if path.symlink_metadata().is_ok() {
            return Err(taken());
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(format!(".{}.partial", std::process::id()));
        let partial = PathBuf::from(partial);
        let file = File::create_new(&partial).map_err(|error| unwritable(&partial, &error))?;
        let zip = ZipWriter::new(BufWriter::with_capacity(WRITE_BYTES, file));
        Ok(Self { zip, partial: Partial(partial), path: path.to_owned(), open: None, files: Vec::new() })
    }

    /// Begins the next file.
    pub fn file(&mut self, name: &str) -> Result<(), Failure> {
        self.close();
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(true);
        self.zip.start_file(name, options).map_err(|error| unwritable(&self.partial.0, &error))?;
        self.open = Some((name.to_owned(), Sha256::new(), 0));
        Ok(())
    }

    /// Writes the next bytes of the file.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if let Some((_, hasher, length)) = &mut self.open {
            hasher.update(bytes);
            *length += bytes.len() as u64;
        }
        self.zip.write_all(bytes).map_err(|error| unwritable(&self.partial.0, &error))
    }

    /// Writes a whole file.
    pub fn whole(&mut self, name: &str, text: &str) -> Result<(), Failure> {
        self.file(name)?;
        self.put(text.as_bytes())
    }

    /// Writes a file from a reader.
    pub fn copy(&mut self, name: &str, mut from: impl Read) -> Result<(), Failure> {
        self.file(name)?;
        let mut piece = vec![0; WRITE_BYTES];
        loop {
            match from.read(&mut piece).map_err(|error| unwritable(&self.partial.0, &error))? {
                0 => return Ok(()),
                read => self.put(&piece[..read])?,
            }
        }
    }

    /// The files so far.
    pub fn files(&mut self) -> &[Sum] {
        self.close();
        &self.files
    }

    /// Writes the manifest, and gives the pack its name. Returns the digest of the manifest.
    pub fn finish(mut self) -> Result<Digest, Failure> {
        self.close();
        let manifest = Manifest {
            awgp: "evidence-manifest".to_owned(),
            format: FORMAT,
            files: std::mem::take(&mut self.files),
        };
        let text = crate::render::pretty(&manifest);
        self.whole(MANIFEST, &text)?;
        let Self { zip, partial, path, .. } = self;
        let cannot = |error: &dyn std::fmt::Display| unwritable(&path, error);
        let file = zip.finish().map_err(|error| cannot(&error))?;
        let file = file.into_inner().map_err(|error| cannot(error.error()))?;
        file.sync_all().map_err(|error| cannot(&error))?;
        // A link, and not a renaming: another run may have written the file meanwhile.
        fs::hard_link(&partial.0, &path).map_err(|error| cannot(&error))?;
        Ok(Digest::of(text.as_bytes()))
    }

    fn close(&mut self) {
        if let Some((file, hasher, bytes)) = self.open.take() {
            self.files.push(Sum { file, bytes, sha256: Digest(hasher.finalize().into()) });
        }
    }
}

fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Unexpected, format!("{} cannot be written: {error}", path.display()))
        .hint("name a file in a folder that this user may write to, with enough space")
}
