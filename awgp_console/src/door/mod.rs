//! Who asks, and that a form is theirs.
//!
//! | file | concept |
//! |---|---|
//! | [`ways`] | the ways in that the operator has opened |
//! | [`visitor`] | who sent a request |
//! | [`cookies`] | what the console keeps at the reader's: sealed, and never readable by a script |
//! | [`form`] | a form that this console made for this reader |
//! | [`host`] | requests to another name than the console's |
//! | [`provider`] | the OpenID provider at which readers sign in |
//! | [`signing_in`] | the pages of signing in and out |
//! | [`renewal`] | a token that is near its end |
//! | [`asking`] | a request without a token that is good now |
//! | [`limits`] | how often somebody may begin to sign in |

pub mod asking;
pub mod cookies;
pub mod form;
pub mod host;
pub mod limits;
pub mod provider;
pub mod renewal;
pub mod signing_in;
pub mod visitor;
pub mod ways;

pub use asking::ask_to_sign_in;
pub use form::Signed;
pub use host::require_own_host;
pub use limits::Limits;
pub use renewal::{Renewals, renew};
pub use signing_in::router;
pub use visitor::{Visitor, Who};
pub use ways::Ways;
