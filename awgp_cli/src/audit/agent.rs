//! Signing by an ssh-agent: the private key stays in the agent, or on a card behind it.
//!
//! An agent signs the bytes that it is given with Ed25519 as they are, so the signature is that of a note.
//! What an agent signs for a login begins otherwise (RFC 4252, section 7), so neither passes for the other.

use super::key;
use awgp_client::{Failure, input};
use awgp_core::audit::note;
use awgp_core::reason::Reason;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{SignatureError, VerifyingKey};
use signed_note::Signer;
use ssh_agent_client_rs::Client;
use ssh_key::public::{Ed25519PublicKey, KeyData, PublicKey};
use std::path::{Path, PathBuf};

/// Where OpenSSH says that its agent listens.
const SOCKET: &str = "SSH_AUTH_SOCK";

/// A key that an agent holds.
pub struct AgentKey {
    name: String,
    id: u32,
    key: VerifyingKey,
    socket: PathBuf,
}

impl AgentKey {
    /// The key that belongs to this public key of a note.
    pub fn of(public_key: &str) -> Result<Self, Failure> {
        let refused = || {
            Failure::of_reason(Reason::CheckpointKey, "--agent is not the public key of a note")
                .hint("make it from the SSH key with: awgp audit keygen --ssh-key FILE.pub --name NAME")
        };
        note::key_name(public_key).map_err(|error| key::refused(&error, "--agent"))?;
        let mut parts = public_key.splitn(3, '+');
        let (name, id, key) = (parts.next(), parts.next(), parts.next());
        let name = name.ok_or_else(refused)?.to_owned();
        let id = id.and_then(|id| u32::from_str_radix(id, 16).ok()).ok_or_else(refused)?;
        let key = key.and_then(|key| STANDARD.decode(key).ok()).ok_or_else(refused)?;
        let key: [u8; 32] = key.get(1..).and_then(|key| key.try_into().ok()).ok_or_else(refused)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| refused())?;
        let socket = std::env::var_os(SOCKET).filter(|socket| !socket.is_empty()).ok_or_else(|| {
            Failure::of_reason(Reason::CheckpointKey, format!("{SOCKET} is not set, so there is no agent"))
                .hint("start one with: eval \"$(ssh-agent)\"; ssh-add FILE")
        })?;
        Ok(Self { name, id, key, socket: PathBuf::from(socket) })
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let place = self.socket.display();
        let told = |what: &str, error: &dyn std::error::Error| {
            let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            format!("the ssh-agent at {place} {what}: {cause}")
        };
        let mut agent = Client::connect(&self.socket).map_err(|error| told("cannot be reached", &error))?;
        let key = PublicKey::new(KeyData::Ed25519(Ed25519PublicKey(self.key.to_bytes())), "");
        let signed = agent.sign(key, message).map_err(|error| {
            told("does not sign with this key; `ssh-add -l` lists those that it holds", &error)
        })?;
        let signature = <[u8; 64]>::try_from(signed.as_bytes()).ok();
        let is_good = |signature: &[u8; 64]| {
            self.key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
        };
        signature.filter(is_good).map(|signature| signature.to_vec()).ok_or_else(|| {
            format!("the ssh-agent at {place} has answered with a signature that is not of this key")
        })
    }
}

impl Signer for AgentKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        self.signature(message).map_err(SignatureError::from_source)
    }
}

/// The public key of notes that belongs to an SSH public key.
pub fn public_key(file: &Path, name: &str) -> Result<String, Failure> {
    let refused = |what: &dyn std::fmt::Display| {
        Failure::of_reason(Reason::CheckpointKey, format!("{}: {what}", file.display()))
            .hint("name the file that begins with ssh-ed25519, made with: ssh-keygen -t ed25519")
    };
    let text = input::file(file).map_err(|error| refused(&error))?;
    let read = PublicKey::from_openssh(text.trim()).map_err(|error| refused(&error))?;
    let key = read.key_data().ed25519().ok_or_else(|| refused(&"it is not an Ed25519 key"))?;
    let key = VerifyingKey::from_bytes(&key.0).map_err(|error| refused(&error))?;
    Ok(signed_note::new_ed25519_verifier_key(name, &key))
}
