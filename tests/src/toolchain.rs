//! What `scripts/setup` has brought. Which versions, and where they are kept, one
//! file says: `scripts/lib/toolchain.sh`.

use std::path::Path;
use std::process::Command;

/// The path that a variable of that file holds; there must be something at it.
pub fn path(variable: &str) -> String {
    let toolchain = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/lib/toolchain.sh");
    let script = ". \"$1\"; printf %s \"${!2}\"";
    let output = Command::new("bash").args(["-c", script, "bash"]).arg(toolchain).arg(variable).output();
    let path = String::from_utf8(output.expect("bash runs").stdout).expect("UTF-8");
    assert!(Path::new(&path).exists(), "nothing at \"{path}\", which is {variable}; run scripts/setup");
    path
}
