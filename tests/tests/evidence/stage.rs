//! A tenant with approvals, votes, denials, actions with receipts and costs, and packs about it.

use crate::checkpoints::stage::checked_by;
use crate::receipts::stage::Stage;
use awgp_tests::cli::{Outcome, awgp, json};
use awgp_tests::fixture::{within, within_as};
use awgp_tests::{Database, Login};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// The files of a pack in their order: name and bytes.
pub type Files = Vec<(String, Vec<u8>)>;
/// What was found: file and kind.
pub type Found = BTreeSet<(String, String)>;

/// A database, and a moment at which something was there already.
pub struct Evidence {
    pub stage: Stage,
    pub from: String,
}

impl Evidence {
    /// Everything that a pack has, signed.
    pub async fn set() -> Self {
        let mut stage = Stage::set().await;
        let from = now(&stage.database).await;
        let tenant = stage.group.north.clone();
        stage.approved_and_paid().await;
        let plain = stage.item(0).await;
        stage.begin(plain, "").await;
        // One that is rejected, one that is denied, and one that an application only claims.
        let risky = stage.item(3).await;
        let approval = stage.ask(Some("operator"), "SELECT id FROM awgp.request_approval($1)", risky).await;
        stage.ask(Some("admin"), "SELECT id FROM awgp.reject($1, 'No')", approval).await;
        let transaction = within(&mut stage.app, tenant.id).await;
        let sql = "SELECT awgp.begin_action($1, 'leap')";
        transaction.execute(sql, &[&plain]).await.expect("an answer");
        transaction.commit().await.expect("commits");
        let transaction = within_as(&mut stage.app, tenant.id, None).await;
        let sql =
            "SELECT awgp.log_event('insert', 'approval_decisions', $1, NULL, '{\"decision\": \"approve\"}')";
        transaction.execute(sql, &[&approval]).await.expect("an application may log");
        transaction.commit().await.expect("commits");
        stage.sign();
        Self { stage, from }
    }

    pub fn file(&self, name: &str) -> String {
        self.stage.auditor.file(name)
    }

    /// Makes a pack with these options and the notes.
    pub fn make(&self, login: Login, name: &str, further: &[&str]) -> Outcome {
        let (notes, key) = (self.stage.auditor.notes(), &self.stage.auditor.public_key);
        let with_notes = ["--checkpoint", &notes, "--public-key", key];
        self.try_to_make(login, name, &[&with_notes, further].concat())
    }

    /// The same without notes.
    pub fn try_to_make(&self, login: Login, name: &str, further: &[&str]) -> Outcome {
        let out = self.file(name);
        let arguments = [
            "audit", "evidence", "--tenant", "north", "--from", &self.from, "--to", "tomorrow", "--out", &out,
        ];
        json(&self.stage.database, login, &[&arguments, further].concat())
    }

    /// The files of a new pack of the auditor.
    pub fn pack(&self, name: &str) -> Files {
        self.make(Login::Auditor, name, &[]).expect(0);
        read(&self.file(name))
    }

    /// What both programs say of a pack, with the auditor's key: what was found, which is the same, and the
    /// whole answers.
    pub fn verify(&self, name: &str, further: &[&str]) -> (Found, Value, Value) {
        verify(&self.file(name), &[&["--public-key", &self.stage.auditor.public_key], further].concat())
    }

    /// What both programs find in a pack of these files.
    pub fn found(&self, files: &Files) -> Found {
        let name = "changed.zip";
        write(&self.file(name), files);
        self.verify(name, &[]).0
    }
}

/// What both programs say of a pack, which must be the same.
pub fn verify(path: &str, options: &[&str]) -> (Found, Value, Value) {
    let by_command =
        awgp(&[&["audit", "evidence", "verify", path, "--output", "json"], options].concat(), &[]);
    let ours = by_command.json();
    let (code, told) = checked_by("verify_pack.py", &[&[path, "--json"], options].concat());
    let theirs: Value = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"));
    let found = found_in(&ours);
    assert_eq!(found, found_in(&theirs), "{ours:#}\n{theirs:#}");
    assert_eq!((by_command.code, code), if found.is_empty() { (0, 0) } else { (12, 1) }, "{ours:#}");
    for name in ["proved", "holds", "manifest_sha256"] {
        assert_eq!(ours[name], theirs[name], "{name}");
    }
    (found, ours, theirs)
}

fn found_in(verdict: &Value) -> Found {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let found = verdict["found"].as_array().expect("a list");
    found.iter().map(|found| (text(&found["file"]), text(&found["kind"]))).collect()
}

/// Whether a sentence about what is the pack's own word has this text.
pub fn says(verdict: &Value, text: &str) -> bool {
    let said = verdict["own_word"].as_array().expect("a list");
    said.iter().any(|sentence| sentence.as_str().is_some_and(|sentence| sentence.contains(text)))
}

/// The time by the server's clock.
pub async fn now(database: &Database) -> String {
    let sql = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";
    database.superuser().await.query_one(sql, &[]).await.expect("a time").get(0)
}

/// The files of a pack.
pub fn read(path: &str) -> Files {
    let mut zip = ZipArchive::new(File::open(path).expect("a pack")).expect("a zip");
    (0..zip.len())
        .map(|place| {
            let mut file = zip.by_index(place).expect("a file");
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).expect("it can be read");
            (file.name().expect("a name").into_owned(), bytes)
        })
        .collect()
}

/// Writes a pack of these files.
pub fn write(path: &str, files: &Files) {
    let mut zip = ZipWriter::new(File::create(path).expect("a file"));
    for (name, bytes) in files {
        zip.start_file(name, SimpleFileOptions::default()).expect("a file in it");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("a zip");
}

/// The place of a file whose name begins like this.
pub fn place(files: &Files, begins: &str) -> usize {
    files.iter().position(|(name, _)| name.starts_with(begins)).unwrap_or_else(|| panic!("no {begins}"))
}

/// The text of a file.
pub fn text(files: &Files, name: &str) -> String {
    String::from_utf8(files[place(files, name)].1.clone()).expect("UTF-8")
}

/// A file as JSON.
pub fn document(files: &Files, name: &str) -> Value {
    serde_json::from_str(&text(files, name)).expect("JSON")
}

/// The manifest made anew, as somebody would who has changed a file.
pub fn recomputed(mut files: Files) -> Files {
    use awgp_core::audit::chain::Digest;
    files.retain(|(name, _)| name != "MANIFEST.json");
    let sums = files.iter().map(
        |(name, bytes)| serde_json::json!({"file": name, "bytes": bytes.len(), "sha256": Digest::of(bytes)}),
    );
    let manifest = serde_json::json!({
        "awgp": "evidence-manifest", "format": 1, "files": sums.collect::<Vec<_>>(),
    });
    files.push(("MANIFEST.json".to_owned(), manifest.to_string().into_bytes()));
    files
}
