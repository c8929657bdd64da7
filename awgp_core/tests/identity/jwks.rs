//! Which key sets may be registered; every refusal names the key.

use awgp_core::identity::{JwksError, MAX_KEYS, validate_jwks};
use awgp_core::refusal::Refusal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::keycloak::{ALL, ED25519, P256, P384, RSA_A, TestKey, encryption_jwk};

fn validate(keys: &[Value]) -> Result<usize, JwksError> {
    validate_jwks(&json!({"keys": keys}).to_string()).map(|set| set.keys().len())
}

/// The key with one member set; null takes it out.
fn with(key: TestKey, member: &str, value: Value) -> Value {
    let mut jwk = key.jwk();
    if value.is_null() {
        jwk.as_object_mut().unwrap().remove(member);
    } else {
        jwk[member] = value;
    }
    jwk
}

/// The key is refused as the second of its set, and named.
fn refused(jwk: &Value) -> String {
    let error = validate(&[RSA_A.jwk(), jwk.clone()]).expect_err(&jwk.to_string());
    let JwksError::Key { index, kid, problem } = &error else { panic!("{error}") };
    assert_eq!(*index, 1);
    assert_eq!(kid.as_deref(), jwk.get("kid").and_then(Value::as_str));
    let problem = problem.clone();
    let refusal = Refusal::from(error);
    assert_eq!(refusal.reason.name(), "jwks_invalid");
    assert_eq!(refusal.facts["key"], 1);
    problem
}

fn bytes(filled: u8, length: usize) -> Value {
    URL_SAFE_NO_PAD.encode(vec![filled; length]).into()
}

#[test]
fn what_a_realm_publishes_is_accepted() {
    let mut keys: Vec<_> = ALL.into_iter().map(TestKey::jwk).chain([encryption_jwk()]).collect();
    keys[0]["x5c"] = json!(["MIICmzCCAYMCBgF"]);
    keys[0]["x5t"] = json!("dGh1bWI");
    keys[0]["x5t#S256"] = json!("dGh1bWI");
    keys.push(json!({"kty": "OKP", "crv": "X25519", "use": "enc", "kid": "x", "x": bytes(9, 32)}));
    assert_eq!(validate(&keys), Ok(8));
    assert_eq!(validate(&[with(P256, "use", Value::Null), with(P384, "alg", Value::Null)]), Ok(2));
    assert_eq!(validate(&[with(ED25519, "kid", Value::Null), with(P384, "kid", Value::Null)]), Ok(2));
}

#[test]
fn private_and_symmetric_keys_are_refused_whatever_their_use() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        assert!(refused(&with(P256, member, json!("AQAB"))).contains(&format!("\"{member}\"")));
        let mut encryption = encryption_jwk();
        encryption[member] = json!("AQAB");
        refused(&encryption);
    }
    let symmetric = json!({"kty": "oct", "kid": "s", "k": bytes(1, 32), "alg": "HS256"});
    assert!(refused(&symmetric).contains("\"k\""));
    assert!(refused(&json!({"kty": "oct", "kid": "s"})).contains("\"oct\""));
}

#[test]
fn an_rsa_key_below_2048_or_above_4096_bits_is_refused() {
    for (length, bits) in [(0, 0), (1, 8), (128, 1024), (255, 2040), (513, 4104)] {
        let problem = refused(&json!({"kty": "RSA", "kid": "w", "e": "AQAB", "n": bytes(0xff, length)}));
        assert!(problem.contains(&format!("RSA of {bits} bits")), "{problem}");
    }
    // Leading zeros do not make a key longer.
    let padded = [vec![0; 200], vec![0xff; 128]].concat();
    let problem =
        refused(&json!({"kty": "RSA", "kid": "w", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(padded)}));
    assert!(problem.contains("1024"));
    let short_by_one_bit = [vec![0x7f], vec![0xff; 255]].concat();
    let n = URL_SAFE_NO_PAD.encode(short_by_one_bit);
    assert!(refused(&json!({"kty": "RSA", "kid": "w", "e": "AQAB", "n": n})).contains("2047"));
    assert!(refused(&json!({"kty": "RSA", "kid": "w", "e": "AQAB", "n": bytes(0xfe, 256)})).contains("even"));
    for exponent in [vec![], vec![0], vec![1], vec![2], vec![1, 0, 0], vec![1, 0, 0, 0, 1]] {
        let e = URL_SAFE_NO_PAD.encode(&exponent);
        assert!(
            refused(&with(RSA_A, "kid", json!("e")).as_object().map_or(Value::Null, |jwk| {
                let mut jwk = jwk.clone();
                jwk.insert("e".to_owned(), e.into());
                Value::Object(jwk)
            }))
            .contains("exponent")
        );
    }
}

