//! Keeps the section that cargo-pgrx reads the SQL from.

fn main() {
    // cargo-pgrx would pass this itself, as RUSTFLAGS of a whole build: every dependency would then be
    // compiled twice, once for the library and once for the tests. The scripts switch that off and rely on
    // this line.
    println!("cargo::rustc-cdylib-link-arg=-Wl,--no-gc-sections");
    println!("cargo::rerun-if-changed=build.rs");
}
