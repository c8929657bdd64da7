//! The program that libFuzzer drives: `AWGP_FUZZ_TARGET` names the target.
#![no_main]

use std::sync::OnceLock;

static RUN: OnceLock<fn(&[u8])> = OnceLock::new();

fn chosen() -> fn(&[u8]) {
    let name = std::env::var("AWGP_FUZZ_TARGET").unwrap_or_default();
    let found = awgp_fuzz::target(&name);
    found.unwrap_or_else(|| panic!("AWGP_FUZZ_TARGET is \"{name}\", which is no target")).run
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| RUN.get_or_init(chosen)(data));
