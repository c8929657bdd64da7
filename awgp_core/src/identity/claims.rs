//! What a token's claims must be, once its signature is verified (RFC 7519 §4.1).

use serde_json::{Map, Value};

use super::jwk::clip;
use super::member::text;
use super::{Instant, Provider, TokenError};

/// How far in the future `exp` may be where the provider bounds no lifetime. A time in milliseconds is beyond
/// it.
const MAX_AHEAD_SECONDS: i64 = 365 * 24 * 60 * 60;

/// What callers need from accepted claims.
pub(super) struct Accepted {
    pub subject: String,
    pub tenants: Vec<String>,
    pub token_id: Option<String>,
    pub expires_at_seconds: i64,
}

/// Checks type, audience, authorized party, times, subject and tenant, in this order.
pub(super) fn check(
    claims: &Map<String, Value>,
    provider: &Provider,
    now: Instant,
    leeway_seconds: u32,
) -> Result<Accepted, TokenError> {
    // Keycloak's own claim, beside the header's `typ`.
    if let Some(found) = text(claims, "typ")?.filter(|found| !found.eq_ignore_ascii_case("Bearer")) {
        return Err(TokenError::WrongType { found: clip(found) });
    }
    check_audience(claims, provider)?;
    let end = check_times(claims, provider, now, i64::from(leeway_seconds))?;
    let subject = find(claims, &provider.subject_claim).and_then(name);
    let subject = subject.ok_or_else(|| TokenError::NoSubject { claim: provider.subject_claim.clone() })?;
    let tenants = match &provider.tenant_claim {
        None => Vec::new(),
        Some(claim) => {
            let found = find(claims, claim).map(names).filter(|names| !names.is_empty());
            found.ok_or_else(|| TokenError::NoTenant { claim: claim.clone() })?
        }
    };
    let token_id = claims.get("jti").and_then(name);
    Ok(Accepted { subject, tenants, token_id, expires_at_seconds: end.next_second() })
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

/// The moment at which the token expires.
fn check_times(
    claims: &Map<String, Value>,
    provider: &Provider,
    now: Instant,
    leeway_seconds: i64,
) -> Result<Instant, TokenError> {
    let expires = time(claims, "exp")?.ok_or(TokenError::NoTime { claim: "exp" })?;
    let end = expires.plus(leeway_seconds);
    if now >= end {
        return Err(TokenError::Expired { expired_at_seconds: expires.seconds() });
    }
    let issued = time(claims, "iat")?;
    for (claim, from) in [("nbf", time(claims, "nbf")?), ("iat", issued)] {
        if let Some(from) = from.filter(|from| from.plus(-leeway_seconds) > now) {
            return Err(TokenError::NotYetValid { claim, valid_from_seconds: from.next_second() });
        }
    }
    let Some(max_lifetime_seconds) = provider.max_lifetime_seconds else {
        if expires > now.plus(MAX_AHEAD_SECONDS).plus(leeway_seconds) {
            return Err(TokenError::FarAhead {
                expires_at_seconds: expires.seconds(),
                max_ahead_seconds: MAX_AHEAD_SECONDS,
            });
        }
        return Ok(end);
    };
    let issued = issued.ok_or(TokenError::NoTime { claim: "iat" })?;
    if expires < issued || expires > issued.plus(max_lifetime_seconds) {
        let lifetime_seconds = expires.seconds_since(issued);
        return Err(TokenError::Lifetime { lifetime_seconds, max_lifetime_seconds });
    }
    Ok(end)
}

fn time(claims: &Map<String, Value>, claim: &str) -> Result<Option<Instant>, TokenError> {
    match claims.get(claim) {
        None => Ok(None),
        Some(value) => Instant::of_claim(value).map(Some).ok_or_else(|| TokenError::Malformed {
            problem: format!("\"{claim}\" is not a number of seconds since 1970"),
        }),
    }
}

/// The claim with this name, or the one that the name is a path to: `org.id` is the member `id` of the claim
/// `org`. A claim whose own name has dots, such as `https://example.com/tenant`, comes first.
fn find<'c>(claims: &'c Map<String, Value>, path: &str) -> Option<&'c Value> {
    let within = || {
        path.match_indices('.')
            .find_map(|(dot, _)| find(claims.get(&path[..dot])?.as_object()?, &path[dot + 1..]))
    };
    claims.get(path).or_else(within)
}

/// The tenants that a claim names: a text, an array of texts, or, as Keycloak writes its `organization`, an
/// object with an object for each name, which may have an `id`.
fn names(claim: &Value) -> Vec<String> {
    match claim {
        Value::Array(items) => items.iter().filter_map(name).collect(),
        Value::Object(organizations) if organizations.values().all(Value::is_object) => organizations
            .iter()
            .flat_map(|(alias, organization)| [usable(alias), organization.get("id").and_then(name)])
            .flatten()
            .collect(),
        _ => name(claim).into_iter().collect(),
    }
}

fn name(claim: &Value) -> Option<String> {
    claim.as_str().and_then(usable)
}

/// Text that can be a name: not empty, no control characters (PostgreSQL's text cannot hold NUL).
fn usable(text: &str) -> Option<String> {
    (!text.trim().is_empty() && !text.chars().any(char::is_control)).then(|| text.to_owned())
}
