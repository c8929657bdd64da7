//! The signature algorithms that a provider may allow.

use std::fmt;
use std::str::FromStr;

use crate::reason::Reason;
use crate::refusal::Refusal;

/// An asymmetric signature algorithm of JOSE (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). No variant is
/// symmetric, and there is no `none`: what has no name cannot be allowed by mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// EdDSA on Ed25519, by its first name.
    EdDsa,
    /// The same signatures, by the name that RFC 9864 gives them.
    Ed25519,
}

impl Algorithm {
    /// Every algorithm that can be allowed.
    pub const ALL: [Self; 11] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Ed25519,
    ];
    /// The default of a provider.
    pub const DEFAULT: [Self; 4] = [Self::Rs256, Self::Es256, Self::EdDsa, Self::Ed25519];

    /// The name in `alg`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// Whether a key with `alg` `other` makes these signatures: one algorithm has two names.
    pub(super) fn signs_like(self, other: Self) -> bool {
        let one_name = |algorithm| if algorithm == Self::Ed25519 { Self::EdDsa } else { algorithm };
        one_name(self) == one_name(other)
    }

    /// The same in the library; None for an algorithm that the library lacks.
    pub(super) fn in_library(self) -> Option<jsonwebtoken::Algorithm> {
        Some(match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Rs384 => jsonwebtoken::Algorithm::RS384,
            Self::Rs512 => jsonwebtoken::Algorithm::RS512,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
            Self::Ps384 => jsonwebtoken::Algorithm::PS384,
            Self::Ps512 => jsonwebtoken::Algorithm::PS512,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::Es384 => jsonwebtoken::Algorithm::ES384,
            Self::Es512 => return None,
            Self::EdDsa | Self::Ed25519 => jsonwebtoken::Algorithm::EdDSA,
        })
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is not one of [`Algorithm::ALL`]; reason `unknown_algorithm`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a signature algorithm that can be allowed")]
pub struct UnknownAlgorithm(pub String);

impl From<UnknownAlgorithm> for Refusal {
    fn from(error: UnknownAlgorithm) -> Self {
        let names = Algorithm::ALL.map(Algorithm::name).join(", ");
        Self::new(Reason::UnknownAlgorithm, error.to_string(), format!("Use one of {names}."))
            .with("algorithm", error.0)
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    /// Exactly as JOSE writes it: algorithm names are case-sensitive (RFC 7515 §4.1.1).
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|a| a.name() == name).ok_or_else(|| UnknownAlgorithm(name.to_owned()))
    }
}
