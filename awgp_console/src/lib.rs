//! The web page on which people decide and see what AWGP governs. It has no right of its own and no session
//! in the database: each request is one transaction that begins with the reader's token.
//!
//! - [`opt`]: its arguments; [`secret_file`]: secrets that they name
//! - [`site`]: what all requests share; [`serve`]: from the socket to the pages
//! - [`door`]: who asks, and that a form is theirs
//! - [`visit`]: the one transaction of a request
//! - [`answer`]: what a request is answered with, errors too
//! - [`frame`]: what stands around every page
//! - [`parts`]: what pages are made of
//! - [`pages`]: one file a page
//!
//! It needs no script: a page is HTML and one style sheet. The only script tells the server the reader's time
//! zone; without it, times are the tenant's.
#![forbid(unsafe_code)]
// The future of a page holds those of its connection and its transaction: a deep type.
#![recursion_limit = "256"]

pub mod answer;
pub mod door;
pub mod frame;
pub mod opt;
pub mod pages;
pub mod parts;
pub mod secret_file;
pub mod serve;
pub mod site;
pub mod visit;

use awgp_client::{Exit, Failure};
use clap::Parser;
use opt::Opt;
use std::ffi::OsString;

/// Serves until it is ended.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<Exit, Failure> {
    // clap prints help and usage errors itself, with exit code 2 as `awgp` has it.
    let opt = Opt::parse_from(arguments);
    serve::run(&opt).await
}
