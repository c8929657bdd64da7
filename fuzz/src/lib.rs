//! What must hold for every text that AWGP's parsers are given.
//!
//! Each target takes bytes, passes them to one parser of `awgp_core`, and asserts more than that it does not
//! panic: what is printed is read back, what a verifier accepts is what the maker made, and two spellings of
//! one value are one value. `parsers.txt` says which target tries which function. `make fuzz` lets libFuzzer
//! look for bytes that break a target; `cargo test` tries the corpus and small changes of it.

#![allow(clippy::missing_panics_doc, reason = "a target panics where something does not hold")]

pub mod audit;
pub mod files;
pub mod identity;
pub mod input;
pub mod json;
pub mod messaging;
pub mod money;
pub mod names;
pub mod rfc8785;
pub mod settings;
pub mod templates;

/// A parser with what must hold for it.
pub struct Target {
    /// Its name, which is that of its folder in the corpus.
    pub name: &'static str,
    /// Panics where something does not hold.
    pub run: fn(&[u8]),
}

macro_rules! targets {
    ($($module:ident: $($name:ident),+;)+) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[$($(Target { name: stringify!($name), run: $module::$name }),+),+];
    };
}

targets! {
    audit: canonical, digest, entity, escape, note, note_key, policy_of_witnesses, proof, receipt, statement, tracked;
    files: export_file, export_line, manifest, stream_line, witness;
    identity: claims, jwks, token;
    json: arguments, difference, mask, members, storable;
    messaging: content_rules, links, messages;
    money: amount, price, price_list, usage, zone;
    names: email, name_list, partition, timestamp, word;
    settings: settings, settings_change;
    templates: merge, overrides;
}

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
