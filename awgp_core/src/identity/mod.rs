//! The identity in a token: JSON Web Tokens as Keycloak issues them, verified without network or clock.
//!
//! The caller passes the token, the trusted providers and the time; [`verify`] returns an [`Identity`] or the
//! one reason why not. Keys come only from the provider's own key set.
//!
//! # Order of the checks
//!
//! Length and form → header rules → **issuer → key → algorithm → signature** → and only then every other
//! claim (type, audience, authorized party, times, subject, tenant). Before the signature only `iss` is read
//! from the claims, so a forged token learns nothing beyond the key set, which is public.
//!
//! # Keycloak
//!
//! - `aud` is text or an array; one of the provider's audiences must be in it. Keycloak writes `account`
//!   there and names the client in `azp`. `azp` is *not* an audience: it names the client that requested the
//!   token, not the one it is for. Add an audience mapper to the client; [`Provider::authorized_parties`]
//!   narrows by `azp` in addition.
//! - The key set of a realm also publishes an encryption key (`use: enc`). It is accepted in the set and
//!   never verifies a signature, also where it has the `kid` of a signing key.
//! - The claim `organization` names tenants as an array or as an object; see [`Provider::tenant_claim`].
//! - Claim `typ` of an access token is `Bearer`. ID tokens (`ID`), refresh tokens and sender-constrained
//!   tokens (`DPoP`) are refused: AWGP never sees the proof that the last kind needs.
//!
//! Sources: RFC 7515 (JWS), RFC 7517 (JWK), RFC 7519 (JWT), RFC 8037 (EdDSA), RFC 8725 (best practice), RFC
//! 9864 (`Ed25519`).
//!
//! # The library
//!
//! `jsonwebtoken` verifies the signature, with the pure-Rust provider `rust_crypto`; `p521` verifies those of
//! ES512, which it lacks. Its own validation is not used: it reads the system clock, keeps the last of two
//! equal members, and has one error for many causes. RUSTSEC-2023-0071 (Marvin) concerns private RSA keys in
//! the `rsa` crate beneath it; here all keys are public.

mod admission;
mod algorithm;
mod claims;
mod error;
mod ignored_key;
mod instant;
mod jwk;
mod jwks;
mod limits;
mod member;
mod provider;
#[cfg(test)]
mod rfc_vectors;
mod token;

pub use admission::{AdmissionError, Candidate, admit};
pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use error::{JwksError, TokenError};
pub use ignored_key::IgnoredKey;
pub use instant::Instant;
pub use jwk::Key;
pub use jwks::{KeySet, validate_jwks};
pub use limits::{MAX_KEYS, MAX_TOKEN_BYTES};
pub use provider::Provider;
pub use token::{Identity, verify, verify_at};
