//! Files that are there whole or not at all.

use awgp_client::{Exit, Failure};
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::Path;

/// Writes the text beside the file, and renames it. Whoever reads the file meanwhile reads the old one.
pub fn whole(path: &Path, text: &str) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| {
        Failure::new(Exit::Unexpected, format!("{}: {error}", path.display()))
            .hint("name a file in a folder that this user may write to")
    };
    let Some(name) = path.file_name() else {
        return Err(Failure::new(Exit::Usage, format!("{} is not the name of a file", path.display())));
    };
    let mut partial = OsString::from(".");
    partial.push(name);
    partial.push(format!(".{}.partial", std::process::id()));
    let partial = path.with_file_name(partial);
    let written = fs::File::create(&partial).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&partial, path));
    if done.is_err() {
        // What is left is hidden and is told apart by its ending.
        let _ = fs::remove_file(&partial);
    }
    done.map_err(unwritable)
}
