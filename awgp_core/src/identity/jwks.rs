//! A provider's set of keys (RFC 7517 §5).

use std::collections::HashSet;

use serde_json::Value;

use super::strict_json::parse_object;
use super::{Algorithm, JwksError, Key};

/// The most keys a set may hold. Keycloak publishes two to six while it rotates.
pub const MAX_KEYS: usize = 64;

/// A set of keys that passed [`validate_jwks`].
#[derive(Clone, Debug)]
pub struct KeySet(Vec<Key>);

/// Reads a JWK set, as text, when a row of `awgp.identity_providers` is written and again when it is used.
///
/// Refused, all with reason `jwks_invalid` and the key named by `kid` and index: private and symmetric keys, RSA
/// outside 2048 to 4096 bits, a `kty` or `crv` that cannot be verified, an `alg` that does not fit, a point off
/// its curve or of small order, a `kid` twice, an empty set, a set without one key that signs, more than
/// [`MAX_KEYS`] keys. Keys that do not sign (`use: enc`) may be of any curve and algorithm and are kept, so that
/// a token that names one is told so. Members not mentioned (`x5c`, `x5t`) are ignored.
pub fn validate_jwks(jwks: &str) -> Result<KeySet, JwksError> {
    let set = parse_object(jwks.as_bytes()).map_err(JwksError::set)?;
    let Some(Value::Array(members)) = set.get("keys") else {
        return Err(JwksError::set("\"keys\" is missing or not an array"));
    };
    if members.is_empty() || members.len() > MAX_KEYS {
        return Err(JwksError::set(format!("{} keys: 1 to {MAX_KEYS} are wanted", members.len())));
    }
    let mut ids = HashSet::new();
    let mut keys = Vec::with_capacity(members.len());
    for (index, member) in members.iter().enumerate() {
        let Value::Object(jwk) = member else { return Err(JwksError::key(index, None, "not an object")) };
        let key = Key::read(index, jwk)?;
        if let Some(id) = &key.id
            && !ids.insert(id.clone())
        {
            return Err(JwksError::key(index, Some(id), "an earlier key has the same \"kid\""));
        }
        keys.push(key);
    }
    if !keys.iter().any(Key::signs) {
        return Err(JwksError::set("no key of the set may verify signatures"));
    }
    Ok(KeySet(keys))
}

impl KeySet {
    /// The keys, in the order of the set.
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// The key with this `kid`.
    pub fn find(&self, id: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.id.as_deref() == Some(id))
    }

    /// The one key that fits the algorithm, or how many do.
    pub(super) fn only_fitting(&self, algorithm: Algorithm) -> Result<&Key, usize> {
        let mut fitting = self.0.iter().filter(|key| key.fits(algorithm));
        match (fitting.next(), fitting.count()) {
            (Some(key), 0) => Ok(key),
            (first, others) => Err(usize::from(first.is_some()) + others),
        }
    }
}
