//! Which key sets may be registered; every refusal names the key.

use awgp_core::identity::{JwksError, MAX_KEYS, validate_jwks};
use awgp_core::refusal::Refusal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::keycloak::{ALL, ED25519, P256, P384, P521, RSA_A, TestKey, encryption_jwk};

fn validate(keys: &[Value]) -> Result<usize, JwksError> {
    validate_jwks(&json!({"keys": keys}).to_string()).map(|set| set.keys().len())
}

/// The key with one member set; null removes it.
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

/// The key is ignored as the second of its set, and named; alone it is not a set.
fn ignored(jwk: &Value) -> String {
    let set = validate_jwks(&json!({"keys": [RSA_A.jwk(), jwk]}).to_string())
        .unwrap_or_else(|error| panic!("{jwk}: {error}"));
    assert_eq!(set.keys().len(), 1);
    let [key] = set.ignored() else { panic!("{:?}", set.ignored()) };
    assert_eq!(key.index, 1);
    assert_eq!(key.kid.as_deref(), jwk.get("kid").and_then(Value::as_str));
    assert!(key.to_string().contains(&key.problem));
    let alone = Refusal::from(validate(std::slice::from_ref(jwk)).expect_err("no key"));
    assert_eq!(alone.reason.name(), "jwks_invalid");
    assert_eq!(alone.facts["ignored"][0]["problem"], json!(key.problem));
    key.problem.clone()
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
    assert_eq!(validate(&keys), Ok(9));
    assert_eq!(validate(&[with(P256, "use", Value::Null), with(P384, "alg", Value::Null)]), Ok(2));
    assert_eq!(validate(&[with(ED25519, "kid", Value::Null), with(P384, "kid", Value::Null)]), Ok(2));
}

#[test]
fn private_and_symmetric_keys_are_refused_whatever_their_use() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
        assert!(refused(&with(P256, member, json!("AQAB"))).contains(&format!("\"{member}\"")));
        let mut encryption = encryption_jwk();
        encryption[member] = json!("AQAB");
        refused(&encryption);
    }
    let symmetric = json!({"kty": "oct", "kid": "s", "k": bytes(1, 32), "alg": "HS256"});
    assert!(refused(&symmetric).contains("\"k\""));
    assert!(refused(&json!({"kty": "oct", "kid": "s"})).contains("\"oct\""));
    refused(&json!({"kty": "AKP", "kid": "s", "alg": "ML-DSA-44", "pub": "AAAA", "priv": "AAAA"}));
}

#[test]
fn an_rsa_key_below_2048_bits_or_with_a_weak_part_is_refused() {
    for (length, bits) in [(0, 0), (1, 8), (128, 1024), (255, 2040)] {
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
    for exponent in [vec![], vec![0], vec![1], vec![2], vec![1, 0, 0], vec![1, 0, 0, 0, 0]] {
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
fn keys_that_are_not_understood_are_left_out_and_named() {
    for bits in [513, 1024, 100_000] {
        assert!(
            ignored(&json!({"kty": "RSA", "kid": "w", "e": "AQAB", "n": bytes(0xff, bits)})).contains("4096")
        );
    }
    let mut exponent = RSA_A.jwk();
    (exponent["kid"], exponent["e"]) = (json!("e"), json!(URL_SAFE_NO_PAD.encode([1, 0, 0, 0, 1])));
    assert!(ignored(&exponent).contains("exponent"));
    assert!(ignored(&json!({"kty": "AKP", "kid": "m", "alg": "ML-DSA-65", "pub": "AAAA"})).contains("AKP"));
    assert!(ignored(&with(P256, "kty", Value::Null)).contains("missing"));
    assert!(ignored(&with(P256, "kty", json!(1))).contains("not text"));
    for curve in ["P-521", "secp256k1", "p-256", "Ed25519", "Ed448", ""] {
        ignored(&with(P256, "crv", json!(curve)));
    }
    for curve in ["Ed448", "X25519", "P-256"] {
        assert!(ignored(&with(ED25519, "crv", json!(curve))).contains("\"crv\""));
    }
    for algorithm in ["RS256", "ES384", "HS256", "none", "ECDH-ES", "ES256K", "", "es256"] {
        assert!(ignored(&with(P256, "alg", json!(algorithm))).contains("\"alg\""));
    }
    ignored(&with(P256, "kid", json!(7)));
    ignored(&with(P256, "key_ops", json!("verify")));
    ignored(&json!("not a key"));
    ignored(&json!({}));
}

#[test]
fn an_ignored_key_does_not_stand_in_the_way_of_one_with_its_kid() {
    let mut twin = with(P256, "crv", json!("secp256k1"));
    twin["kid"] = json!(RSA_A.kid);
    assert_eq!(validate(&[twin, RSA_A.jwk()]), Ok(1));
}

#[test]
fn a_point_off_its_curve_or_short_is_left_out_and_one_of_small_order_refused() {
    for (key, size) in [(P256, 32), (P384, 48), (P521, 66)] {
        assert!(ignored(&with(key, "y", bytes(7, size))).contains("curve"));
        assert!(ignored(&with(key, "x", bytes(0, size - 1))).contains("bytes"));
        assert!(ignored(&with(key, "y", Value::Null)).contains("missing"));
        assert!(ignored(&with(key, "x", json!("a+b/"))).contains("base64url"));
    }
    assert!(ignored(&with(ED25519, "x", bytes(1, 31))).contains("bytes"));
    // y = 2 has no x on Ed25519.
    let mut off = [0; 32];
    off[0] = 2;
    assert!(ignored(&with(ED25519, "x", URL_SAFE_NO_PAD.encode(off).into())).contains("curve"));
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
fn a_kid_twice_is_refused_where_both_keys_fit_one_algorithm() {
    let twice =
        [RSA_A.jwk(), P256.jwk(), with(ED25519, "kid", json!("rsa-a")), with(RSA_A, "alg", json!("RS512"))];
    assert_eq!(validate(&twice), Ok(4));
    for third in [RSA_A.jwk(), with(RSA_A, "alg", Value::Null), with(RSA_A, "use", Value::Null)] {
        let error = validate(&[RSA_A.jwk(), P256.jwk(), third]).unwrap_err();
        assert!(
            matches!(&error, JwksError::Key { index: 2, kid: Some(kid), .. } if kid == "rsa-a"),
            "{error}"
        );
    }
}

#[test]
fn a_signing_and_an_encryption_key_may_have_one_kid() {
    let mut encryption = encryption_jwk();
    encryption["kid"] = json!(RSA_A.kid);
    assert_eq!(validate(&[encryption.clone(), RSA_A.jwk()]), Ok(2));
    assert_eq!(validate(&[RSA_A.jwk(), encryption.clone(), encryption]), Ok(3));
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
    // Text that a cast to jsonb could not read.
    refused(&json!({"keys": [with(P256, "x5t", json!("\u{0}"))]}).to_string());
    let none = validate(&[encryption_jwk()]).unwrap_err();
    assert!(matches!(&none, JwksError::NoKey { ignored } if ignored.is_empty()), "{none}");
    let many: Vec<_> = (0..=MAX_KEYS).map(|place| with(P256, "kid", json!(place.to_string()))).collect();
    refused(&json!({"keys": many}).to_string());
    assert_eq!(validate(&many[1..]), Ok(MAX_KEYS));
}
