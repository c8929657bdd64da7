//! The door for agents that speak the Model Context Protocol. It has no rule of its own: what an assistant
//! may do is decided in the database.
//!
//! - [`opt`]: its arguments
//! - [`gate`]: begin an action, finish it, ask for an approval: each one transaction
//! - [`guard`]: stands before any MCP server; each call of a tool is an action
//! - [`serve`]: AWGP's own functions as tools for an assistant
#![forbid(unsafe_code)]
#![allow(clippy::result_large_err, reason = "a refusal is made once a call, and carries what a model reads")]

pub mod gate;
pub mod guard;
pub mod opt;
pub mod serve;

use awgp_client::{Exit, Failure};
use clap::Parser;
use opt::{Command, Opt};
use std::ffi::OsString;

/// Runs until the client is gone.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<Exit, Failure> {
    // clap prints help and usage errors itself, with exit code 2 as `awgp` has it.
    let opt = Opt::parse_from(arguments);
    match &opt.command {
        Command::Guard(guard) => guard::run(guard, &opt.door).await,
        Command::Serve(serve) => serve::run(serve, &opt.door).await,
    }
}
