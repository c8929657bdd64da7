//! A token, from its text to the identity it proves.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::claims;
use super::jwk::clip;
use super::limits::MAX_TOKEN_BYTES;
use super::member::text;
use super::{Algorithm, Instant, Key, Provider, TokenError};
use crate::strict_json::parse_object;

/// Header members that are refused: unknown extensions (`crit`, RFC 7515 §4.1.11; `b64`, RFC 7797), and keys
/// inside the token (§4.1.2, 3, 5, 6), which prove only that their owner signed.
const REFUSED_HEADER_MEMBERS: [&str; 6] = ["crit", "b64", "jwk", "jku", "x5u", "x5c"];

/// The content of a verified token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The index of the provider in the slice given to [`verify`].
    pub provider: usize,
    /// `iss`.
    pub issuer: String,
    /// The subject claim: `users.keycloak_id`. Not empty, no control characters.
    pub subject: String,
    /// The tenants that the tenant claim names, at least one where the provider has such a claim; the user's
    /// own is among them.
    pub tenants: Vec<String>,
    /// `kid` of the key that signed, if it has one.
    pub key_id: Option<String>,
    /// `jti`, if it is text.
    pub token_id: Option<String>,
    /// The first whole second, since 1970, at which [`verify`] refuses: `exp` plus the leeway.
    pub expires_at_seconds: i64,
}

/// Verifies a token against the trusted providers.
///
/// `now_seconds` is the time since 1970; `leeway_seconds` is how far the provider's clock may be off. A token
/// is valid from `nbf` on and before `exp`: `nbf - leeway <= now < exp + leeway`. The module's documentation
/// has the order of the checks; every refusal has a reason of its own.
pub fn verify(
    token: &str,
    providers: &[Provider],
    now_seconds: i64,
    leeway_seconds: u32,
) -> Result<Identity, TokenError> {
    verify_at(token, providers, Instant::of_seconds(now_seconds), leeway_seconds)
}

/// The same with a clock in microseconds: times in a token may have a fraction.
pub fn verify_at(
    token: &str,
    providers: &[Provider],
    now: Instant,
    leeway_seconds: u32,
) -> Result<Identity, TokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenError::TooLong { bytes: token.len() });
    }
    let parts = Parts::read(token)?;
    check_header(&parts.header)?;
    let place = provider_of(&parts.claims, providers)?;
    let provider = &providers[place];
    let key = verify_signature(&parts, provider)?;
    claims::check(&parts.claims, provider, now, leeway_seconds).map(|accepted| Identity {
        provider: place,
        issuer: provider.issuer.clone(),
        subject: accepted.subject,
        tenants: accepted.tenants,
        key_id: key.id.clone(),
        token_id: accepted.token_id,
        expires_at_seconds: accepted.expires_at_seconds,
    })
}

/// The three parts of the compact form (RFC 7515 §7.1).
struct Parts<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    /// What was signed: the first two parts as written.
    message: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    fn read(token: &'a str) -> Result<Self, TokenError> {
        let malformed = |problem: &str| TokenError::Malformed { problem: problem.to_owned() };
        let parts: Vec<&str> = token.splitn(4, '.').collect();
        let [header, claims, signature] = parts[..] else {
            return Err(malformed("it must have three parts separated by dots"));
        };
        let message = &token.as_bytes()[..header.len() + 1 + claims.len()];
        let object = |part: &str, name: &str| {
            let bytes =
                URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed(&format!("{name}: not base64url")))?;
            parse_object(&bytes).map_err(|problem| malformed(&clip(&format!("{name}: {problem}"))))
        };
        let (header, claims) = (object(header, "header")?, object(claims, "claims")?);
        let signature =
            URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed("signature: not base64url"))?;
        Ok(Self { header, claims, message, signature })
    }
}

fn check_header(header: &Map<String, Value>) -> Result<(), TokenError> {
    if let Some(member) = REFUSED_HEADER_MEMBERS.into_iter().find(|member| header.contains_key(*member)) {
        return Err(TokenError::Header { member });
    }
    match text(header, "typ")? {
        // Media types are compared without case (RFC 7515 §4.1.9); `at+jwt` is RFC 9068's.
        None => Ok(()),
        Some(typ) if ["jwt", "at+jwt", "application/at+jwt"].contains(&typ.to_ascii_lowercase().as_str()) => {
            Ok(())
        }
        Some(typ) => Err(TokenError::WrongType { found: clip(typ) }),
    }
}

/// The index of the one provider whose issuer is the token's, compared byte by byte.
fn provider_of(claims: &Map<String, Value>, providers: &[Provider]) -> Result<usize, TokenError> {
    let issuer = text(claims, "iss")?.ok_or(TokenError::WrongIssuer)?;
    let mut places = (0..providers.len()).filter(|place| providers[*place].issuer == issuer);
    let place = places.next().ok_or(TokenError::WrongIssuer)?;
    if places.next().is_some() { Err(TokenError::AmbiguousIssuer) } else { Ok(place) }
}

/// Key, then algorithm, then signature. The key determines the possible algorithms, never the token.
fn verify_signature<'p>(parts: &Parts<'_>, provider: &'p Provider) -> Result<&'p Key, TokenError> {
    let kid = text(&parts.header, "kid")?;
    if let Some(kid) = kid {
        let key = provider.keys.find(kid).ok_or_else(|| TokenError::UnknownKey {
            kid: clip(kid),
            ignored: provider.keys.why_ignored(kid).map(str::to_owned),
        })?;
        if !key.signs() {
            return Err(TokenError::KeyUse { kid: clip(kid) });
        }
    }
    let algorithm = allowed_algorithm(&parts.header, provider)?;
    let key = match kid {
        Some(kid) => provider
            .keys
            .find_fitting(kid, algorithm)
            .ok_or_else(|| TokenError::AlgorithmMismatch { algorithm: algorithm.to_string() })?,
        None => provider.keys.only_fitting(algorithm).map_err(|fitting| TokenError::NoKeyId { fitting })?,
    };
    if key.verifies(algorithm, parts.message, &parts.signature) {
        Ok(key)
    } else {
        Err(TokenError::BadSignature)
    }
}

fn allowed_algorithm(header: &Map<String, Value>, provider: &Provider) -> Result<Algorithm, TokenError> {
    let name = text(header, "alg")?
        .ok_or_else(|| TokenError::Malformed { problem: "header: \"alg\" is missing".to_owned() })?;
    if name.eq_ignore_ascii_case("none") {
        return Err(TokenError::Unsigned);
    }
    let algorithm = name.parse().ok().filter(|algorithm| provider.algorithms.contains(algorithm));
    algorithm.ok_or_else(|| TokenError::Algorithm { algorithm: clip(name) })
}
