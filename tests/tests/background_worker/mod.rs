//! The background worker, on servers of their own that load the library when they start.
//!
//! Nothing here counts seconds: each test waits for what must come about.

mod alone;
mod doctor;
mod ending;
mod failing;
mod running;
pub mod stage;
mod standby;
