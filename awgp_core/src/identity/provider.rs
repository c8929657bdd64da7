//! What is trusted: an issuer, its keys, and what its tokens must contain.

use super::{Algorithm, KeySet};

/// An identity provider, as a row of `awgp.identity_providers`.
#[derive(Clone, Debug)]
pub struct Provider {
    /// The exact value of `iss`, such as `https://id.example.com/realms/acme`. Unique among the providers.
    pub issuer: String,
    /// One of these must be in `aud`. Empty: no token of this provider is accepted.
    pub audiences: Vec<String>,
    /// If not empty, `azp` must be one of these.
    pub authorized_parties: Vec<String>,
    /// The only keys that are trusted. Two at a time while keys are rotated.
    pub keys: KeySet,
    /// The algorithms that are allowed; a key's own `alg` narrows further.
    pub algorithms: Vec<Algorithm>,
    /// The claim that names the user, or a path to it; `sub` by default.
    pub subject_claim: String,
    /// The claim that names the tenant, by id or slug, or a path to it. None: the user's row determines the
    /// tenant.
    pub tenant_claim: Option<String>,
    /// The longest `exp - iat` that is accepted, in seconds. None: `exp` is at most a year in the future.
    pub max_lifetime_seconds: Option<i64>,
}

impl Provider {
    /// A provider with the defaults: RS256, ES256 and EdDSA in both spellings; subject in `sub`; no tenant
    /// claim, any `azp`, a lifetime of a year.
    pub fn new(issuer: impl Into<String>, audiences: Vec<String>, keys: KeySet) -> Self {
        Self {
            issuer: issuer.into(),
            audiences,
            authorized_parties: Vec::new(),
            keys,
            algorithms: Algorithm::DEFAULT.to_vec(),
            subject_claim: "sub".to_owned(),
            tenant_claim: None,
            max_lifetime_seconds: None,
        }
    }
}
