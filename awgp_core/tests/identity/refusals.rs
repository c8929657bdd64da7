//! What a token with a good signature must say besides; and what a refusal tells.

use awgp_core::identity::{TokenError, verify};
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
    assert_eq!(
        verify(&signed("exp", json!(i64::MAX)), &[provider()], NOW, u32::MAX).unwrap().expires_at_seconds,
        i64::MAX
    );
    assert_eq!(reason(&signed("exp", json!(i64::MIN)), &provider()), "token_expired");
    assert_eq!(reason(&signed("nbf", json!(i64::MAX)), &provider()), "token_not_yet_valid");
    let mut provider = provider();
    provider.max_lifetime_seconds = Some(3600);
    let mut claims = claims_with("exp", json!(i64::MAX));
    claims["iat"] = json!(i64::MIN);
    assert_eq!(reason(&P256.sign(&claims), &provider), "token_lifetime");
}

#[test]
fn a_token_without_end_is_refused_and_a_time_is_a_whole_number() {
    assert_eq!(reason(&signed("exp", Value::Null), &provider()), "token_no_time");
    for claim in ["exp", "nbf", "iat"] {
        for value in [json!("1770000240"), json!(1.5), json!(1e300), json!(u64::MAX), json!([1]), json!(true)]
        {
            assert_eq!(reason(&signed(claim, value), &provider()), "token_malformed", "{claim}");
        }
    }
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
    assert_eq!(verify_now(&token, &provider).unwrap().tenant.as_deref(), Some("acme"));
    for tenant in [Value::Null, json!(""), json!(1), json!({"id": "acme"})] {
        assert_eq!(reason(&signed("tenant", tenant), &provider), "token_no_tenant");
    }
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
