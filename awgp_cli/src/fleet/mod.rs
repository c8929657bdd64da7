//! `awgp` over several databases, the members of a fleet, each of which has whole families.
//!
//! - [`file`]: the fleet file

pub mod file;
