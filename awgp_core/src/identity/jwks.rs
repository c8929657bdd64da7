//! A provider's set of keys (RFC 7517 §5).

use serde_json::Value;

use super::jwk::{Fault, clip};
use super::limits::MAX_KEYS;
use super::{Algorithm, IgnoredKey, JwksError, Key};
use crate::json::storable;
use crate::strict_json::parse_object;

/// A set of keys that passed [`validate_jwks`].
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<Key>,
    ignored: Vec<IgnoredKey>,
}

/// Reads a JWK set, as text, when a row of `awgp.identity_providers` is written and again when it is used.
///
/// A key that is not understood is ignored (RFC 7517 §5) and named in [`KeySet::ignored`]: a `kty`, `crv` or
/// `alg` that is unknown or does not fit, RSA above 4096 bits, a member that is missing or malformed, a point
/// off its curve. Keys that do not sign (`use: enc`) may have any curve and algorithm and are kept, so that a
/// token that names one gets an error that says so. Other members (`x5c`, `x5t`) are ignored.
///
/// The whole set is refused, with reason `jwks_invalid`, for what is dangerous: a private or symmetric key,
/// RSA below 2048 bits or with an invalid modulus or exponent, a point of small order. So is a set without a
/// key that signs, one of more than [`MAX_KEYS`] keys, and one in which two keys have the same `kid` and can
/// both have made a signature of one algorithm: `kid` and `alg` of a token name at most one key. The same
/// `kid` on keys that have no algorithm in common, such as Keycloak's signing and encryption keys, is
/// accepted.
pub fn validate_jwks(jwks: &str) -> Result<KeySet, JwksError> {
    // Readers of the column cast it to jsonb.
    storable(jwks).map_err(|unstorable| JwksError::set(unstorable.to_string()))?;
    let set = parse_object(jwks.as_bytes()).map_err(JwksError::set)?;
    let Some(Value::Array(members)) = set.get("keys") else {
        return Err(JwksError::set("\"keys\" is missing or not an array"));
    };
    if members.is_empty() || members.len() > MAX_KEYS {
        return Err(JwksError::set(format!("{} keys: there must be 1 to {MAX_KEYS}", members.len())));
    }
    let mut set = KeySet { keys: Vec::with_capacity(members.len()), ignored: Vec::new() };
    for (index, member) in members.iter().enumerate() {
        let kid = member.get("kid").and_then(Value::as_str);
        let key = match member {
            Value::Object(jwk) => Key::read(jwk),
            _ => Err("not an object".into()),
        };
        match key {
            Ok(key) if set.names_twice(&key) => {
                let problem = "an earlier key has the same \"kid\" and an algorithm in common";
                return Err(JwksError::key(index, kid, problem));
            }
            Ok(key) => set.keys.push(key),
            Err(Fault::Dangerous(problem)) => return Err(JwksError::key(index, kid, problem)),
            Err(Fault::Unusable(problem)) => {
                set.ignored.push(IgnoredKey { index, kid: kid.map(clip), problem });
            }
        }
    }
    if set.keys.iter().any(Key::signs) { Ok(set) } else { Err(JwksError::NoKey { ignored: set.ignored }) }
}

impl KeySet {
    /// The keys that are used, in the order of the set.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The keys that are not used, in the order of the set.
    pub fn ignored(&self) -> &[IgnoredKey] {
        &self.ignored
    }

    /// The key with this `kid`; one that signs before others.
    pub fn find(&self, id: &str) -> Option<&Key> {
        self.named(id).find(|key| key.signs()).or_else(|| self.named(id).next())
    }

    /// The key with this `kid` that fits the algorithm: there is at most one.
    pub(super) fn find_fitting(&self, id: &str, algorithm: Algorithm) -> Option<&Key> {
        self.named(id).find(|key| key.fits(algorithm))
    }

    /// Why the key with this `kid` is not used, if it is in the set and ignored.
    pub(super) fn why_ignored(&self, id: &str) -> Option<&str> {
        let id = clip(id);
        let ignored = self.ignored.iter().find(|ignored| ignored.kid.as_ref() == Some(&id));
        ignored.map(|ignored| ignored.problem.as_str())
    }

    /// The one key that fits the algorithm, or the number of keys that do.
    pub(super) fn only_fitting(&self, algorithm: Algorithm) -> Result<&Key, usize> {
        let mut fitting = self.keys.iter().filter(|key| key.fits(algorithm));
        match (fitting.next(), fitting.count()) {
            (Some(key), 0) => Ok(key),
            (first, others) => Err(usize::from(first.is_some()) + others),
        }
    }

    fn named(&self, id: &str) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.id.as_deref() == Some(id))
    }

    fn names_twice(&self, key: &Key) -> bool {
        key.id.as_ref().is_some_and(|id| self.named(id).any(|earlier| earlier.competes_with(key)))
    }
}
