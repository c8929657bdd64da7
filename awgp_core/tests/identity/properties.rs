//! Every alteration is refused, and no junk panics.

use std::sync::LazyLock;

use awgp_core::identity::{Provider, validate_jwks, verify};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::keycloak::{ALL, ED25519, NOW, P256, TestKey, claims, provider, verify_now};

static PROVIDER: LazyLock<Provider> = LazyLock::new(provider);
static TOKENS: LazyLock<Vec<String>> = LazyLock::new(|| ALL.map(|key| key.sign(&claims())).to_vec());

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_member(names: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(names)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_token_with_one_byte_changed_is_refused(key in 0..ALL.len(), place: prop::sample::Index, byte in 0_u8..128) {
        let mut token = TOKENS[key].clone().into_bytes();
        let place = place.index(token.len());
        prop_assume!(token[place] != byte);
        token[place] = byte;
        let token = String::from_utf8(token).unwrap();
        prop_assert!(verify_now(&token, &PROVIDER).is_err());
    }

    #[test]
    fn a_token_with_a_byte_taken_out_or_put_in_is_refused(
        key in 0..ALL.len(), place: prop::sample::Index, byte in 0_u8..128, put in any::<bool>(),
    ) {
        let mut token = TOKENS[key].clone().into_bytes();
        let place = place.index(token.len());
        if put { token.insert(place, byte); } else { token.remove(place); }
        prop_assert!(verify_now(&String::from_utf8(token).unwrap(), &PROVIDER).is_err());
    }

    #[test]
    fn any_text_is_refused_without_a_panic(text in ".{0,200}", jwks in ".{0,200}") {
        prop_assert!(verify_now(&text, &PROVIDER).is_err());
        prop_assert!(validate_jwks(&jwks).is_err());
    }

    #[test]
    fn any_header_member_is_answered_without_a_panic(
        member in any_member(&["alg", "kid", "typ", "crit", "jwk", "cty"]), value in any_json(),
    ) {
        let mut header = ED25519.header();
        header[member] = value;
        let answer = verify_now(&ED25519.sign_text(&header.to_string(), &claims().to_string()), &PROVIDER);
        prop_assert!(answer.is_err() || matches!(member, "cty" | "typ") || header == ED25519.header());
    }

    #[test]
    fn any_signed_claim_is_answered_without_a_panic(
        member in any_member(&["exp", "nbf", "iat", "aud", "sub", "iss", "azp", "typ", "jti"]),
        value in any_json(), now in any::<i64>(), leeway in any::<u32>(), max_lifetime in any::<Option<i64>>(),
    ) {
        let mut claims = claims();
        claims[member] = value;
        let mut provider = PROVIDER.clone();
        provider.max_lifetime_seconds = max_lifetime;
        if let Ok(identity) = verify(&ED25519.sign(&claims), &[provider], now, leeway) {
            prop_assert!(now < identity.expires_at_seconds);
            prop_assert!(!identity.subject.is_empty());
        }
    }

    #[test]
    fn any_key_member_is_answered_without_a_panic(
        key in prop::sample::select(&ALL[..]),
        member in any_member(&["kty", "crv", "n", "e", "x", "y", "alg", "use", "kid", "key_ops"]),
        value in prop_oneof![any_json(), "[A-Za-z0-9_-]{0,64}".prop_map(Value::from)],
    ) {
        let mut jwk = key.jwk();
        jwk[member] = value;
        if let Ok(keys) = validate_jwks(&json!({"keys": [jwk]}).to_string()) {
            let mut provider = PROVIDER.clone();
            provider.keys = keys;
            let _: Result<_, _> = verify(&TOKENS[0], &[provider], NOW, 0);
        }
    }

    #[test]
    fn what_one_key_signed_no_other_key_verifies(text in ".{0,100}", signer in prop::sample::select(&[P256, ED25519][..])) {
        let token = signer.sign_text("{}", &text);
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, signature).unwrap();
        for other in ALL {
            let key = PROVIDER.keys.find(other.kid).unwrap();
            let verifies = key.verifies(other.algorithm, message.as_bytes(), &signature);
            prop_assert_eq!(verifies, TestKey::eq(&other, &signer));
        }
    }
}
