//! What is accepted, and what is refused before a claim counts: form, header, issuer, key, algorithm,
//! signature.

use awgp_core::identity::{Algorithm, Identity, MAX_TOKEN_BYTES, Provider, TokenError, verify};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::crypto::sign;
use serde_json::{Value, json};

use crate::keycloak::{
    ALL, ED25519, ISSUER, NOW, P256, P384, P521, RSA_A, RSA_B, RSA_PSS, SUBJECT, TestKey, claims,
    claims_with, encryption_jwk, provider, provider_of, reason, verify_now,
};

/// A token signed by `key` whose header has one member set; null removes it.
fn with_header(key: TestKey, member: &str, value: Value) -> String {
    let mut header = key.header();
    if value.is_null() {
        header.as_object_mut().unwrap().remove(member);
    } else {
        header[member] = value;
    }
    key.sign_text(&header.to_string(), &claims().to_string())
}

#[test]
fn a_token_of_keycloak_is_accepted_under_every_algorithm() {
    for key in ALL {
        let identity = verify_now(&key.sign(&claims()), &provider());
        let expected = Identity {
            provider: 0,
            issuer: ISSUER.to_owned(),
            subject: SUBJECT.to_owned(),
            tenants: Vec::new(),
            key_id: Some(key.kid.to_owned()),
            token_id: Some("onrtac:5b1f2a0e-9e0c-4d49-8d0a-7c2f3c5e8a10".to_owned()),
            expires_at_seconds: NOW + 240,
        };
        assert_eq!(identity, Ok(expected), "{}", key.kid);
    }
}

#[test]
fn every_algorithm_verifies_under_a_key_that_may_do_it_and_under_its_own_name_alone() {
    let bare = |key: TestKey| {
        let mut jwk = key.jwk();
        jwk.as_object_mut().unwrap().remove("alg");
        jwk
    };
    let rsa = [
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
    ];
    let keys = rsa.map(|algorithm| RSA_A.renamed("rsa-a", algorithm));
    let ed25519 = [ED25519, ED25519.renamed("ed25519", Algorithm::Ed25519)];
    for key in keys.into_iter().chain([P256, P384, P521]).chain(ed25519) {
        for provider in [provider_of(&[bare(key)]), provider_of(&[key.jwk()])] {
            assert!(verify_now(&key.sign(&claims()), &provider).is_ok(), "{}", key.algorithm);
            let mut narrow = provider.clone();
            for algorithm in Algorithm::ALL {
                narrow.algorithms = vec![algorithm];
                let verdict =
                    verify_now(&key.sign(&claims()), &narrow).map_err(|error| error.reason().name());
                let expected = if algorithm == key.algorithm { None } else { Some("token_algorithm") };
                assert_eq!(verdict.err(), expected, "{} where {algorithm} is allowed", key.algorithm);
            }
        }
    }
    // A signature of one algorithm under the name of another that fits the same key.
    let provider = provider_of(&[bare(RSA_A)]);
    for (key, other) in keys.iter().zip(rsa.iter().cycle().skip(1)) {
        assert_eq!(reason(&with_header(*key, "alg", json!(other.name())), &provider), "token_bad_signature");
    }
    // Two names of one algorithm: a key with one name has made what has the other.
    let token = ED25519.renamed("ed25519", Algorithm::Ed25519).sign(&claims());
    assert!(verify_now(&token, &provider_of(&[ED25519.jwk()])).is_ok());
}

#[test]
fn two_keys_count_at_once_while_they_are_rotated_and_the_retired_one_no_longer() {
    let both = provider_of(&[RSA_A.jwk(), RSA_B.jwk()]);
    let after = provider_of(&[RSA_B.jwk()]);
    for provider in [&both, &after] {
        assert!(verify_now(&RSA_B.sign(&claims()), provider).is_ok());
    }
    assert!(verify_now(&RSA_A.sign(&claims()), &both).is_ok());
    assert_eq!(reason(&RSA_A.sign(&claims()), &after), "token_unknown_key");
}

