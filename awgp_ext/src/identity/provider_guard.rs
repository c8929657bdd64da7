//! The trigger on `awgp.identity_providers`: what cannot be used is not stored.

use crate::pg::raise::{notice, or_raise, raise};
use crate::pg::trigger::{TriggerCall, trigger_function};
use awgp_core::identity::{Algorithm, UnknownAlgorithm, validate_jwks};
use pgrx::pg_sys::Datum;

trigger_function!(
    awgp_guard_identity_provider,
    pg_finfo_awgp_guard_identity_provider,
    guard_identity_provider
);

const HINT: &str = "Tokens that this key signed are refused; docs/identity.md lists what can be verified.";

/// Keys and algorithms can be used; NULL is left to NOT NULL, and the rest to constraints.
fn guard_identity_provider(call: &TriggerCall) -> Datum {
    if let Some(jwks) = call.new_text(c"jwks") {
        let keys = or_raise(validate_jwks(&jwks));
        if !call.is_update() || call.differs(c"jwks") {
            keys.ignored().iter().for_each(|key| notice(&key.to_string(), &key.facts(), HINT));
        }
    }
    for name in call.new_texts(c"algorithms") {
        let read: Result<Algorithm, UnknownAlgorithm> = name.parse();
        if let Err(error) = read {
            raise(&error.into());
        }
    }
    call.keep()
}
