//! The trigger on `awgp.identity_providers`: refuses keys and algorithms that cannot be used.

use crate::pg::raise::{notice, or_raise, raise};
use crate::pg::trigger::{TriggerCall, trigger_function};
use awgp_core::identity::{Algorithm, UnknownAlgorithm, validate_jwks};
use pgrx::pg_sys::Datum;

trigger_function!(
    awgp_guard_identity_provider,
    pg_finfo_awgp_guard_identity_provider,
    guard_identity_provider
);

const HINT: &str = "Tokens signed with this key are refused. Keys that can be verified are RSA, EC on P-256, P-384 or P-521, and Ed25519.";

/// Checks keys and algorithms; NULL and everything else are left to the table's constraints.
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