#[test]
fn the_provider_is_the_one_whose_issuer_the_token_has() {
    let mut other = provider_of(&[P256.jwk()]);
    other.issuer = format!("{ISSUER}/");
    let providers = [other, provider()];
    assert_eq!(verify(&P256.sign(&claims()), &providers, NOW, 0).unwrap().provider, 1);
    let token = RSA_A.sign(&claims_with("iss", json!(format!("{ISSUER}/"))));
    assert_eq!(verify(&token, &providers, NOW, 0).unwrap_err().reason().name(), "token_unknown_key");
}

#[test]
fn an_issuer_that_is_missing_unknown_or_twice_is_refused() {
    for issuer in
        [Value::Null, json!(""), json!("https://id.example.com/realms/ACME"), json!("https://evil.example")]
    {
        assert_eq!(reason(&RSA_A.sign(&claims_with("iss", issuer)), &provider()), "token_wrong_issuer");
    }
    let none: [Provider; 0] = [];
    assert_eq!(verify(&RSA_A.sign(&claims()), &none, NOW, 0), Err(TokenError::WrongIssuer));
    let twice = [provider(), provider()];
    assert_eq!(verify(&RSA_A.sign(&claims()), &twice, NOW, 0), Err(TokenError::AmbiguousIssuer));
}

#[test]
fn an_unsigned_token_is_refused_however_none_is_spelt() {
    for none in ["none", "None", "NONE", "nOnE"] {
        for kid in [json!(RSA_A.kid), Value::Null] {
            let mut header = json!({"alg": none, "typ": "JWT"});
            if !kid.is_null() {
                header["kid"] = kid;
            }
            let body = URL_SAFE_NO_PAD.encode(claims().to_string());
            let token = format!("{}.{body}.", URL_SAFE_NO_PAD.encode(header.to_string()));
            assert_eq!(reason(&token, &provider()), "token_unsigned");
        }
    }
}

#[test]
fn a_public_key_used_as_an_hmac_secret_is_refused() {
    let modulus = RSA_A.jwk()["n"].as_str().unwrap().to_owned();
    for secret in [modulus.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(&modulus).unwrap()] {
        for (name, algorithm) in
            [("HS256", jsonwebtoken::Algorithm::HS256), ("HS512", jsonwebtoken::Algorithm::HS512)]
        {
            let header = json!({"alg": name, "typ": "JWT", "kid": RSA_A.kid}).to_string();
            let message = format!(
                "{}.{}",
                URL_SAFE_NO_PAD.encode(header),
                URL_SAFE_NO_PAD.encode(claims().to_string())
            );
            let signature = sign(message.as_bytes(), &EncodingKey::from_secret(&secret), algorithm).unwrap();
            assert_eq!(reason(&format!("{message}.{signature}"), &provider()), "token_algorithm");
        }
    }
}

#[test]
fn an_algorithm_that_the_provider_does_not_allow_is_refused() {
    let mut provider = provider();
    provider.algorithms = Algorithm::DEFAULT.to_vec();
    for key in [RSA_PSS, P384, P521, RSA_A.renamed("rsa-a", Algorithm::Rs512)] {
        assert_eq!(reason(&key.sign(&claims()), &provider), "token_algorithm");
    }
    for name in ["rs256", "RS256 ", "RS1", "", "ES256K", "Ed448"] {
        assert_eq!(reason(&with_header(RSA_A, "alg", json!(name)), &provider), "token_algorithm", "{name:?}");
    }
}

#[test]
fn an_algorithm_that_does_not_fit_the_named_key_is_refused() {
    // The last four: one type of key, and the key's own `alg` says the other algorithm.
    for (key, algorithm) in [
        (RSA_A, "ES256"),
        (P256, "ES384"),
        (P256, "RS256"),
        (ED25519, "ES256"),
        (P521, "ES384"),
        (P384, "ES512"),
        (RSA_A, "PS256"),
        (RSA_A, "RS512"),
        (RSA_PSS, "PS384"),
        (RSA_PSS, "RS256"),
    ] {
        let token = with_header(key, "alg", json!(algorithm));
        assert_eq!(reason(&token, &provider()), "token_algorithm_mismatch", "{} {algorithm}", key.kid);
    }
}

