//! Tokens, their claims, and sets of keys.

use crate::input::{json, text};
use awgp_core::identity::{Algorithm, KeySet, Provider, validate_jwks, verify};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json as object};
use std::sync::LazyLock;

const ISSUER: &str = "https://id.example.com";
const NOW: i64 = 1_800_000_000;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[7; 32]));

static PROVIDER: LazyLock<Provider> = LazyLock::new(|| {
    let x = URL_SAFE_NO_PAD.encode(KEY.verifying_key().to_bytes());
    let keys = object!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": x}]});
    Provider::new(ISSUER, vec!["awgp".to_owned()], validate_jwks(&keys.to_string()).expect("a key"))
});

/// Tokens that the provider made.
static MADE: LazyLock<Vec<String>> = LazyLock::new(|| {
    let claims = object!({"iss": ISSUER, "aud": "awgp", "sub": "ada", "exp": NOW + 60});
    let headers = [object!({"alg": "EdDSA", "kid": "k"}), object!({"alg": "Ed25519", "typ": "JWT"})];
    headers.iter().map(|header| signed(&header.to_string(), claims.to_string().as_bytes())).collect()
});

fn signed(header: &str, claims: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(KEY.sign(message.as_bytes()).to_bytes());
    format!("{message}.{signature}")
}

/// A token that is accepted is one that the provider made.
pub fn token(data: &[u8]) {
    let Some(token) = text(data) else { return };
    // The corpus cannot know the signatures: `made 0` stands for the first token.
    let token = match token.strip_prefix("made ").and_then(|rest| rest.split_once(' ')) {
        Some((number, rest)) => {
            let made = number.parse().ok().and_then(|number: usize| MADE.get(number));
            made.map_or_else(|| token.to_owned(), |made| format!("{made}{rest}"))
        }
        None => token.to_owned(),
    };
    if let Ok(identity) = verify(&token, std::slice::from_ref(&PROVIDER), NOW, 0) {
        assert!(MADE.contains(&token), "nobody made {token}");
        assert_eq!(identity.subject, "ada");
    }
}

/// Whatever claims a provider signs, those that are accepted name a subject, this audience and a time that is
/// not over.
pub fn claims(data: &[u8]) {
    let token = signed(r#"{"alg":"EdDSA","kid":"k"}"#, data);
    let by_tenant = Provider { tenant_claim: Some("org.id".to_owned()), ..PROVIDER.clone() };
    let bounded = Provider { max_lifetime_seconds: Some(600), ..PROVIDER.clone() };
    for provider in [&*PROVIDER, &by_tenant, &bounded] {
        let Ok(identity) = verify(&token, std::slice::from_ref(provider), NOW, 5) else { continue };
        let claims = text(data).and_then(json).expect("accepted claims are JSON");
        assert_eq!(claims["iss"], ISSUER);
        let names_us = |audience: &Value| *audience == "awgp";
        assert!(
            names_us(&claims["aud"])
                || claims["aud"].as_array().is_some_and(|list| list.iter().any(names_us))
        );
        assert!(!identity.subject.trim().is_empty() && !identity.subject.chars().any(char::is_control));
        assert!(identity.expires_at_seconds > NOW);
        assert_eq!(identity.tenants.is_empty(), provider.tenant_claim.is_none());
        assert_eq!(verify(&token, std::slice::from_ref(provider), identity.expires_at_seconds, 5).ok(), None);
    }
}

/// A set that is accepted has a key that signs, and no key of it takes a signature that nobody made.
pub fn jwks(data: &[u8]) {
    let Some(jwks) = text(data) else { return };
    let Ok(set) = validate_jwks(jwks) else { return };
    let members = json(jwks).and_then(|set| set["keys"].as_array().map(Vec::len));
    assert_eq!(Some(set.keys().len() + set.ignored().len()), members);
    assert!(set.keys().iter().any(awgp_core::identity::Key::signs));
    for key in set.keys() {
        assert!(key.id.as_ref().is_none_or(|id| set.find(id).is_some()));
    }
    assert!(!takes_a_forgery(&set));
}

/// Signatures that hold under a key that is no key: zeros, and the neutral point with the number 0.
fn takes_a_forgery(set: &KeySet) -> bool {
    let neutral = |length: usize| {
        let mut bytes = vec![0; length];
        bytes[0] = 1;
        bytes
    };
    let signatures =
        [vec![0; 64], neutral(64), vec![0; 96], vec![0; 132], vec![0; 256], neutral(256), Vec::new()];
    set.keys().iter().take(4).any(|key| {
        Algorithm::ALL.into_iter().filter(|algorithm| key.fits(*algorithm)).any(|algorithm| {
            let takes = |message: &[u8]| {
                signatures.iter().any(|signature| key.verifies(algorithm, message, signature))
            };
            // Under a key of small order one message in eight is forged. Other keys take longer.
            let is_edwards = key.fits(Algorithm::EdDsa);
            [b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"]
                .into_iter()
                .take(if is_edwards { 8 } else { 1 })
                .any(|message| takes(message))
        })
    })
}
