//! The file of a private key: plain, or encrypted in the format of age, by a passphrase or to recipients.
//!
//! What is encrypted is the text of a plain file, so that `age --decrypt` opens it too.

use super::key::refuse_shared;
use super::passphrase;
use crate::opt::AuditKeygen;
use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::secrecy::{ExposeSecret, SecretString};
use age::{DecryptError, Decryptor, Encryptor, Identity, IdentityFile, Recipient, scrypt, x25519};
use awgp_client::{Exit, Failure, input};
use awgp_core::reason::Reason;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

/// scrypt takes 2^18 steps, as in age itself: about a second and 256 MiB for each guess.
const WORK: u8 = 18;
/// A file that another program has made may want four times as much.
const WORK_MAX: u8 = 20;

/// What an encrypted file begins with, as text and as bytes.
const BEGINNINGS: [&[u8]; 2] = [b"-----BEGIN AGE ENCRYPTED FILE-----", b"age-encryption.org/"];

/// How a new key's file is protected, beside its mode.
pub enum Protection {
    /// Whoever reads the file has the key.
    Plain,
    /// Whoever knows the passphrase opens it.
    Passphrase(SecretString),
    /// Whoever has the identity of one of these opens it.
    Recipients(Vec<x25519::Recipient>),
}

impl Protection {
    /// What the options say; without one, a passphrase is asked for.
    pub fn of(options: &AuditKeygen) -> Result<Self, Failure> {
        if options.plain {
            return Ok(Self::Plain);
        }
        if !options.recipient.is_empty() {
            let recipients = options.recipient.iter().map(|given| {
                given.trim().parse::<x25519::Recipient>().map_err(|what| {
                    Failure::of_reason(
                        Reason::CheckpointKey,
                        format!("\"{given}\" is no age recipient: {what}"),
                    )
                    .hint("give what `age-keygen` has printed as public key, age1…")
                })
            });
            return recipients.collect::<Result<_, _>>().map(Self::Recipients);
        }
        match &options.passphrase_file {
            Some(file) => passphrase::of_file(file),
            None => passphrase::chosen(),
        }
        .map(Self::Passphrase)
    }

    /// The content of the file.
    pub fn apply(&self, private: &SecretString) -> Result<SecretString, Failure> {
        let plain = format!("{}\n", private.expose_secret());
        let recipients: Vec<&dyn Recipient> = match self {
            Self::Plain => return Ok(SecretString::from(plain)),
            Self::Passphrase(passphrase) => {
                let mut recipient = scrypt::Recipient::new(passphrase.clone());
                recipient.set_work_factor(WORK);
                return encrypted(&[&recipient], &SecretString::from(plain));
            }
            Self::Recipients(recipients) => recipients.iter().map(|recipient| recipient as _).collect(),
        };
        encrypted(&recipients, &SecretString::from(plain))
    }
}

fn encrypted(recipients: &[&dyn Recipient], plain: &SecretString) -> Result<SecretString, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::Unexpected, format!("the key cannot be encrypted: {error}"))
    };
    let encryptor = Encryptor::with_recipients(recipients.iter().copied()).map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    let write = || {
        let armored = ArmoredWriter::wrap_output(&mut bytes, Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armored)?;
        writer.write_all(plain.expose_secret().as_bytes())?;
        writer.finish()?.finish().map(drop)
    };
    write().map_err(|error: std::io::Error| failed(&error))?;
    String::from_utf8(bytes).map(SecretString::from).map_err(|error| failed(&error))
}

/// A key's file, and what opens it.
#[derive(Clone, Copy, Debug)]
pub struct KeyFile<'a> {
    /// The file.
    pub path: &'a Path,
    /// The file with its passphrase.
    pub passphrase: Option<&'a Path>,
    /// The file with an identity of age.
    pub identity: Option<&'a Path>,
}

impl KeyFile<'_> {
    /// The private key. Nobody else can read the file.
    pub fn private(&self) -> Result<SecretString, Failure> {
        let place = self.path.display();
        let bytes = std::fs::read(self.path).map_err(|error| {
            Failure::of_reason(Reason::CheckpointKey, format!("{place} cannot be read: {error}"))
                .hint("create one with: awgp audit keygen --out FILE")
        })?;
        refuse_shared(self.path, "private key")?;
        if BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning)) {
            return self.opened(&bytes);
        }
        if self.passphrase.is_some() || self.identity.is_some() {
            return Err(Failure::of_reason(
                Reason::CheckpointKey,
                format!("the private key in {place} is not encrypted"),
            )
            .hint("leave --passphrase-file and --identity out, or name the encrypted file"));
        }
        let text = input::decoded(&bytes).map_err(|error| {
            Failure::of_reason(Reason::CheckpointKey, format!("{place} cannot be read: {error}"))
        })?;
        Ok(SecretString::from(text.trim()))
    }

    fn opened(&self, bytes: &[u8]) -> Result<SecretString, Failure> {
        let place = self.path.display();
        let damaged = |error: &dyn std::fmt::Display| {
            Failure::of_reason(Reason::CheckpointKey, format!("{place} cannot be read: {error}"))
                .hint("restore the file from a copy")
        };
        let decryptor =
            Decryptor::new_buffered(ArmoredReader::new(bytes)).map_err(|error| damaged(&error))?;
        let (identities, what): (Vec<Box<dyn Identity>>, &str) = if decryptor.is_scrypt() {
            let passphrase = match self.passphrase {
                Some(file) => passphrase::of_file(file)?,
                None => passphrase::asked(&format!("Passphrase for {place}"))?,
            };
            let mut identity = scrypt::Identity::new(passphrase);
            identity.set_max_work_factor(WORK_MAX);
            (vec![Box::new(identity)], "the passphrase")
        } else {
            (identities(self.identity, self.path)?, "the identity")
        };
        let opened = decryptor.decrypt(identities.iter().map(|identity| &**identity));
        let mut reader = opened.map_err(|error| match error {
            DecryptError::NoMatchingKeys
            | DecryptError::DecryptionFailed
            | DecryptError::KeyDecryptionFailed => {
                Failure::of_reason(Reason::KeyLocked, format!("{what} does not open {place}"))
                    .hint(format!("give {what} that the key was made with"))
            }
            error => damaged(&error),
        })?;
        let mut text = String::with_capacity(bytes.len());
        reader.read_to_string(&mut text).map_err(|error| damaged(&error))?;
        Ok(SecretString::from(text.trim()))
    }
}

