//! What a token with a valid signature must contain in addition; and what a refusal shows.

use awgp_core::identity::{Instant, TokenError, verify, verify_at};
use awgp_core::refusal::Refusal;
use serde_json::{Value, json};

use crate::keycloak::{AUDIENCE, NOW, P256, claims, claims_with, provider, reason, verify_now};

fn signed(claim: &str, value: Value) -> String {
    P256.sign(&claims_with(claim, value))
}

#[test]
fn the_audience_is_text_or_an_array_that_holds_one_of_ours() {
    let mut two = provider();
    two.audiences.push("other-service".to_owned());
    for audience in
        [json!(AUDIENCE), json!([AUDIENCE]), json!(["account", 7, AUDIENCE]), json!("other-service")]
    {
        assert!(verify_now(&signed("aud", audience.clone()), &two).is_ok(), "{audience}");
    }
    for audience in [
        Value::Null,
        json!("account"),
        json!([]),
        json!(""),
        json!("AWGP"),
        json!({"awgp": 1}),
        json!([[AUDIENCE]]),
    ] {
        assert_eq!(reason(&signed("aud", audience), &two), "token_wrong_audience");
    }
}

#[test]
fn the_authorized_party_is_no_audience_and_a_provider_without_audience_accepts_nothing() {
    let mut claims = claims_with("aud", json!("account"));
    claims["azp"] = json!(AUDIENCE);
    assert_eq!(reason(&P256.sign(&claims), &provider()), "token_wrong_audience");
    let mut provider = provider();
    provider.audiences.clear();
    assert_eq!(reason(&signed("aud", json!([])), &provider), "token_wrong_audience");
}

#[test]
fn authorized_parties_narrow_where_they_are_given() {
    let mut provider = provider();
    provider.authorized_parties = vec!["awgp-portal".to_owned()];
    assert!(verify_now(&P256.sign(&claims()), &provider).is_ok());
    for party in [json!("another"), Value::Null] {
        assert_eq!(reason(&signed("azp", party), &provider), "token_wrong_party");
    }
}

#[test]
fn only_an_access_token_is_accepted() {
    for typ in ["ID", "Refresh", "Offline", "Logout", "DPoP", ""] {
        assert_eq!(reason(&signed("typ", json!(typ)), &provider()), "token_wrong_type");
    }
    assert!(verify_now(&signed("typ", Value::Null), &provider()).is_ok());
}

#[test]
fn a_token_is_valid_from_nbf_on_and_before_exp() {
    let at = |claim: &str, seconds: i64, leeway: u32| {
        let token = signed(claim, json!(seconds));
        verify(&token, &[provider()], NOW, leeway).map_err(|error| error.reason().name())
    };
    assert!(at("exp", NOW + 1, 0).is_ok());
    assert_eq!(at("exp", NOW, 0), Err("token_expired"));
    assert!(at("exp", NOW - 29, 30).is_ok());
    assert_eq!(at("exp", NOW - 30, 30), Err("token_expired"));
    for claim in ["nbf", "iat"] {
        assert!(at(claim, NOW, 0).is_ok());
        assert_eq!(at(claim, NOW + 1, 0), Err("token_not_yet_valid"));
        assert!(at(claim, NOW + 30, 30).is_ok());
        assert_eq!(at(claim, NOW + 31, 30), Err("token_not_yet_valid"));
    }
}

#[test]
fn the_end_of_an_identity_is_the_first_second_at_which_the_token_is_refused() {
    let token = P256.sign(&claims());
    let end = verify(&token, &[provider()], NOW, 30).unwrap().expires_at_seconds;
    assert_eq!(end, NOW + 270);
    assert!(verify(&token, &[provider()], end - 1, 30).is_ok());
    assert!(matches!(verify(&token, &[provider()], end, 30), Err(TokenError::Expired { .. })));
}

#[test]
fn times_at_the_ends_of_their_range_do_not_overflow() {
    for exp in [json!(i64::MAX), json!(9.2e18)] {
        assert_eq!(
            verify(&signed("exp", exp), &[provider()], NOW, u32::MAX).unwrap_err().reason().name(),
            "token_lifetime"
        );
    }
    for exp in [json!(i64::MIN), json!(-9.2e18)] {
        assert_eq!(reason(&signed("exp", exp), &provider()), "token_expired");
    }
    assert_eq!(reason(&signed("nbf", json!(i64::MAX)), &provider()), "token_not_yet_valid");
    let mut provider = provider();
    provider.max_lifetime_seconds = Some(i64::MAX);
    let end = verify(&signed("exp", json!(i64::MAX)), &[provider.clone()], NOW, u32::MAX);
    assert_eq!(end.unwrap().expires_at_seconds, i64::MAX);
    provider.max_lifetime_seconds = Some(3600);
    let mut claims = claims_with("exp", json!(i64::MAX));
    claims["iat"] = json!(i64::MIN);
    assert_eq!(reason(&P256.sign(&claims), &provider), "token_lifetime");
}

