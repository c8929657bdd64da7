//! The arguments of a command that is a program of its own.

use clap::Args;
use std::ffi::OsString;

/// What the program gets.
#[derive(Args, Debug)]
pub struct Handed {
    /// The arguments of the program.
    #[arg(value_name = "ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<OsString>,
}
