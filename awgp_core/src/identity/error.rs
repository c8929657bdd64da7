//! Why a token or a key set was refused.

use serde_json::Value;
use thiserror::Error;

use super::jwk::clip;
use super::{IgnoredKey, MAX_TOKEN_BYTES};
use crate::reason::Reason;
use crate::refusal::Refusal;

/// Why a token was refused. No variant holds the token, or more of a claim's value than a log may show; free
/// text of the token is cut to 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("token is too long")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not three base64url parts with a JSON object in the first two, or a member of the wrong type.
    #[error("token is malformed: {problem}")]
    Malformed {
        /// Where and what.
        problem: String,
    },
    /// A header member that is not accepted: `crit`, `b64`, or a key inside the token.
    #[error("token has header member \"{member}\", which is not accepted")]
    Header {
        /// The member.
        member: &'static str,
    },
    /// Header `typ` is not that of a JWT, or claim `typ` not that of an access token.
    #[error("token is not an access token")]
    WrongType {
        /// The value of `typ`.
        found: String,
    },
    /// `iss` is missing or not one of the providers'.
    #[error("token has an issuer that is not trusted")]
    WrongIssuer,
    /// Two providers have the same issuer, so neither is used.
    #[error("two identity providers have the same issuer")]
    AmbiguousIssuer,
    /// No key of the provider has this `kid`.
    #[error("token names a key that the provider does not have")]
    UnknownKey {
        /// The `kid`.
        kid: String,
        /// Why the key is not used, if it is in the set.
        ignored: Option<String>,
    },
    /// There is no `kid`, and not exactly one key fits.
    #[error("token names no key, and {fitting} keys fit")]
    NoKeyId {
        /// The number of keys that fit.
        fitting: usize,
    },
    /// The key is not for signatures.
    #[error("token names a key that is not for signatures")]
    KeyUse {
        /// The `kid`.
        kid: String,
    },
    /// `alg` is `none`, in any spelling.
    #[error("token is not signed")]
    Unsigned,
    /// `alg` is not on the provider's list.
    #[error("token's algorithm is not allowed")]
    Algorithm {
        /// The `alg`.
        algorithm: String,
    },
    /// `alg` is allowed, but is not the key's.
    #[error("token's algorithm does not fit its key")]
    AlgorithmMismatch {
        /// The `alg`.
        algorithm: String,
    },
    /// The signature is not the key's.
    #[error("token's signature is not valid")]
    BadSignature,
    /// No audience of the provider is in `aud`.
    #[error("token is for another audience")]
    WrongAudience,
    /// `azp` is not one of the authorized parties.
    #[error("token was issued to a client that is not authorized")]
    WrongParty,
    /// There is no `exp`, or no `iat` where a lifetime is bounded.
    #[error("token has no claim \"{claim}\"")]
    NoTime {
        /// `exp` or `iat`.
        claim: &'static str,
    },
    /// `exp` is not after now.
    #[error("token has expired")]
    Expired {
        /// `exp`, in seconds since 1970.
        expired_at_seconds: i64,
    },
    /// `nbf` or `iat` is after now.
    #[error("token is not yet valid")]
    NotYetValid {
        /// `nbf` or `iat`.
        claim: &'static str,
        /// The claim's value, in seconds since 1970.
        valid_from_seconds: i64,
    },
    /// `exp - iat` is negative or beyond the provider's bound.
    #[error("token's lifetime is too long")]
    Lifetime {
        /// `exp - iat`.
        lifetime_seconds: i64,
        /// The provider's bound.
        max_lifetime_seconds: i64,
    },
    /// `exp` is too far in the future, and the provider sets no bound.
    #[error("token expires too far in the future")]
    FarAhead {
        /// `exp`, in seconds since 1970.
        expires_at_seconds: i64,
        /// How far in the future it may be.
        max_ahead_seconds: i64,
    },
    /// The subject claim is missing, empty, not text, or holds a control character.
    #[error("token names no subject")]
    NoSubject {
        /// The claim's name.
        claim: String,
    },
    /// The provider needs a tenant claim, and it is missing or names nothing.
    #[error("token names no tenant")]
    NoTenant {
        /// The claim's name.
        claim: String,
    },
}

