//! What all client programs of AWGP share: connections, transactions, calls and errors. The command line is
//! built on it.
//!
//! ```no_run
//! # async fn example() -> Result<(), awgp_client::Failure> {
//! use awgp_client::{Call, Context, Session, Target};
//!
//! let env = |name: &str| std::env::var(name).ok();
//! let target = Target::resolve(None, &env)?.with_application_name("my program");
//! let row = Session::within(&target, async |session| {
//!     let work = session.begin_in_tenant(Context::given(Some("nord"), None)).await?;
//!     let call = Call::new("create_work_item").arg("title", "text", Some("Sort the mail"));
//!     work.conclude(&call).await
//! })
//! .await?;
//! println!("{}", row.text("id").unwrap_or_default());
//! # Ok(())
//! # }
//! ```
//!
//! - [`Target`]: servers, database and login, determined as libpq does, including services, TLS and
//!   ~/.pgpass; [`DatabaseUrl`] and [`Token`] are its secret parts, and cannot be printed; [`Prompt`] asks
//!   for a password
//! - [`Effective`]: what is in force of options, profiles and variables, and where each value comes from;
//!   [`Profiles`]: the file of profiles; [`connection_files`]: all files that a connection may read
//! - [`Session`]: a connection; [`Work`]: a transaction on it, in a [`Context`] of tenant and user, which
//!   rolls back unless it is committed; [`in_turn`]: two of its parts in one round trip
//! - [`Call`]: a call of one SQL function with named arguments; [`Row`]: a row of the result, with every
//!   value as the server wrote it
//! - [`Failure`]: an error for the user, with the server's reason and hint; [`Exit`]: its family.
//!   [`Trouble`]: an error that [`Session::explain`] still has to explain
//! - [`shown`]: untrusted text, made safe for a terminal; [`secret::redact`]: text without passwords
//! - [`input`]: text and JSON from a user
//! - [`page`]: rows a page at a time; [`durations`]: lengths of time in words; [`ids`]: ids by their
//!   beginning
//! - [`trail`]: events of the audit trail as people read them; [`proof`]: the proof of one event;
//!   [`receipt`]: the receipt of an action
//!
//! Nothing here prints, reads arguments or decides what the server decides. Hints use the option names that
//! every program of AWGP has: --database-url, --profile, --tenant, --user, --token-file.
#![forbid(unsafe_code)]

mod call;
mod connect;
mod context;
pub mod durations;
mod exit;
mod explain;
mod failure;
pub mod ids;
pub mod input;
pub mod page;
mod patience;
pub mod proof;
pub mod receipt;
mod row;
pub mod secret;
mod session;
pub mod shown;
mod token;
pub mod trail;
mod work;

pub use call::Call;
pub use connect::profile::Profile;
pub use connect::{
    Effective, FileRead, Ignored, Notices, Origin, Profiles, Prompt, Shown, Target, Verified, Wish,
    files as connection_files,
};
pub use context::Context;
pub use exit::{EXIT_CODES, Exit};
pub use failure::{Failure, Trouble};
pub use row::{Row, readable};
pub use secret::DatabaseUrl;
pub use session::{Notice, Session};
pub use token::Token;
pub use work::{Work, in_turn};
