//! The zip file of a pack, as it is read. Nothing in it is trusted.

use super::verdict::Verdict;
use awgp_client::{Exit, Failure};
use awgp_core::audit::chain::Digest;
use awgp_core::audit::evidence::index::{Manifest, Sum};
use awgp_core::audit::evidence::{FORMAT, MANIFEST};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use zip::ZipArchive;

const READ_BYTES: usize = 1 << 20;
/// No file that is read as a whole is longer.
const WHOLE_BYTES_MAX: u64 = 256 << 20;

/// An opened pack: its zip, and what its manifest says of each file.
pub struct Opened {
    zip: ZipArchive<BufReader<File>>,
    /// What the manifest says of each file.
    pub stated: BTreeMap<String, Digest>,
    /// The files that are there and are what the manifest says.
    pub files: BTreeMap<String, Digest>,
    /// The digest of the manifest.
    pub manifest: Option<Digest>,
}

impl Opened {
    /// Opens a pack, and compares each file with the manifest.
    pub fn open(path: &Path, verdict: &mut Verdict) -> Result<Self, Failure> {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let zip = ZipArchive::new(BufReader::with_capacity(READ_BYTES, file));
        let zip = zip.map_err(|error| unreadable(path, &error))?;
        let mut opened = Self { zip, stated: BTreeMap::new(), files: BTreeMap::new(), manifest: None };
        if opened.zip.has_duplicate_names() {
            verdict.say("", "zip", "it has two files of one name");
        }
        opened.compare(verdict);
        Ok(opened)
    }

    fn compare(&mut self, verdict: &mut Verdict) {
        let manifest = match self.manifest() {
            Ok(manifest) => manifest,
            Err(what) => return verdict.say(MANIFEST, "manifest", what),
        };
        let mut stated: BTreeMap<String, Sum> = BTreeMap::new();
        for sum in manifest.files {
            self.stated.insert(sum.file.clone(), sum.sha256);
            if sum.file == MANIFEST || stated.insert(sum.file.clone(), sum).is_some() {
                verdict.say(MANIFEST, "manifest", "it names itself, or a file twice");
            }
        }
        for place in 0..self.zip.len() {
            let Some(Ok(name)) =
                self.zip.name_for_index(place).map(|name| name.map(|name| name.into_owned()))
            else {
                verdict.say("", "zip", "a file has no name that can be read");
                continue;
            };
            if name == MANIFEST {
                continue;
            }
            let Some(sum) = stated.remove(&name) else {
                verdict.say(&name, "added", "the manifest does not have it");
                continue;
            };
            match self.digest(place, sum.bytes) {
                Ok((bytes, digest)) if bytes == sum.bytes && digest == sum.sha256 => {
                    self.files.insert(name, digest);
                }
                Ok((bytes, digest)) => {
                    let digest = String::from_utf8_lossy(&digest.to_hex()).into_owned();
                    let detail =
                        format!("it has {bytes} bytes or more, SHA-256 {digest}: not what the manifest says");
                    verdict.say(&name, "changed", detail);
                }
                Err(error) => verdict.say(&name, "changed", format!("it cannot be read: {error}")),
            }
        }
        for name in stated.into_keys() {
            verdict.say(&name, "missing", "the manifest has it");
        }
    }

    fn manifest(&mut self) -> Result<Manifest, String> {
        let text = self.text(MANIFEST)?;
        self.manifest = Some(Digest::of(text.as_bytes()));
        let manifest: Manifest = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        if (manifest.awgp.as_str(), manifest.format) != ("evidence-manifest", FORMAT) {
            return Err("this version of AWGP does not know its format".to_owned());
        }
        Ok(manifest)
    }

    /// Length and digest of a file; no more of it is read than it should have, and one byte.
    fn digest(&mut self, place: usize, bytes: u64) -> Result<(u64, Digest), String> {
        let file = self.zip.by_index(place).map_err(|error| error.to_string())?;
        let (mut file, mut hasher, mut length) = (file.take(bytes.saturating_add(1)), Sha256::new(), 0);
        let mut piece = vec![0; READ_BYTES];
        loop {
            match file.read(&mut piece).map_err(|error| error.to_string())? {
                0 => return Ok((length, Digest(hasher.finalize().into()))),
                read => {
                    hasher.update(&piece[..read]);
                    length += read as u64;
                }
            }
        }
    }

    /// A file as text.
    pub fn text(&mut self, name: &str) -> Result<String, String> {
        let file = self.zip.by_name(name).map_err(|error| error.to_string())?;
        let mut text = String::new();
        let read =
            file.take(WHOLE_BYTES_MAX + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
        if read as u64 > WHOLE_BYTES_MAX {
            return Err("it is too long".to_owned());
        }
        Ok(text)
    }

    /// The names of a folder, in their order.
    pub fn within(&self, folder: &str) -> Vec<String> {
        self.files.keys().filter(|name| name.starts_with(folder)).cloned().collect()
    }

    /// Calls `take` with each line of a file, without its line feed.
    pub fn lines(
        &mut self,
        name: &str,
        mut take: impl FnMut(&str) -> Result<(), String>,
    ) -> Result<(), String> {
        let told = |error: io::Error| error.to_string();
        let file = self.zip.by_name(name).map_err(|error| error.to_string())?;
        let (mut file, mut line) = (BufReader::with_capacity(READ_BYTES, file), String::new());
        loop {
            line.clear();
            if file.read_line(&mut line).map_err(told)? == 0 {
                return Ok(());
            }
            take(line.strip_suffix('\n').unwrap_or(&line))?;
        }
    }
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::BadArgument, format!("{} cannot be read: {error}", path.display()))
        .hint("name a pack that `awgp audit evidence` has written")
}