impl TokenError {
    /// The stable reason.
    pub fn reason(&self) -> Reason {
        match self {
            Self::TooLong { .. } => Reason::TokenTooLong,
            Self::Malformed { .. } => Reason::TokenMalformed,
            Self::Header { .. } => Reason::TokenHeader,
            Self::WrongType { .. } => Reason::TokenWrongType,
            Self::WrongIssuer => Reason::TokenWrongIssuer,
            Self::AmbiguousIssuer => Reason::IdentityProviderAmbiguous,
            Self::UnknownKey { .. } => Reason::TokenUnknownKey,
            Self::NoKeyId { .. } => Reason::TokenNoKeyId,
            Self::KeyUse { .. } => Reason::TokenKeyUse,
            Self::Unsigned => Reason::TokenUnsigned,
            Self::Algorithm { .. } => Reason::TokenAlgorithm,
            Self::AlgorithmMismatch { .. } => Reason::TokenAlgorithmMismatch,
            Self::BadSignature => Reason::TokenBadSignature,
            Self::WrongAudience => Reason::TokenWrongAudience,
            Self::WrongParty => Reason::TokenWrongParty,
            Self::NoTime { .. } => Reason::TokenNoTime,
            Self::Expired { .. } => Reason::TokenExpired,
            Self::NotYetValid { .. } => Reason::TokenNotYetValid,
            Self::Lifetime { .. } | Self::FarAhead { .. } => Reason::TokenLifetime,
            Self::NoSubject { .. } => Reason::TokenNoSubject,
            Self::NoTenant { .. } => Reason::TokenNoTenant,
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => {
                "Reduce the claims that the identity provider maps into its access tokens."
            }
            Self::Malformed { .. } => "Pass the access token as issued: three parts separated by dots.",
            Self::Header { .. } | Self::Unsigned | Self::BadSignature | Self::AlgorithmMismatch { .. } => {
                "Request a new access token from the identity provider; do not alter it."
            }
            Self::WrongType { .. } => "Pass the access token, not the ID token or the refresh token.",
            Self::WrongIssuer => "Compare the token's iss with awgp.identity_providers.issuer.",
            Self::AmbiguousIssuer => "Leave one row for each issuer in awgp.identity_providers.",
            Self::UnknownKey { ignored: Some(_), .. } => {
                "Let the identity provider sign with a key that AWGP can verify: RSA, EC on P-256, P-384 or P-521, or Ed25519."
            }
            Self::UnknownKey { .. } | Self::NoKeyId { .. } | Self::KeyUse { .. } => {
                "Renew awgp.identity_providers.jwks from the provider's certificates endpoint."
            }
            Self::Algorithm { .. } => {
                "Sign with an algorithm that the row of awgp.identity_providers allows."
            }
            Self::WrongAudience => {
                "Add an audience mapper to the client, or the audience to the provider's row."
            }
            Self::WrongParty => "Compare the token's azp with the authorized parties of the provider's row.",
            Self::NoTime { .. } | Self::Expired { .. } => {
                "Request a new access token and authenticate again."
            }
            Self::NotYetValid { .. } => "Compare the clocks of the identity provider and of the server.",
            Self::Lifetime { .. } => "Shorten the access token lifespan at the identity provider.",
            Self::FarAhead { .. } => {
                "Let exp be in seconds, not milliseconds, or allow more with the provider's \
                 max_lifetime_seconds."
            }
            Self::NoSubject { .. } | Self::NoTenant { .. } => {
                "Add a mapper for the claim to the client, or correct the claim's name in the provider's row."
            }
        }
    }

