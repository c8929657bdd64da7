//! AWGP's rules and byte formats, as pure functions.
//!
//! No PostgreSQL, no async, no clock, no randomness, no input or output: the caller passes the time and the
//! rows. The extension and the command line link the same code, so an auditor verifies offline with the same
//! functions that hashed.
#![forbid(unsafe_code)]
#![allow(clippy::result_large_err, reason = "a refusal is raised immediately")]

pub mod action;
pub mod approval;
pub mod argument;
pub mod assistant;
pub mod audit;
pub mod bounds;
pub mod civil;
pub mod counted;
pub mod email;
pub mod fleet;
pub mod human;
pub mod identity;
pub mod isolation_refusals;
pub mod json;
pub mod json_difference;
pub mod json_members;
pub mod messaging;
pub mod money;
pub mod month;
pub mod moving;
pub mod name_list;
mod named;
pub mod notices;
pub mod permissions;
pub mod quota;
pub mod reason;
pub mod records;
pub mod refusal;
pub mod release;
pub mod retention;
pub mod seed;
pub mod server_command;
pub mod server_release;
pub mod setting_error;
pub mod state_machine;
pub mod stop;
mod strict_json;
pub mod structure;
pub mod templates;
pub mod tenant_settings;
pub mod work;