#[test]
fn a_token_without_end_is_refused_and_a_time_is_a_number_of_64_bits() {
    assert_eq!(reason(&signed("exp", Value::Null), &provider()), "token_no_time");
    for claim in ["exp", "nbf", "iat"] {
        for value in [json!("1770000240"), json!(1e300), json!(u64::MAX), json!([1]), json!(true)] {
            assert_eq!(reason(&signed(claim, value), &provider()), "token_malformed", "{claim}");
        }
    }
}

#[test]
fn a_time_may_have_a_fraction_which_counts() {
    let text = |exp: &str, rest: &str| {
        let mut claims = claims_with("exp", Value::Null);
        claims.as_object_mut().unwrap().remove("iat");
        let claims = format!("{{\"exp\":{exp}{rest},{}", &claims.to_string()[1..]);
        P256.sign_text(&P256.header().to_string(), &claims)
    };
    let at = |token: &str, micros: i64| {
        let now = Instant::of_microseconds(NOW * 1_000_000 + micros);
        verify_at(token, &[provider()], now, 0).map_err(|error| error.reason().name())
    };
    let halves = text("1770000001.5", ",\"nbf\":1770000000.25,\"iat\":1.77e9");
    assert_eq!(at(&halves, 249_999), Err("token_not_yet_valid"));
    assert_eq!(at(&halves, 250_000).unwrap().expires_at_seconds, NOW + 2);
    assert!(at(&halves, 1_499_999).is_ok());
    assert_eq!(at(&halves, 1_500_000), Err("token_expired"));
    assert_eq!(at(&text("1770000240", ",\"iat\":1770000000.5"), 0), Err("token_not_yet_valid"));
    assert_eq!(reason(&text("1.5", ""), &provider()), "token_expired");

    let mut bounded = provider();
    bounded.max_lifetime_seconds = Some(300);
    assert!(verify_now(&text("1770000240.75", ",\"iat\":1769999940.75"), &bounded).is_ok());
    assert_eq!(reason(&text("1770000241.00", ",\"iat\":1769999940.75"), &bounded), "token_lifetime");
}

#[test]
fn an_end_more_than_a_year_ahead_is_refused_unless_the_provider_bounds_lifetimes_itself() {
    let year = 365 * 24 * 60 * 60;
    assert!(verify_now(&signed("exp", json!(NOW + year)), &provider()).is_ok());
    let milliseconds = json!((NOW + 240) * 1000);
    let fraction: Value = format!("{}.5", NOW + year).parse().expect("a number");
    for exp in [json!(NOW + year + 1), fraction, milliseconds.clone()] {
        assert_eq!(reason(&signed("exp", exp), &provider()), "token_lifetime");
    }
    // A provider whose clock is ahead by the leeway.
    assert!(verify(&signed("exp", json!(NOW + year + 10)), &[provider()], NOW, 10).is_ok());
    let mut provider = provider();
    provider.max_lifetime_seconds = Some(3 * year);
    assert!(verify_now(&signed("exp", json!(NOW + 2 * year)), &provider).is_ok());
    assert_eq!(reason(&signed("exp", milliseconds), &provider), "token_lifetime");
}

#[test]
fn a_lifetime_beyond_the_bound_is_refused() {
    let mut provider = provider();
    provider.max_lifetime_seconds = Some(300);
    assert!(verify_now(&P256.sign(&claims()), &provider).is_ok());
    assert_eq!(reason(&signed("exp", json!(NOW + 241)), &provider), "token_lifetime");
    assert_eq!(reason(&signed("iat", Value::Null), &provider), "token_no_time");
    let mut backwards = claims_with("exp", json!(NOW - 61));
    backwards["nbf"] = json!(NOW - 100);
    let error = verify(&P256.sign(&backwards), &[provider], NOW, 120).unwrap_err();
    assert_eq!(error, TokenError::Lifetime { lifetime_seconds: -1, max_lifetime_seconds: 300 });
}

