//! The price list that the LiteLLM project publishes, as `scripts/setup` brought it.

use std::path::Path;
use std::process::Command;

/// Its path. Which version it is, and where it is kept, one file says.
pub fn path() -> String {
    let toolchain = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/lib/toolchain.sh");
    let script = ". \"$1\"; printf %s \"$AWGP_LITELLM_PRICES\"";
    let output =
        Command::new("bash").args(["-c", script, "bash"]).arg(toolchain).output().expect("bash runs");
    let path = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(Path::new(&path).is_file(), "no price list at \"{path}\"; run scripts/setup");
    path
}
