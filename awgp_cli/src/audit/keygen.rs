//! `awgp audit keygen`.

use super::agent;
use super::key::{unwritable, write_new};
use super::key_file::Protection;
use crate::opt::{AuditKeygen, Output};
use crate::render;
use age::secrecy::{ExposeSecret, SecretString};
use awgp_client::{Exit, Failure};
use awgp_core::reason::Reason;
use rand_core::OsRng;
use serde_json::json;

/// Makes a key pair: the private key into a new file, the public one to stdout. Of an SSH key, only the
/// latter.
pub fn keygen(options: &AuditKeygen, output: Output) -> Result<String, Failure> {
    let name = options.name.as_str();
    if !signed_note::is_key_name_valid(name) || name.chars().any(char::is_control) {
        return Err(Failure::of_reason(
            Reason::CheckpointKey,
            "the name of a key has no blanks and no plus sign",
        )
        .hint("such as --name example.com/audit"));
    }
    let public = match (&options.ssh_key, &options.out) {
        (Some(file), _) => agent::public_key(file, name)?,
        (None, Some(out)) => {
            // Nobody types a passphrase for nothing.
            if out.symlink_metadata().is_ok() {
                return Err(unwritable(out, &"it exists"));
            }
            let protection = Protection::of(options)?;
            let (private, public) = signed_note::generate_key(&mut OsRng, name);
            let file = protection.apply(&SecretString::from(private))?;
            write_new(out, file.expose_secret(), true)?;
            public
        }
        (None, None) => {
            return Err(
                Failure::new(Exit::Usage, "no file is given for the private key").hint("add --out FILE")
            );
        }
    };
    Ok(match output {
        Output::Json => render::pretty(&json!({ "public_key": public, "private_key_file": options.out })),
        Output::Table => format!("{public}\n"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use awgp_core::audit::note;

    #[test]
    fn a_new_key_signs_and_its_public_half_is_printed() {
        let folder = std::env::temp_dir().join(format!("awgp-key-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let options = |file: &str, name: &str| AuditKeygen {
            out: Some(folder.join(file)),
            plain: true,
            ..AuditKeygen::named(name)
        };
        let good = options("key", "example.com/audit");
        let printed = keygen(&good, Output::Table).expect("a key");
        let private = std::fs::read_to_string(folder.join("key")).expect("it can be read");
        assert_eq!(note::public_key_of(&private).expect("its half"), printed.trim());
        assert!(keygen(&good, Output::Table).is_err(), "it is never overwritten");
        assert_eq!(std::fs::read_to_string(folder.join("key")).expect("still there"), private);
        assert!(keygen(&options("other", "a b"), Output::Table).is_err() && !folder.join("other").exists());
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
