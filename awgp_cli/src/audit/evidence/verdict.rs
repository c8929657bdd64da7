//! What was found in a pack, what its notes prove, and what is its own word.

use crate::opt::Output;
use crate::render;
use awgp_client::Exit;
use awgp_core::audit::witness::Proved;
use awgp_core::counted::counted;
use serde::Serialize;
use serde_json::json;
use std::fmt::Write as _;

/// So much of each kind is told to people.
const TOLD_MAX: usize = 50;

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Found {
    /// The file; empty for the zip itself.
    pub file: String,
    /// What kind of thing it is (docs/evidence.md).
    pub kind: &'static str,
    /// What exactly.
    pub detail: String,
}

/// The verdict on a pack.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What does not fit.
    pub found: Vec<Found>,
    /// What the notes prove of the trail.
    pub proved: Vec<Proved>,
    /// What else holds, as sentences.
    pub holds: Vec<String>,
    /// What only the pack says, as sentences.
    pub own_word: Vec<String>,
    /// The digest of the manifest.
    pub manifest_sha256: Option<String>,
}

impl Verdict {
    /// Adds what does not fit.
    pub fn say(&mut self, file: &str, kind: &'static str, detail: impl Into<String>) {
        let found = Found { file: file.to_owned(), kind, detail: detail.into() };
        if !self.found.contains(&found) {
            self.found.push(found);
        }
    }

    /// Adds that a file is missing, unless something was found about it already.
    pub fn say_missing(&mut self, file: &str, why: &str) {
        if !self.found.iter().any(|found| found.file == file) {
            self.say(file, "missing", why);
        }
    }

    /// The exit code: 12 where something was found.
    pub fn exit(&self) -> Exit {
        if self.found.is_empty() { Exit::Success } else { Exit::Findings }
    }

    /// The text for stdout.
    pub fn render(&self, output: Output) -> String {
        match output {
            Output::Json => render::pretty(&json!({
                "found": self.found, "proved": self.proved, "holds": self.holds, "own_word": self.own_word,
                "manifest_sha256": self.manifest_sha256,
            })),
            Output::Table => self.told(),
        }
    }

    fn told(&self) -> String {
        let mut text = String::new();
        let found = self.found.iter().map(|Found { file, kind, detail }| format!("{kind} {file}: {detail}"));
        tell(&mut text, "found", found);
        let proved = self.proved.iter().map(crate::audit::verify::report::proved);
        tell(&mut text, "proved", proved.chain(self.holds.iter().cloned()));
        tell(&mut text, "own word", self.own_word.iter().cloned());
        if let Some(digest) = &self.manifest_sha256 {
            let _ = writeln!(text, "SHA-256 of MANIFEST.json: {digest}");
        }
        match self.found.len() {
            0 => text.push_str("nothing found\n"),
            count => {
                let _ = writeln!(text, "{} found", counted(count as u64, "thing"));
            }
        }
        text
    }
}

/// Sentences, each behind its kind.
fn tell(text: &mut String, kind: &str, sentences: impl Iterator<Item = String>) {
    let mut more = 0_u64;
    for (place, sentence) in sentences.enumerate() {
        if place < TOLD_MAX {
            let _ = writeln!(text, "{kind:<9} {}", render::cell(&sentence));
        } else {
            more += 1;
        }
    }
    if more > 0 {
        let _ = writeln!(text, "{kind:<9} and {more} more; --output json has all");
    }
}
