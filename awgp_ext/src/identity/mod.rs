//! Signed mode: who a verified token says is asking.
//!
//! `awgp.authenticate()` reads the providers below SQL, lets `awgp_core::identity` verify the token, finds the
//! user by its subject, and puts tenant and user in context: for the transaction, or for the session until the
//! token expires. Nothing of it is stored where SQL could write it.

mod authenticate;
pub mod last_login;
mod provider_guard;
pub mod providers;
