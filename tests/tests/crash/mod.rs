//! The crash harness of `tests/src/crash`: some rounds of it, what it says of copies, and that it finds what
//! is planted.

mod elsewhere;
pub mod months;
mod newer_version;
mod planted;
mod point_in_time;
mod rounds;
