//! A witness: it has seen that a tree extends the one before, and says so with a signature of its own, with
//! the time (C2SP tlog-cosignature, Ed25519).

use super::note::Refused;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use signed_note::{Note, NoteError, Verifier, VerifierList};

/// The type of its key and of its signatures.
const COSIGNATURE: u8 = 4;
/// A time in seconds, and a signature.
const BYTES: usize = 8 + 64;

/// The public key of a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigner {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl Cosigner {
    /// Reads name+id+key.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let refused = || Refused::Key("it is no Ed25519 key of a witness".to_owned());
        let mut parts = text.splitn(3, '+');
        let (name, id, key) = (parts.next(), parts.next(), parts.next());
        let name = name.filter(|name| signed_note::is_key_name_valid(name)).ok_or_else(refused)?;
        let bytes = key.and_then(|key| STANDARD.decode(key).ok()).ok_or_else(refused)?;
        let [COSIGNATURE, key @ ..] = bytes.as_slice() else { return Err(refused()) };
        let key: [u8; 32] = key.try_into().map_err(|_| refused())?;
        let own_id = signed_note::key_id(name, &bytes);
        if id != Some(format!("{own_id:08x}").as_str()) {
            return Err(refused());
        }
        let key = VerifyingKey::from_bytes(&key).map_err(|_| refused())?;
        Ok(Self { name: name.to_owned(), id: own_id, key })
    }

    /// When it has cosigned a note, in seconds since 1970; None where it has not.
    pub fn cosigned(&self, note: &str) -> Result<Option<u64>, Refused> {
        let note =
            Note::from_bytes(note.as_bytes()).map_err(|error| Refused::Malformed(error.to_string()))?;
        match note.verify(&VerifierList::new(vec![Box::new(self.clone())])) {
            Ok((signatures, _)) => {
                Ok(signatures.first().and_then(|line| parts(line.signature())).map(|of| of.0))
            }
            Err(NoteError::InvalidSignature { .. }) => Err(Refused::BadSignature(self.name_and_id())),
            Err(_) => Ok(None),
        }
    }

    /// Name and id, as name+id.
    pub fn name_and_id(&self) -> String {
        format!("{}+{:08x}", self.name, self.id)
    }

    /// Whether two keys are one, whatever their names are.
    pub fn is_same_key(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Verifier for Cosigner {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = parts(signature) else { return false };
        let message = [format!("cosignature/v1\ntime {time}\n").as_bytes(), text].concat();
        i64::try_from(time).is_ok() && time > 0 && self.key.verify_strict(&message, &signature).is_ok()
    }
}

/// The time and the signature.
fn parts(bytes: &[u8]) -> Option<(u64, Signature)> {
    let bytes: &[u8; BYTES] = bytes.try_into().ok()?;
    let (time, signature) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*time), Signature::from_slice(signature).ok()?))
}
