//! The auditor's signed notes: one file each, in a folder of their own.

use super::key::{self, write_new};
use awgp_client::{Exit, Failure};
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::finding::Finding;
use awgp_core::audit::group::Group;
use awgp_core::audit::note::{self, Statement};
use awgp_core::audit::succession::{self, Succession};
use awgp_core::reason::Reason;
use signed_note::Signer;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The ending of a note's file name.
const EXTENSION: &str = "note";

/// A note whose signature was verified.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Its file.
    pub path: PathBuf,
    /// The note.
    pub note: String,
    /// Its content.
    pub statement: Statement,
    /// The public key whose signature was verified.
    pub signed_by: String,
}

/// Notes of one key, and of those that follow it or come before it.
#[derive(Clone, Debug)]
pub struct Notes {
    /// All of them, ordered by file name.
    pub signed: Vec<Signed>,
    /// The keys.
    pub keys: Succession,
}

/// What an auditor knows: their notes, where some are given, and their keys.
#[derive(Clone, Debug)]
pub struct Known {
    /// The notes.
    pub notes: Option<Notes>,
    /// The keys, of which one must have signed what is signed; none where none is known.
    pub keys: Vec<String>,
}

impl Known {
    /// Reads what the options name: notes or folders of them, and the public key.
    pub fn read(checkpoint: &[PathBuf], public_key: Option<&str>) -> Result<Self, Failure> {
        let Some(public_key) = public_key.map(key::public).transpose()? else {
            return Ok(Self { notes: None, keys: Vec::new() });
        };
        if checkpoint.is_empty() {
            return Ok(Self { notes: None, keys: vec![public_key] });
        }
        let notes = Notes::read_all(checkpoint, &public_key)?;
        let keys = notes.keys.keys().to_vec();
        Ok(Self { notes: Some(notes), keys })
    }
}

impl Notes {
    /// Reads several notes, or folders of them.
    pub fn read_all(paths: &[PathBuf], public_key: &str) -> Result<Self, Failure> {
        let mut all = Vec::new();
        for path in paths {
            check_there(path)?;
            let mut files = if path.is_dir() { files(path)? } else { vec![path.clone()] };
            if files.is_empty() {
                return Err(Failure::of_reason(
                    Reason::NoteMalformed,
                    format!("{} contains no note", path.display()),
                )
                .hint("name a note, or a folder of them, that `awgp audit checkpoint` has written"));
            }
            all.append(&mut files);
        }
        Self::of(all, public_key)
    }

    /// Reads a note, or every note of a folder.
    pub fn read(path: &Path, public_key: &str) -> Result<Self, Failure> {
        Self::read_all(&[path.to_owned()], public_key)
    }

    /// The notes of a folder, which is created where it does not exist.
    pub fn in_folder(folder: &Path, public_key: &str) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| unreadable(folder, &error))?;
        Self::of(files(folder)?, public_key)
    }

    /// Each must be signed by the key, or by one that notes of rotation among them lead to.
    fn of(files: Vec<PathBuf>, public_key: &str) -> Result<Self, Failure> {
        let refused = |path: &Path, error| key::refused(&error, &path.display().to_string());
        let (mut notes, mut rotations) = (Vec::new(), Vec::new());
        for path in files {
            let note = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
            rotations.extend(succession::rotation(&note).map_err(|error| refused(&path, error))?);
            notes.push((path, note));
        }
        let keys =
            Succession::of(public_key, &rotations).map_err(|error| key::refused(&error, "the notes"))?;
        let open = |(path, note): (PathBuf, String)| -> Result<Signed, Failure> {
            let (statement, key) = keys.open(&note).map_err(|error| refused(&path, error))?;
            let signed_by = key.to_owned();
            Ok(Signed { path, note, statement, signed_by })
        };
        let signed = notes.into_iter().map(open).collect::<Result<_, Failure>>()?;
        let notes = Self { signed, keys };
        notes.install_id()?;
        Ok(notes)
    }

    /// The install of the notes; it is the same for all.
    pub fn install_id(&self) -> Result<Option<Uuid>, Failure> {
        let mut ids: Vec<Uuid> = self.signed.iter().map(|signed| signed.statement.install_id()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > 1 {
            return Err(Failure::of_reason(Reason::NoteMalformed, "the notes are of different installs")
                .hint("keep a folder for each database"));
        }
        Ok(ids.first().copied())
    }

    /// The tenants in the notes.
    pub fn tenants(&self) -> Vec<Uuid> {
        let trees = self.signed.iter().flat_map(|signed| signed.statement.trees());
        let mut tenants: Vec<Uuid> = trees.map(|tree| tree.tenant_id).collect();
        tenants.sort_unstable();
        tenants.dedup();
        tenants
    }

    /// A tenant's own checkpoints, the smallest first.
    pub fn checkpoints(&self, tenant_id: Uuid) -> Vec<(&Checkpoint, &Signed)> {
        let mut found: Vec<_> = self
            .signed
            .iter()
            .filter_map(|signed| match &signed.statement {
                Statement::Tree(checkpoint) if checkpoint.tenant_id == tenant_id => {
                    Some((checkpoint, signed))
                }
                _ => None,
            })
            .collect();
        found.sort_by_key(|(checkpoint, _)| checkpoint.size);
        found
    }

    /// The holding's note that covers the most rows.
    pub fn group(&self, holding_id: Uuid) -> Option<(&Group, &Signed)> {
        let groups = self.signed.iter().filter_map(|signed| match &signed.statement {
            Statement::Group(group) if group.holding_id == holding_id => Some((group, signed)),
            _ => None,
        });
        groups.max_by_key(|(group, _)| group.rows())
    }

    /// Two histories among them.
    pub fn split_views(&self) -> Vec<Finding> {
        note::split_views(self.signed.iter().map(|signed| &signed.statement))
    }

    /// Signs a text, and puts the note into the folder under this name. `signed_by` is one of the signers'
    /// public keys.
    pub fn sign(
        &mut self,
        folder: &Path,
        name: &str,
        text: &str,
        signers: &[&dyn Signer],
        signed_by: &str,
    ) -> Result<&Signed, Failure> {
        let path = folder.join(format!("{name}.{EXTENSION}"));
        let place = path.display().to_string();
        let note = note::sign_by(text, signers).map_err(|error| key::refused(&error, &place))?;
        let statement = Statement::parse(text).map_err(|error| key::refused(&error.into(), &place))?;
        // Signatures are deterministic: a file that another run has written meanwhile is this same note, or
        // not AWGP's.
        let is_there = || std::fs::read_to_string(&path).ok().as_deref() == Some(&note);
        if !is_there() {
            let partial = folder.join(format!("{name}.{}.partial", std::process::id()));
            write_new(&partial, &note, false)?;
            let placed = std::fs::hard_link(&partial, &path);
            let _ = std::fs::remove_file(&partial);
            if let Err(error) = placed
                && !is_there()
            {
                return Err(Failure::new(Exit::Unexpected, format!("{place} cannot be written: {error}"))
                    .hint("look at the existing file: a note is never overwritten"));
            }
        }
        self.signed.push(Signed { path, note, statement, signed_by: signed_by.to_owned() });
        Ok(&self.signed[self.signed.len() - 1])
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Refuses a note, or a folder of notes, that is not there.
pub fn check_there(path: &Path) -> Result<(), Failure> {
    path.metadata().map(drop).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::of_reason(Reason::NoteMalformed, format!("{} cannot be read: {error}", path.display()))
        .hint("name a note, or a folder of them, that `awgp audit checkpoint` has written")
}
