//! What a token must say, once its signature is known to be good (RFC 7519 §4.1).

use serde_json::{Map, Value};

use super::jwk::clip;
use super::token::text;
use super::{Provider, TokenError};

/// What the rest needs of accepted claims.
pub(super) struct Accepted {
    pub subject: String,
    pub tenant: Option<String>,
    pub token_id: Option<String>,
    pub expires_at_seconds: i64,
}

/// Checks type, audience, authorized party, times, subject and tenant, in this order.
pub(super) fn check(
    claims: &Map<String, Value>,
    provider: &Provider,
    now_seconds: i64,
    leeway_seconds: i64,
) -> Result<Accepted, TokenError> {
    // Keycloak's own claim, beside the header's `typ`.
    if let Some(found) = text(claims, "typ")?.filter(|found| !found.eq_ignore_ascii_case("Bearer")) {
        return Err(TokenError::WrongType { found: clip(found) });
    }
    check_audience(claims, provider)?;
    let expires_at_seconds = check_times(claims, provider, now_seconds, leeway_seconds)?;
    let subject = name(claims, &provider.subject_claim)
        .ok_or_else(|| TokenError::NoSubject { claim: provider.subject_claim.clone() })?;
    let tenant = match &provider.tenant_claim {
        None => None,
        Some(claim) => {
            Some(name(claims, claim).ok_or_else(|| TokenError::NoTenant { claim: claim.clone() })?)
        }
    };
    Ok(Accepted { subject, tenant, token_id: name(claims, "jti"), expires_at_seconds })
}

fn check_audience(claims: &Map<String, Value>, provider: &Provider) -> Result<(), TokenError> {
    let ours = |audience: &str| provider.audiences.iter().any(|our| our == audience);
    let fits = match claims.get("aud") {
        Some(Value::String(audience)) => ours(audience),
        Some(Value::Array(audiences)) => audiences.iter().filter_map(Value::as_str).any(ours),
        _ => false,
    };
    if !fits {
        return Err(TokenError::WrongAudience);
    }
    let party = text(claims, "azp")?;
    let listed = |party: &str| provider.authorized_parties.iter().any(|listed| listed == party);
    if provider.authorized_parties.is_empty() || party.is_some_and(listed) {
        Ok(())
    } else {
        Err(TokenError::WrongParty)
    }
}

/// The first second at which the token is no longer accepted.
fn check_times(
    claims: &Map<String, Value>,
    provider: &Provider,
    now_seconds: i64,
    leeway_seconds: i64,
) -> Result<i64, TokenError> {
    let expires = seconds(claims, "exp")?.ok_or(TokenError::NoTime { claim: "exp" })?;
    // Saturating: a claim at the end of i64 is far away, not an overflow.
    let expires_at_seconds = expires.saturating_add(leeway_seconds);
    if now_seconds >= expires_at_seconds {
        return Err(TokenError::Expired { expired_at_seconds: expires });
    }
    let issued = seconds(claims, "iat")?;
    for (claim, from) in [("nbf", seconds(claims, "nbf")?), ("iat", issued)] {
        if let Some(valid_from_seconds) =
            from.filter(|from| from.saturating_sub(leeway_seconds) > now_seconds)
        {
            return Err(TokenError::NotYetValid { claim, valid_from_seconds });
        }
    }
    if let Some(max_lifetime_seconds) = provider.max_lifetime_seconds {
        let issued = issued.ok_or(TokenError::NoTime { claim: "iat" })?;
        let lifetime_seconds = expires.saturating_sub(issued);
        if !(0..=max_lifetime_seconds).contains(&lifetime_seconds) {
            return Err(TokenError::Lifetime { lifetime_seconds, max_lifetime_seconds });
        }
    }
    Ok(expires_at_seconds)
}

/// A NumericDate. RFC 7519 allows fractions; no provider we know writes them, and rounding one would blur a
/// half-open boundary, so only whole seconds are read.
fn seconds(claims: &Map<String, Value>, claim: &str) -> Result<Option<i64>, TokenError> {
    match claims.get(claim) {
        None => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| TokenError::Malformed {
            problem: format!("\"{claim}\" is not a whole number of seconds"),
        }),
    }
}

/// Text that can name something: not empty, no control characters (PostgreSQL's text cannot hold NUL).
fn name(claims: &Map<String, Value>, claim: &str) -> Option<String> {
    let text = claims.get(claim)?.as_str()?;
    (!text.trim().is_empty() && !text.chars().any(char::is_control)).then(|| text.to_owned())
}
