//! What `awgp`, `awgp-console` and `awgp-mcp` share as programs.
//!
//! - [`connections`]: connections to the database that many requests share
//! - [`serving`]: HTTP, with bounds on what a client decides; [`ended`]: until a program is told to end
//! - [`manual`]: man pages and completions, made from the arguments
#![forbid(unsafe_code)]
#![allow(
    clippy::result_large_err,
    reason = "a refusal is made once a request, and carries what a person reads"
)]

pub mod connections;
mod ending;
pub mod manual;
pub mod serving;

pub use connections::Connections;
pub use ending::ended;