#[test]
fn a_signature_by_another_key_is_refused() {
    for key in [RSA_B, RSA_PSS] {
        let token = with_header(RSA_A, "kid", json!(key.kid));
        let expected = if key == RSA_PSS { "token_algorithm_mismatch" } else { "token_bad_signature" };
        assert_eq!(reason(&token, &provider()), expected);
    }
}

#[test]
fn a_signature_that_is_empty_cut_or_borrowed_is_refused() {
    for key in ALL {
        let token = key.sign(&claims());
        let (message, signature) = token.rsplit_once('.').unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let other = key.sign(&claims_with("sub", json!("somebody else")));
        let borrowed = other.rsplit_once('.').unwrap().1.to_owned();
        let cut = URL_SAFE_NO_PAD.encode(&bytes[1..]);
        let long = URL_SAFE_NO_PAD.encode([bytes.as_slice(), &[0]].concat());
        let zeros = URL_SAFE_NO_PAD.encode(vec![0; bytes.len()]);
        for forged in [String::new(), borrowed, cut, long, zeros] {
            assert_eq!(
                reason(&format!("{message}.{forged}"), &provider()),
                "token_bad_signature",
                "{}",
                key.kid
            );
        }
    }
}

#[test]
fn a_key_that_is_unknown_or_not_for_signatures_is_refused() {
    for kid in ["", "rsa-A", "../../etc/passwd", "' OR 1=1 --"] {
        assert_eq!(reason(&with_header(RSA_A, "kid", json!(kid)), &provider()), "token_unknown_key");
    }
    assert_eq!(reason(&with_header(RSA_B, "kid", json!("rsa-enc")), &provider()), "token_key_use");
    let mut wraps = RSA_A.jwk();
    wraps["key_ops"] = json!(["wrapKey"]);
    let provider = provider_of(&[wraps, P256.jwk()]);
    assert_eq!(reason(&RSA_A.sign(&claims()), &provider), "token_key_use");
}

#[test]
fn a_kid_of_two_keys_names_the_one_that_fits_the_algorithm() {
    let mut encryption = encryption_jwk();
    encryption["kid"] = json!(RSA_A.kid);
    let ec = P256.renamed(RSA_A.kid, Algorithm::Es256);
    for keys in [[encryption.clone(), RSA_A.jwk(), ec.jwk()], [ec.jwk(), RSA_A.jwk(), encryption.clone()]] {
        let provider = provider_of(&keys);
        assert!(verify_now(&RSA_A.sign(&claims()), &provider).is_ok());
        assert!(verify_now(&ec.sign(&claims()), &provider).is_ok());
        assert_eq!(reason(&with_header(RSA_A, "alg", json!("ES256")), &provider), "token_bad_signature");
        assert_eq!(reason(&with_header(RSA_A, "alg", json!("PS256")), &provider), "token_algorithm_mismatch");
    }
}

#[test]
fn a_token_of_a_key_that_is_left_out_is_told_why() {
    let mut curve = P521.jwk();
    curve["crv"] = json!("secp256k1");
    let error = verify_now(&P521.sign(&claims()), &provider_of(&[RSA_A.jwk(), curve])).unwrap_err();
    assert_eq!(error.reason().name(), "token_unknown_key");
    assert!(
        awgp_core::refusal::Refusal::from(error).facts["ignored"].as_str().unwrap().contains("secp256k1")
    );
}

#[test]
fn a_token_without_kid_is_accepted_only_where_exactly_one_key_fits() {
    let one = provider_of(&[RSA_A.jwk(), P256.jwk(), encryption_jwk()]);
    assert!(verify_now(&with_header(RSA_A, "kid", Value::Null), &one).is_ok());
    assert!(verify_now(&with_header(P256, "kid", Value::Null), &one).is_ok());
    assert_eq!(reason(&with_header(RSA_B, "kid", Value::Null), &one), "token_bad_signature");

    let none = verify_now(&with_header(ED25519, "kid", Value::Null), &one);
    assert_eq!(none, Err(TokenError::NoKeyId { fitting: 0 }));
    let two = provider_of(&[RSA_A.jwk(), RSA_B.jwk()]);
    let ambiguous = verify_now(&with_header(RSA_A, "kid", Value::Null), &two);
    assert_eq!(ambiguous, Err(TokenError::NoKeyId { fitting: 2 }));
}

