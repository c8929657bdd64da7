//! Messages between assistants: loads the parties and policies, asks `awgp_core::messaging`, counts, records.

mod functions;
mod guard;
pub mod load;
mod maintenance;
mod windows;
