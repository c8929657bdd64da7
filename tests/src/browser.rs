//! Runs a program of tests/browser, which drives Chromium.

use crate::command::output_of;
use crate::toolchain::path;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Runs the program and tells it this. Pictures of the pages are kept in target/test-output/console.
pub fn browse(program: &str, told: &Value) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let libraries = path("AWGP_BROWSER");
    let mut node = Command::new("node");
    node.env("NODE_PATH", format!("{libraries}/node_modules"));
    node.env("AWGP_TEST_OUTPUT", here.join("../target/test-output/console"));
    output_of(node.arg(here.join("browser").join(program)).arg(told.to_string()));
}
