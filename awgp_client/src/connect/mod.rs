//! The connection to the server.
//!
//! | file | concept |
//! |---|---|
//! | [`target`] | server, database and login, determined as libpq does |
//! | [`address`] | host and port where the connection string does not name them |
//! | [`keyword_value`] | the lexer of a value in a string of `key=value` pairs |
//! | [`pgpass`] | ~/.pgpass |
//! | [`tls_options`], [`tls`] | sslmode and sslrootcert, and which certificates they accept |
//! | [`notices`] | the server's notices |

mod address;
pub(crate) mod keyword_value;
mod notices;
mod pgpass;
mod target;
mod tls;
mod tls_options;

pub use notices::Notices;
pub use target::Target;
