//! The receipt of an action: decision, votes, arguments' digest, outcome and cost in one file, which holds
//! without a server or not at all.

mod holds;
mod place;
mod refused;
mod rights;
pub mod stage;