#[test]
fn unknown_types_curves_and_algorithms_are_refused() {
    assert!(refused(&with(P256, "kty", json!("AKP"))).contains("AKP"));
    assert!(refused(&with(P256, "kty", Value::Null)).contains("missing"));
    assert!(refused(&with(P256, "kty", json!(1))).contains("not text"));
    for curve in ["P-521", "secp256k1", "p-256", "Ed25519", ""] {
        assert!(refused(&with(P256, "crv", json!(curve))).contains("\"crv\""));
    }
    for curve in ["Ed448", "X25519", "P-256"] {
        assert!(refused(&with(ED25519, "crv", json!(curve))).contains("\"crv\""));
    }
    for algorithm in ["RS256", "ES384", "HS256", "none", "ECDH-ES"] {
        assert!(refused(&with(P256, "alg", json!(algorithm))).contains("\"alg\""));
    }
}

#[test]
fn a_point_off_its_curve_short_or_of_small_order_is_refused() {
    for key in [P256, P384] {
        let size = if key == P256 { 32 } else { 48 };
        assert!(refused(&with(key, "y", bytes(7, size))).contains("curve"));
        assert!(refused(&with(key, "x", bytes(0, size - 1))).contains("bytes"));
        assert!(refused(&with(key, "y", Value::Null)).contains("missing"));
        assert!(refused(&with(key, "x", json!("a+b/"))).contains("base64url"));
    }
    assert!(refused(&with(ED25519, "x", bytes(1, 31))).contains("bytes"));
    // y = 2 has no x on Ed25519.
    let mut off = [0; 32];
    off[0] = 2;
    assert!(refused(&with(ED25519, "x", URL_SAFE_NO_PAD.encode(off).into())).contains("curve"));
    let mut identity = [0; 32];
    identity[0] = 1;
    for sign in [0, 0x80] {
        identity[31] = sign;
        assert!(
            refused(&with(ED25519, "x", URL_SAFE_NO_PAD.encode(identity).into())).contains("small order")
        );
    }
}

#[test]
fn a_kid_twice_is_refused_and_named() {
    let error = validate(&[RSA_A.jwk(), P256.jwk(), with(ED25519, "kid", json!("rsa-a"))]).unwrap_err();
    assert!(matches!(&error, JwksError::Key { index: 2, kid: Some(kid), .. } if kid == "rsa-a"), "{error}");
}

#[test]
fn a_set_that_is_empty_too_large_or_cannot_verify_is_refused() {
    let refused = |text: &str| {
        let error = validate_jwks(text).expect_err(text);
        assert!(matches!(error, JwksError::Set { .. }), "{error}");
        assert_eq!(Refusal::from(error).reason.name(), "jwks_invalid");
    };
    for text in ["", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#, r#"{"keys":[],"keys":[]}"#] {
        refused(text);
    }
    refused(&json!({"keys": [encryption_jwk()]}).to_string());
    let many: Vec<_> = (0..=MAX_KEYS).map(|place| with(P256, "kid", json!(place.to_string()))).collect();
    refused(&json!({"keys": many}).to_string());
    assert_eq!(validate(&many[1..]), Ok(MAX_KEYS));
    let error = validate(&[json!("not a key")]).unwrap_err();
    assert!(matches!(error, JwksError::Key { index: 0, kid: None, .. }));
}
