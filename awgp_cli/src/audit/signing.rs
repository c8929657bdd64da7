//! What signs: the key in a file, or one that an ssh-agent holds.

use super::agent::AgentKey;
use super::key;
use super::key_file::KeyFile;
use crate::opt::SigningKey;
use age::secrecy::ExposeSecret;
use awgp_client::{Exit, Failure};
use awgp_core::audit::note;
use signed_note::Signer;

/// A key that signs, and its public half.
pub struct Signing {
    /// Signs.
    pub signer: Box<dyn Signer + Send + Sync>,
    /// Verifies.
    pub public_key: String,
}

impl Signing {
    /// The key that the options name.
    pub fn of(options: &SigningKey) -> Result<Self, Failure> {
        let SigningKey { key, passphrase_file, identity, agent } = options;
        if let Some(public_key) = agent {
            let public_key = key::public(public_key)?;
            return Ok(Self { signer: Box::new(AgentKey::of(&public_key)?), public_key });
        }
        let Some(path) = key else {
            return Err(Failure::new(Exit::Usage, "no key is given to sign with").hint("add --key FILE"));
        };
        let file = KeyFile { path, passphrase: passphrase_file.as_deref(), identity: identity.as_deref() };
        let private = file.private()?;
        let place = path.display().to_string();
        let signer = note::signer(private.expose_secret()).map_err(|error| key::refused(&error, &place))?;
        let public_key =
            note::public_key_of(private.expose_secret()).map_err(|error| key::refused(&error, &place))?;
        Ok(Self { signer: Box::new(signer), public_key })
    }

    /// As the crate wants it.
    pub fn signer(&self) -> &dyn Signer {
        &*self.signer
    }
}