#[test]
fn a_header_that_brings_its_own_key_or_an_extension_is_refused() {
    for (member, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("jwk", RSA_A.jwk()),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
    ] {
        assert_eq!(reason(&with_header(RSA_A, member, value), &provider()), "token_header", "{member}");
    }
}

#[test]
fn the_header_type_is_that_of_a_jwt_or_absent() {
    for typ in [Value::Null, json!("JWT"), json!("jwt"), json!("at+jwt"), json!("application/at+jwt")] {
        assert!(verify_now(&with_header(RSA_A, "typ", typ.clone()), &provider()).is_ok(), "{typ}");
    }
    for typ in ["logout+jwt", "dpop+jwt", "JOSE", ""] {
        assert_eq!(reason(&with_header(RSA_A, "typ", json!(typ)), &provider()), "token_wrong_type");
    }
}

#[test]
fn a_text_that_is_no_token_is_malformed() {
    let good = RSA_A.sign(&claims());
    let [header, body, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    for text in [
        String::new(),
        "..".to_owned(),
        format!("{header}.{body}"),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{good}="),
        format!("Bearer {good}"),
        format!("{header}.{body}.{signature}+/"),
        format!("{}.{body}.{signature}", URL_SAFE_NO_PAD.encode("[]")),
        format!("{}.{body}.{signature}", URL_SAFE_NO_PAD.encode([0xff, 0xfe])),
        RSA_A.sign_text(r#"{"typ":"JWT","kid":"rsa-a"}"#, &claims().to_string()),
        RSA_A.sign_text(r#"{"alg":7,"kid":"rsa-a"}"#, &claims().to_string()),
        RSA_A.sign_text(r#"{"alg":"RS256","kid":null}"#, &claims().to_string()),
    ] {
        assert_eq!(reason(&text, &provider()), "token_malformed");
    }
}

#[test]
fn a_member_twice_in_header_or_claims_is_malformed() {
    let twice = claims().to_string().replacen('{', r#"{"sub":"root","#, 1);
    assert_eq!(reason(&RSA_A.sign_text(&RSA_A.header().to_string(), &twice), &provider()), "token_malformed");
    let header = r#"{"alg":"none","alg":"RS256","kid":"rsa-a"}"#;
    assert_eq!(reason(&RSA_A.sign_text(header, &claims().to_string()), &provider()), "token_malformed");
}

#[test]
fn a_token_of_16_kib_is_read_and_a_longer_one_is_not() {
    let mut claims = claims();
    let padded = |length: usize, claims: &mut Value| {
        claims["pad"] = "x".repeat(length).into();
        ED25519.sign(claims)
    };
    let overhead = padded(0, &mut claims).len();
    let at_most = (MAX_TOKEN_BYTES - overhead) / 4 * 3;
    let token = padded(at_most, &mut claims);
    assert!(token.len() <= MAX_TOKEN_BYTES && token.len() > MAX_TOKEN_BYTES - 4, "{}", token.len());
    assert!(verify_now(&token, &provider()).is_ok());
    assert_eq!(reason(&padded(at_most + 4, &mut claims), &provider()), "token_too_long");
    assert_eq!(reason(&"x".repeat(MAX_TOKEN_BYTES), &provider()), "token_malformed");
    for length in [MAX_TOKEN_BYTES + 1, 50_000_000] {
        assert_eq!(reason(&"x".repeat(length), &provider()), "token_too_long");
    }
}

#[test]
fn a_forged_token_is_told_of_its_signature_before_any_claim_is_looked_at() {
    for (claim, value) in [
        ("exp", json!(1)),
        ("exp", Value::Null),
        ("aud", json!("x")),
        ("sub", Value::Null),
        ("typ", json!("ID")),
    ] {
        let token = RSA_B.sign_text(&RSA_A.header().to_string(), &claims_with(claim, value).to_string());
        assert_eq!(reason(&token, &provider()), "token_bad_signature", "{claim}");
    }
}