    fn facts(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLong { bytes } => {
                vec![("bytes", (*bytes).into()), ("max_bytes", MAX_TOKEN_BYTES.into())]
            }
            Self::Malformed { problem } => vec![("problem", problem.as_str().into())],
            Self::Header { member } => vec![("member", (*member).into())],
            Self::WrongType { found } => vec![("type", found.as_str().into())],
            Self::UnknownKey { kid, ignored: Some(problem) } => {
                vec![("kid", kid.as_str().into()), ("ignored", problem.as_str().into())]
            }
            Self::UnknownKey { kid, .. } | Self::KeyUse { kid } => vec![("kid", kid.as_str().into())],
            Self::NoKeyId { fitting } => vec![("fitting_keys", (*fitting).into())],
            Self::Algorithm { algorithm } | Self::AlgorithmMismatch { algorithm } => {
                vec![("algorithm", algorithm.as_str().into())]
            }
            Self::NoTime { claim } => vec![("claim", (*claim).into())],
            Self::NoSubject { claim } | Self::NoTenant { claim } => vec![("claim", claim.as_str().into())],
            Self::Expired { expired_at_seconds } => {
                vec![("expired_at_seconds", (*expired_at_seconds).into())]
            }
            Self::NotYetValid { claim, valid_from_seconds } => {
                vec![("claim", (*claim).into()), ("valid_from_seconds", (*valid_from_seconds).into())]
            }
            Self::Lifetime { lifetime_seconds, max_lifetime_seconds } => vec![
                ("lifetime_seconds", (*lifetime_seconds).into()),
                ("max_lifetime_seconds", (*max_lifetime_seconds).into()),
            ],
            Self::FarAhead { expires_at_seconds, max_ahead_seconds } => vec![
                ("expires_at_seconds", (*expires_at_seconds).into()),
                ("max_ahead_seconds", (*max_ahead_seconds).into()),
            ],
            Self::WrongIssuer
            | Self::AmbiguousIssuer
            | Self::Unsigned
            | Self::BadSignature
            | Self::WrongAudience
            | Self::WrongParty => Vec::new(),
        }
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        let refusal = Self::new(error.reason(), error.to_string(), error.hint());
        error.facts().into_iter().fold(refusal, |refusal, (name, value)| refusal.with(name, value))
    }
}

/// Why a key set was refused; reason `jwks_invalid`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JwksError {
    /// The set as a whole.
    #[error("key set is not valid: {problem}")]
    Set {
        /// What is wrong.
        problem: String,
    },
    /// Every key of the set is ignored, or is not for signatures.
    #[error("key set is not valid: it has no key that can verify signatures")]
    NoKey {
        /// The ignored keys.
        ignored: Vec<IgnoredKey>,
    },
    /// One key.
    #[error("key {index} of the key set is not valid: {problem}")]
    Key {
        /// Its index in the set, from 0.
        index: usize,
        /// Its `kid`, if it has one, cut to 64 characters.
        kid: Option<String>,
        /// What is wrong.
        problem: String,
    },
}

impl JwksError {
    pub(super) fn set(problem: impl Into<String>) -> Self {
        Self::Set { problem: problem.into() }
    }

    pub(super) fn key(index: usize, kid: Option<&str>, problem: impl Into<String>) -> Self {
        Self::Key { index, kid: kid.map(clip), problem: problem.into() }
    }
}

impl From<JwksError> for Refusal {
    fn from(error: JwksError) -> Self {
        let message = error.to_string();
        let hint = "Copy the public key set from the provider's certificates endpoint, \
                    /realms/<realm>/protocol/openid-connect/certs for Keycloak.";
        let refusal = Self::new(Reason::JwksInvalid, message, hint);
        match error {
            JwksError::Set { problem } => refusal.with("problem", problem),
            JwksError::NoKey { ignored } => {
                let problems: Vec<_> = ignored.iter().map(IgnoredKey::facts).collect();
                refusal.with("problem", "no key can verify signatures").with("ignored", problems)
            }
            JwksError::Key { index, kid, problem } => {
                refusal.with("key", index).with("kid", kid).with("problem", problem)
            }
        }
    }
}
