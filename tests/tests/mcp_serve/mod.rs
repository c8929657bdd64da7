//! `awgp mcp serve`: AWGP's own functions as tools for an assistant.

mod actions;
mod approvals;
mod clients;
mod ending;
mod http;
mod knowing;
mod messages;
mod rights;
mod tools;
mod work;
