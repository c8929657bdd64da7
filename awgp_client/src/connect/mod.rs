//! The way to the server.
//!
//! | file | concept |
//! |---|---|
//! | [`target`] | which server, database and login, decided as libpq decides it |
//! | [`address`] | host and port where the connection string names none |
//! | [`keyword_value`] | the lexer of a value in a string of `key=value` pairs |
//! | [`pgpass`] | ~/.pgpass |
//! | [`tls_options`], [`tls`] | sslmode and sslrootcert, and what they ask of a certificate |
//! | [`notices`] | what the server says beside its answers |

mod address;
pub(crate) mod keyword_value;
mod notices;
mod pgpass;
mod target;
mod tls;
mod tls_options;

pub use notices::Notices;
pub use target::Target;
