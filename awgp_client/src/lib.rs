//! What programs that talk to AWGP share: the way to the server and back. The command line is built on it, and so is
//! whatever else calls AWGP's functions for people or for programs.
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
//! - [`Target`]: which server, database and login, decided as libpq decides it, TLS and ~/.pgpass included; [`DatabaseUrl`]
//!   and [`Token`] are what of it is secret, and cannot be printed
//! - [`Session`]: a connection; [`Work`]: a transaction on it, in a [`Context`] of tenant and user, which rolls back unless
//!   it is committed
//! - [`Call`]: one SQL function with named arguments; [`Row`]: a row of an answer, every value as the server wrote it
//! - [`Failure`]: an error that a user can act on, with the reason and the hint of the server; [`Exit`]: its family.
//!   [`Trouble`]: an error that still has to be explained, by [`Session::explain`]
//! - [`shown`]: text that others wrote, made safe for a terminal; [`secret::redact`]: text without passwords
//! - [`input`]: text and JSON that a user gives
//!
//! Nothing here prints, reads arguments or decides anything that the server decides. A hint names an option by the name
//! that every program of AWGP gives it: --database-url, --tenant, --user, --token-file.
#![forbid(unsafe_code)]

mod call;
mod connect;
mod context;
mod exit;
mod explain;
mod failure;
pub mod input;
mod row;
pub mod secret;
mod session;
pub mod shown;
mod token;
mod work;

pub use call::Call;
pub use connect::Target;
pub use context::Context;
pub use exit::{EXIT_CODES, Exit};
pub use failure::{Failure, Trouble};
pub use row::{Row, readable};
pub use secret::DatabaseUrl;
pub use session::{Notice, Session};
pub use token::Token;
pub use work::Work;
