//! Messages between assistants: loads who and what, asks `awgp_core::messaging`, counts, records.

mod functions;
mod guard;
mod load;
mod maintenance;
mod windows;