#[test]
fn a_subject_that_can_name_nobody_is_refused() {
    for subject in
        [Value::Null, json!(""), json!("  "), json!(7), json!(["a"]), json!("a\u{0}b"), json!("a\nb")]
    {
        assert_eq!(reason(&signed("sub", subject), &provider()), "token_no_subject");
    }
    let mut by_mail = provider();
    by_mail.subject_claim = "email".to_owned();
    assert_eq!(verify_now(&P256.sign(&claims()), &by_mail).unwrap().subject, "ada@example.com");
    assert_eq!(reason(&signed("email", Value::Null), &by_mail), "token_no_subject");
}

#[test]
fn a_tenant_claim_is_read_where_the_provider_asks_for_one() {
    let mut provider = provider();
    provider.tenant_claim = Some("tenant".to_owned());
    let token = signed("tenant", json!("acme"));
    assert_eq!(verify_now(&token, &provider).unwrap().tenants, ["acme"]);
    for tenant in [Value::Null, json!(""), json!(1), json!({"id": "acme"})] {
        assert_eq!(reason(&signed("tenant", tenant), &provider), "token_no_tenant");
    }
}

#[test]
fn the_organization_claim_of_keycloak_names_tenants_as_an_array_and_as_an_object() {
    let mut provider = provider();
    provider.tenant_claim = Some("organization".to_owned());
    let tenants =
        |claim: Value| verify_now(&signed("organization", claim), &provider).map(|found| found.tenants);
    assert_eq!(tenants(json!(["acme"])).unwrap(), ["acme"]);
    assert_eq!(tenants(json!(["acme", "", 7, "nord"])).unwrap(), ["acme", "nord"]);
    assert_eq!(tenants(json!({"acme": {}})).unwrap(), ["acme"]);
    let with_id = json!({"acme": {"id": "42c3e46f", "tier": ["gold"]}, "nord": {}});
    assert_eq!(tenants(with_id).unwrap(), ["acme", "42c3e46f", "nord"]);
    for nothing in
        [json!([]), json!({}), json!([""]), json!([["acme"]]), json!({"acme": "nord"}), json!({"a\u{0}": {}})]
    {
        assert_eq!(tenants(nothing).unwrap_err().reason().name(), "token_no_tenant");
    }
}

#[test]
fn a_claim_may_be_a_path_and_a_name_with_dots_comes_first() {
    let mut provider = provider();
    let mut nested =
        claims_with("org", json!({"id": "acme", "x.y": {"who": "ada"}, "deep": {"id": ["nord"]}}));
    let tenants = |claims: &Value, path: &str| {
        let mut provider = provider.clone();
        provider.tenant_claim = Some(path.to_owned());
        verify_now(&P256.sign(claims), &provider).map(|identity| identity.tenants)
    };
    assert_eq!(tenants(&nested, "org.id").unwrap(), ["acme"]);
    assert_eq!(tenants(&nested, "org.deep.id").unwrap(), ["nord"]);
    assert_eq!(tenants(&nested, "org.x.y.who").unwrap(), ["ada"]);
    for path in ["org", "org.", ".org", "org.none", "org.id.x", "org..id", "."] {
        assert_eq!(tenants(&nested, path).unwrap_err().reason().name(), "token_no_tenant", "{path}");
    }
    nested["org.id"] = json!("literal");
    nested["https://example.com/tenant"] = json!("url");
    assert_eq!(tenants(&nested, "org.id").unwrap(), ["literal"]);
    assert_eq!(tenants(&nested, "https://example.com/tenant").unwrap(), ["url"]);
    provider.subject_claim = "org.x.y.who".to_owned();
    assert_eq!(verify_now(&P256.sign(&nested), &provider).unwrap().subject, "ada");
}

#[test]
fn a_refusal_has_its_facts_and_never_the_token() {
    let token = signed("exp", json!(NOW - 5));
    let refusal = Refusal::from(verify_now(&token, &provider()).unwrap_err());
    assert_eq!(refusal.detail(), format!(r#"{{"reason":"token_expired","expired_at_seconds":{}}}"#, NOW - 5));
    assert_eq!(refusal.reason.family().sqlstate(), "42501");

    let mut header = P256.header();
    header["kid"] = "k".repeat(5000).into();
    let long = P256.sign_text(&header.to_string(), &claims().to_string());
    let refusal = Refusal::from(verify_now(&long, &provider()).unwrap_err());
    assert_eq!(refusal.facts["kid"], "k".repeat(64));

    let member = "m".repeat(5000);
    let twice = P256.sign_text(&format!(r#"{{"{member}":1,"{member}":1}}"#), "{}");
    assert!(Refusal::from(verify_now(&twice, &provider()).unwrap_err()).detail().len() < 200);
}