fn identities(file: Option<&Path>, key: &Path) -> Result<Vec<Box<dyn Identity>>, Failure> {
    let Some(file) = file else {
        return Err(Failure::of_reason(
            Reason::KeyLocked,
            format!("{} is encrypted to a recipient of age", key.display()),
        )
        .hint("name the file of the identity that opens it: --identity FILE"));
    };
    refuse_shared(file, "identity")?;
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::of_reason(Reason::KeyLocked, format!("{} cannot be read: {error}", file.display()))
            .hint("name the file that `age-keygen` has written")
    };
    let opened = File::open(file).map_err(|error| unreadable(&error))?;
    let read = IdentityFile::from_buffer(BufReader::new(opened)).map_err(|error| unreadable(&error))?;
    read.into_identities().map_err(|error| unreadable(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("awgp-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).expect("a folder");
            Self(folder)
        }

        fn secret(&self, name: &str, text: &str) -> PathBuf {
            let path = self.0.join(name);
            crate::audit::key::write_new(&path, text, true).expect("a file");
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn reason<T>(answer: Result<T, Failure>) -> Option<String> {
        answer.err().and_then(|failure| failure.noted("reason").map(str::to_owned))
    }

    #[test]
    fn the_passphrase_opens_the_file_and_no_other_does() {
        let folder = Folder::new("passphrase");
        let private = SecretString::from("PRIVATE+KEY+x");
        let sealed = Protection::Passphrase(SecretString::from("a b  c")).apply(&private).expect("a file");
        assert!(!sealed.expose_secret().contains("PRIVATE"));
        let path = folder.secret("key", sealed.expose_secret());
        let right = folder.secret("right", "a b  c\nanother line\n");
        let wrong = folder.secret("wrong", "a b c\n");
        let empty = folder.secret("empty", "\n");
        let open = |passphrase: Option<&Path>| KeyFile { path: &path, passphrase, identity: None }.private();
        assert_eq!(open(Some(&right)).expect("the key").expose_secret(), "PRIVATE+KEY+x");
        for other in [&wrong, &empty, &folder.0.join("none")] {
            assert_eq!(reason(open(Some(other))).as_deref(), Some("key_locked"), "{}", other.display());
        }
        let cut = folder.secret("cut", &sealed.expose_secret()[..sealed.expose_secret().len() / 2]);
        let cut = KeyFile { path: &cut, passphrase: Some(&right), identity: None }.private();
        assert_eq!(reason(cut).as_deref(), Some("checkpoint_key"));
    }

    #[test]
    fn each_recipient_opens_the_file_with_their_identity() {
        let folder = Folder::new("recipients");
        let identities = [x25519::Identity::generate(), x25519::Identity::generate()];
        let private = SecretString::from("PRIVATE+KEY+y");
        let recipients = identities.iter().map(x25519::Identity::to_public).collect();
        let sealed = Protection::Recipients(recipients).apply(&private).expect("a file");
        let path = folder.secret("key", sealed.expose_secret());
        let open = |identity: Option<&Path>| KeyFile { path: &path, passphrase: None, identity }.private();
        for (number, identity) in identities.iter().enumerate() {
            let file = folder.secret(&number.to_string(), identity.to_string().expose_secret());
            assert_eq!(open(Some(&file)).expect("the key").expose_secret(), "PRIVATE+KEY+y");
        }
        let other = folder.secret("other", x25519::Identity::generate().to_string().expose_secret());
        assert_eq!(reason(open(Some(&other))).as_deref(), Some("key_locked"));
        assert_eq!(reason(open(None)).as_deref(), Some("key_locked"));
    }

    #[test]
    fn what_others_can_read_is_refused_and_so_is_a_passphrase_for_a_plain_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::new("shared");
        let plain = folder.secret("plain", "PRIVATE+KEY+z\n");
        let passphrase = folder.secret("passphrase", "p\n");
        let open = |passphrase| KeyFile { path: &plain, passphrase, identity: None }.private();
        assert_eq!(open(None).expect("the key").expose_secret(), "PRIVATE+KEY+z");
        assert_eq!(reason(open(Some(&passphrase))).as_deref(), Some("checkpoint_key"));
        std::fs::set_permissions(&passphrase, std::fs::Permissions::from_mode(0o640)).expect("a mode");
        assert_eq!(reason(passphrase::of_file(&passphrase)).as_deref(), Some("checkpoint_key"));
        std::fs::set_permissions(&plain, std::fs::Permissions::from_mode(0o604)).expect("a mode");
        assert_eq!(reason(open(None)).as_deref(), Some("checkpoint_key"));
    }
}
