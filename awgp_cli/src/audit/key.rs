//! `awgp audit keygen`, and how keys are read.

use crate::opt::{AuditKeygen, Output};
use crate::render;
use awgp_client::{Exit, Failure, input};
use awgp_core::audit::note::{self, Refused};
use awgp_core::reason::Reason;
use rand_core::OsRng;
use serde_json::json;
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
    };
    Failure::of_reason(refused.reason(), format!("{place}: {refused}")).hint(hint)
}

/// Makes a key pair: the private key into a new file, the public one to stdout.
pub fn keygen(options: &AuditKeygen, output: Output) -> Result<String, Failure> {
    let name = options.name.as_str();
    if !signed_note::is_key_name_valid(name) || name.chars().any(char::is_control) {
        return Err(Failure::of_reason(
            Reason::CheckpointKey,
            "the name of a key has no blanks and no plus sign",
        )
        .hint("such as --name example.com/audit"));
    }
    let (private, public) = signed_note::generate_key(&mut OsRng, name);
    write_new(&options.out, &format!("{private}\n"), true)?;
    Ok(match output {
        Output::Json => render::pretty(&json!({ "public_key": public, "private_key_file": options.out })),
        Output::Table => format!("{public}\n"),
    })
}

/// Writes a file that must not exist yet, whole or not at all; a secret one readable only by its owner.
pub fn write_new(path: &Path, text: &str, secret: bool) -> Result<(), Failure> {
    let unwritable = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::Unexpected, format!("{} cannot be written: {error}", path.display()))
            .hint("name a file that does not exist, in a folder that does")
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let write = |mut file: File| file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    match options.open(path) {
        Err(error) => Err(unwritable(&error)),
        Ok(file) => write(file).map_err(|error| {
            // An incomplete file would prevent the next attempt.
            let _ = std::fs::remove_file(path);
            unwritable(&error)
        }),
    }
}

/// The private key in a file that nobody else can read.
pub fn private(path: &Path) -> Result<String, Failure> {
    let place = path.display();
    let text = input::file(path).map_err(|error| {
        Failure::of_reason(Reason::CheckpointKey, format!("{place} cannot be read: {error}"))
            .hint("create one with: awgp audit keygen --out FILE")
    })?;
    #[cfg(unix)]
    {
        let mode = std::fs::metadata(path)
            .map_or(0, |metadata| std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()));
        if mode & 0o077 != 0 {
            return Err(Failure::of_reason(
                Reason::CheckpointKey,
                format!("others can read the private key in {place}"),
            )
            .hint(format!("chmod 600 {place}; if somebody may have read it, create a new key")));
        }
    }
    Ok(text.trim().to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_signs_and_its_public_half_is_printed() {
        let folder = std::env::temp_dir().join(format!("awgp-key-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let options = AuditKeygen { out: folder.join("key"), name: "example.com/audit".to_owned() };
        let printed = keygen(&options, Output::Table).expect("a key");
        let private = private(&options.out).expect("it can be read");
        assert_eq!(note::public_key_of(&private).expect("its half"), printed.trim());
        assert!(keygen(&options, Output::Table).is_err(), "it is never overwritten");
        assert_eq!(std::fs::read_to_string(&options.out).expect("still there").trim(), private);
        let bad = AuditKeygen { out: folder.join("other"), name: "a b".to_owned() };
        assert!(keygen(&bad, Output::Table).is_err() && !bad.out.exists());
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
