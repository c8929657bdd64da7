//! Signed notes (C2SP signed-note, Ed25519), and which texts one may have.
//!
//! The crate `signed_note` implements the format and the signatures. Keys and notes are text; the caller
//! supplies randomness, files and the database.

use super::chain::Digest;
use super::checkpoint::{Checkpoint, Malformed};
use super::finding::{Finding, Kind};
use super::group::{self, Group, Member};
use super::rekey::Rekey;
use crate::reason::Reason;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signed_note::{Note, NoteError, Signer, StandardSigner, StandardVerifier, VerifierList};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;
use uuid::Uuid;

/// The beginning of every private key; no public key begins with it.
pub const PRIVATE: &str = "PRIVATE+KEY+";
/// The default name of a key.
pub const KEY_NAME: &str = "awgp-auditor";

/// Why a key or a note is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// Not a key.
    #[error("the key cannot be read: {0}")]
    Key(String),
    /// A private key instead of a public one.
    #[error("this is a private key; anyone who has it can sign with it")]
    PrivateKey,
    /// Not a signed note, or its text is nothing that AWGP signs.
    #[error("the note cannot be read: {0}")]
    Malformed(String),
    /// The note has no signature of this key.
    #[error("the note has no signature of the key {0}")]
    WrongKey(String),
    /// The signature is not of this text.
    #[error("the signature of the key {0} is not of this text")]
    BadSignature(String),
    /// The key cannot sign.
    #[error("nothing was signed: {0}")]
    Unsigned(String),
    /// Another key was the auditor's for a tree of this size.
    #[error("the key {key} was not the auditor's for {size} rows of the tenant {tenant_id}")]
    OutOfTurn {
        /// The key.
        key: String,
        /// The tenant.
        tenant_id: Uuid,
        /// The size.
        size: u64,
    },
    /// Two keys claim the same place before or after this one.
    #[error("notes of rotation contradict each other about the key {0}")]
    Forked(String),
}

impl Refused {
    /// The stable reason.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Key(_) | Self::Unsigned(_) => Reason::CheckpointKey,
            Self::PrivateKey => Reason::PrivateKey,
            Self::Malformed(_) => Reason::NoteMalformed,
            Self::WrongKey(_) => Reason::NoteWrongKey,
            Self::BadSignature(_) => Reason::NoteBadSignature,
            Self::OutOfTurn { .. } | Self::Forked(_) => Reason::KeyReplaced,
        }
    }
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed.to_string())
    }
}

/// The content of a signed note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// A tenant's tree.
    Tree(Checkpoint),
    /// The trees of a group.
    Group(Group),
    /// A key that follows another, and the last trees before.
    Rekey(Rekey),
}

impl Statement {
    /// Reads the text of a note.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.strip_prefix(group::ORIGIN).is_some_and(|rest| rest.starts_with('/')) {
            return Group::parse(text).map(Self::Group);
        }
        if Rekey::is_meant(text) {
            return Rekey::parse(text).map(Self::Rekey);
        }
        Checkpoint::parse(text).map(Self::Tree)
    }

    /// The install.
    pub fn install_id(&self) -> Uuid {
        match self {
            Self::Tree(checkpoint) => checkpoint.install_id,
            Self::Group(group) => group.install_id,
            Self::Rekey(rekey) => rekey.install_id,
        }
    }

    /// The trees that it covers.
    pub fn trees(&self) -> Vec<Member> {
        match self {
            Self::Group(group) => group.members.clone(),
            Self::Rekey(rekey) => rekey.trees.clone(),
            Self::Tree(Checkpoint { tenant_id, size, root, .. }) => {
                vec![Member { tenant_id: *tenant_id, size: *size, root: *root }]
            }
        }
    }

    /// Size and root of a tenant's tree, where the note covers it.
    pub fn tree_of(&self, tenant_id: Uuid) -> Option<(u64, Digest)> {
        let tree = self.trees().into_iter().find(|tree| tree.tenant_id == tenant_id)?;
        Some((tree.size, tree.root))
    }
}

/// Signs a text.
pub fn sign(text: &str, private_key: &str) -> Result<String, Refused> {
    sign_by(text, &[&signer(private_key)?])
}

