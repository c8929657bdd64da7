//! A secret in a file that its owner alone may read.

use awgp_client::{Exit, Failure};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// What a file has, without white space around it. `hint` says how the file is made.
pub fn read(file: &Path, hint: &str) -> Result<String, Failure> {
    let unusable = |what: &str| {
        Failure::new(Exit::BadArgument, format!("{}: {what}", file.display())).hint(hint.to_owned())
    };
    let mode = fs::metadata(file).map_err(|error| unusable(&error.to_string()))?.permissions().mode();
    if mode & 0o077 != 0 {
        let text = format!("{}: others than its owner may read or write it", file.display());
        return Err(Failure::new(Exit::BadArgument, text).hint(format!("chmod 600 {}", file.display())));
    }
    let text = fs::read_to_string(file).map_err(|error| unusable(&error.to_string()))?;
    match text.trim() {
        "" => Err(unusable("the file is empty")),
        text => Ok(text.to_owned()),
    }
}
