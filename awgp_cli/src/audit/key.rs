//! How keys are read, and what is said of one that is refused.

use awgp_client::{Exit, Failure, input};
use awgp_core::audit::note::{self, Refused};
use awgp_core::reason::Reason;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// The message for the user when a key or a note is refused.
pub fn refused(refused: &Refused, place: &str) -> Failure {
    let hint = match refused {
        Refused::Key(_) => "give the public key as name+id+key, as `awgp audit keygen` has printed it",
        Refused::PrivateKey => "give the public key, and keep the private one to yourself",
        Refused::Malformed(_) => "name a note that `awgp audit checkpoint` has written",
        Refused::WrongKey(_) => "give the public key of the note's signer, or leave the note out",
        Refused::BadSignature(_) => "restore the note from a copy, and find out who changed it",
        Refused::Unsigned(_) => "add the key to the agent with: ssh-add FILE",
        Refused::OutOfTurn { .. } | Refused::Forked(_) => {
            "find out who has the old key; the auditor's own notes say which key was theirs"
        }
    };
    Failure::of_reason(refused.reason(), format!("{place}: {refused}")).hint(hint)
}

/// Writes a file that must not exist yet, whole or not at all; a secret one readable only by its owner.
pub fn write_new(path: &Path, content: impl AsRef<[u8]>, secret: bool) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let write = |mut file: File| file.write_all(content.as_ref()).and_then(|()| file.sync_all());
    match options.open(path) {
        Err(error) => Err(unwritable(path, &error)),
        Ok(file) => write(file).map_err(|error| {
            // An incomplete file would prevent the next attempt.
            let _ = std::fs::remove_file(path);
            unwritable(path, &error)
        }),
    }
}

/// The message for a file that cannot be written.
pub fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Unexpected, format!("{} cannot be written: {error}", path.display()))
        .hint("name a file that does not exist, in a folder that does")
}

/// Refuses a file with a secret that others can read. A descriptor is not a file of anybody.
pub fn refuse_shared(path: &Path, what: &str) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let place = path.display();
        let is_shared = |file: std::fs::Metadata| file.is_file() && file.permissions().mode() & 0o077 != 0;
        if std::fs::metadata(path).is_ok_and(is_shared) {
            return Err(Failure::of_reason(
                Reason::CheckpointKey,
                format!("others can read the {what} in {place}"),
            )
            .hint(format!("chmod 600 {place}; if somebody may have read it, create a new key")));
        }
    }
    Ok(())
}

/// A public key: the text itself, or the content of the file that it names.
pub fn public(key: &str) -> Result<String, Failure> {
    let text = match input::file(Path::new(key)) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => key.trim().to_owned(),
    };
    note::key_name(&text).map_err(|error| refused(&error, "--public-key"))?;
    Ok(text)
}