/// Signs a text by several keys, in this order.
pub fn sign_by(text: &str, signers: &[&dyn Signer]) -> Result<String, Refused> {
    let malformed = |error: &dyn std::fmt::Display| Refused::Malformed(error.to_string());
    let mut note = Note::new(text.as_bytes(), &[]).map_err(|error| malformed(&error))?;
    note.add_sigs(signers).map_err(|error| match error {
        NoteError::SignatureError(error) => Refused::Unsigned(told(&error)),
        error => malformed(&error),
    })?;
    String::from_utf8(note.to_bytes()).map_err(|error| malformed(&error))
}

/// What signs with a private key.
pub fn signer(private_key: &str) -> Result<StandardSigner, Refused> {
    StandardSigner::new(private_key.trim()).map_err(|error| Refused::Key(error.to_string()))
}

/// The cause of an error, where it has one: the error itself says only that it is about a signature.
fn told(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| source.to_string())
}

/// The text of a note that this key has signed. Further signatures are allowed, and ignored.
pub fn text_of(note: &str, public_key: &str) -> Result<String, Refused> {
    let public_key = public_key.trim();
    let verifier = verifier(public_key)?;
    let note = Note::from_bytes(note.as_bytes()).map_err(|error| Refused::Malformed(error.to_string()))?;
    // Errors show the name in the note, and only the public part of the key.
    let name = name_and_id(public_key);
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).map_err(|error| match error {
        NoteError::InvalidSignature { .. } => Refused::BadSignature(name),
        _ => Refused::WrongKey(name),
    })?;
    String::from_utf8(note.text().to_vec()).map_err(|error| Refused::Malformed(error.to_string()))
}

/// The text of a note without a check of its signatures: for callers who need to know which checkpoint is
/// meant, and prove nothing.
pub fn unverified_text(note: &str) -> Result<String, Refused> {
    let malformed = |error: &dyn std::fmt::Display| Refused::Malformed(error.to_string());
    let note = Note::from_bytes(note.as_bytes()).map_err(|error| malformed(&error))?;
    String::from_utf8(note.text().to_vec()).map_err(|error| malformed(&error))
}

/// Two histories: trees of one tenant and one size with different roots, in notes that one auditor holds.
pub fn split_views<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Vec<Finding> {
    let mut seen: BTreeMap<(Uuid, Uuid, u64), Digest> = BTreeMap::new();
    let mut split = BTreeSet::new();
    for statement in statements {
        for Member { tenant_id, size, root } in statement.trees() {
            let tree = (statement.install_id(), tenant_id, size);
            if *seen.entry(tree).or_insert(root) != root {
                split.insert(tree);
            }
        }
    }
    let finding = |(_, tenant_id, size): (Uuid, Uuid, u64)| Finding {
        tenant_id: Some(tenant_id),
        ..Finding::about_log(Kind::SplitView, format!("two notes sign different trees of {size} rows"))
    };
    split.into_iter().map(finding).collect()
}

/// The content of a note that this key has signed.
pub fn open(note: &str, public_key: &str) -> Result<Statement, Refused> {
    Ok(Statement::parse(&text_of(note, public_key)?)?)
}

/// Name and id of a public key, as name+id.
pub fn key_name(public_key: &str) -> Result<String, Refused> {
    verifier(public_key.trim())?;
    Ok(name_and_id(public_key.trim()))
}

/// The key itself may contain a plus sign, its name may not.
fn name_and_id(public_key: &str) -> String {
    public_key.split('+').take(2).collect::<Vec<_>>().join("+")
}

/// The public key that belongs to a private one.
pub fn public_key_of(private_key: &str) -> Result<String, Refused> {
    let private_key = private_key.trim();
    StandardSigner::new(private_key).map_err(|error| Refused::Key(error.to_string()))?;
    let malformed = || Refused::Key("malformed signer key".to_owned());
    let (name, rest) =
        private_key.strip_prefix(PRIVATE).and_then(|rest| rest.split_once('+')).ok_or_else(malformed)?;
    let (_, encoded) = rest.split_once('+').ok_or_else(malformed)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| malformed())?;
    let seed: [u8; 32] = bytes.get(1..).and_then(|seed| seed.try_into().ok()).ok_or_else(malformed)?;
    let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
    Ok(signed_note::new_ed25519_verifier_key(name, &public))
}

fn verifier(public_key: &str) -> Result<StandardVerifier, Refused> {
    if public_key.contains(PRIVATE) {
        return Err(Refused::PrivateKey);
    }
    StandardVerifier::new(public_key).map_err(|error| Refused::Key(error.to_string()))
}
