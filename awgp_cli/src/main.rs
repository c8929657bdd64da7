//! `awgp`, the command line.
fn main() {}
