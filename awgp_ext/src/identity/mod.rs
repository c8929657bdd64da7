//! Signed mode: the context comes from a verified token.
//!
//! `awgp.authenticate()` reads the providers below SQL, has `awgp_core::identity` verify the token, finds the
//! user by its subject, and puts tenant and user in context: for the transaction, or for the session until
//! the token expires. Nothing of this is stored where SQL could write it.

mod authenticate;
pub mod last_login;
mod provider_guard;
pub mod providers;
