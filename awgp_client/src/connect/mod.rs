//! The connection to the server.
//!
//! | file | concept |
//! |---|---|
//! | [`effective`] | what is in force of options, profiles and variables, and where it comes from |
//! | [`profile`], [`profiles`] | profiles of the configuration file |
//! | [`paths`] | the files that a connection may read |
//! | [`written`], [`url`], [`keyword_value`] | a connection string, as a URL or as `key=value` pairs |
//! | [`foreign`] | parameters of other programs in a URL |
//! | [`keyword`], [`settings`], [`origin`] | the keywords of libpq, their values, where each comes from |
//! | [`service`], [`pgpass`] | pg_service.conf, ~/.pgpass |
//! | [`target`], [`hosts`] | servers, database and login |
//! | [`attempt`], [`session_kind`], [`prompt`] | connecting, server by server; asking for a password |
//! | [`tls`], [`certificates`] | sslmode, and which certificates it accepts |
//! | [`notices`] | the server's notices |

pub(crate) mod attempt;
mod certificates;
mod effective;
mod foreign;
mod hosts;
mod keyword;
pub(crate) mod keyword_value;
mod notices;
mod origin;
mod paths;
mod pgpass;
pub(crate) mod profile;
mod profiles;
mod prompt;
mod service;
mod session_kind;
mod settings;
mod target;
mod tls;
mod url;
mod written;

pub use effective::{Effective, Ignored, Shown, Wish};
pub use notices::Notices;
pub use origin::Origin;
pub use paths::{FileRead, files};
pub use profiles::Profiles;
pub use prompt::Prompt;
pub use target::Target;
pub use tls::Verified;
