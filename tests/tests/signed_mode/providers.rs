//! Identity providers: who keeps them, what is accepted, and how keys are rotated.

use super::{NOBODY, authenticate, context};
use awgp_tests::tokens::{ED25519, ISSUER, P256, RSA_A, RSA_B, claims, claims_with, jwks, signed_database};
use awgp_tests::{Login, assert_refused, assert_sqlstate};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

const CREATE: &str = "SELECT (awgp.create_identity_provider($1, $2, $3, $4, algorithms => $5)).id";

#[tokio::test]
async fn keys_are_rotated_two_at_once() {
    let (database, group) = signed_database().await;
    let (app, admin) = (database.app().await, database.admin().await);
    let subject = group.north.user("viewer").to_string();
    let (old, new) = (RSA_A.sign(&claims(&subject)), RSA_B.sign(&claims(&subject)));
    let rotate = "SELECT id FROM awgp.rotate_identity_provider($1, $2)";
    for (keys, old_counts, new_counts) in
        [(&[RSA_A][..], true, false), (&[RSA_A, RSA_B][..], true, true), (&[RSA_B][..], false, true)]
    {
        let rows = admin.query(rotate, &[&ISSUER, &jwks(keys)]).await.expect("keys are rotated");
        assert_eq!(rows.len(), 1);
        for (token, counts) in [(&old, old_counts), (&new, new_counts)] {
            match authenticate(&app, token).await {
                Ok(tenant) => assert!(counts && tenant == group.north.id),
                Err(error) if counts => panic!("{error:?}"),
                refused => assert_refused(refused, "42501", "token_unknown_key"),
            }
        }
    }
    assert!(admin.query(rotate, &[&"https://other", &jwks(&[RSA_A])]).await.expect("no row").is_empty());
    let remove = "SELECT id FROM awgp.remove_identity_provider($1)";
    assert_eq!(admin.query(remove, &[&ISSUER]).await.expect("removed").len(), 1);
    assert_refused(authenticate(&app, &new).await, "42501", "token_wrong_issuer");
}

#[tokio::test]
async fn a_key_set_or_an_algorithm_that_cannot_be_used_is_not_stored() {
    let (database, _) = signed_database().await;
    let admin = database.admin().await;
    let good = jwks(&[P256]);
    let twice = json!({"keys": [P256.jwk(), P256.jwk()]}).to_string();
    let secret = json!({"keys": [{"kty": "oct", "k": "AAAA", "kid": "s"}]}).to_string();
    // Equal members of one object: what jsonb would silently mend.
    let doubled = good.replacen("\"kid\"", "\"kid\":\"p256\",\"kid\"", 1);
    for (keys, algorithms, reason) in [
        ("", vec!["ES256"], "jwks_invalid"),
        ("{\"keys\": []}", vec!["ES256"], "jwks_invalid"),
        (twice.as_str(), vec!["ES256"], "jwks_invalid"),
        (secret.as_str(), vec!["ES256"], "jwks_invalid"),
        (doubled.as_str(), vec!["ES256"], "jwks_invalid"),
        (good.as_str(), vec!["HS256"], "unknown_algorithm"),
        (good.as_str(), vec!["ES256", "none"], "unknown_algorithm"),
    ] {
        let made = admin.query_one(CREATE, &[&"b", &"https://b", &vec!["x"], &keys, &algorithms]).await;
        assert_refused(made, "22023", reason);
        let changed = admin
            .execute("UPDATE awgp.identity_providers SET jwks = $1, algorithms = $2", &[&keys, &algorithms])
            .await;
        assert_refused(changed, "22023", reason);
    }
    let none: Vec<&str> = Vec::new();
    for (name, issuer, audience, code) in [
        ("", "https://b", vec!["x"], "23514"),
        ("b", "", vec!["x"], "23514"),
        ("b", "https://b", none, "23514"),
        ("b", ISSUER, vec!["x"], "23505"),
        ("acme", "https://b", vec!["x"], "23505"),
    ] {
        let made = admin.query_one(CREATE, &[&name, &issuer, &audience, &good, &vec!["ES256"]]).await;
        assert_sqlstate(made, code);
    }
}

#[tokio::test]
async fn a_refused_key_is_named() {
    let (database, _) = signed_database().await;
    let admin = database.admin().await;
    let mut private = ED25519.jwk();
    private["d"] = "AAAA".into();
    let keys = json!({"keys": [P256.jwk(), private]}).to_string();
    let made = admin.query_one(CREATE, &[&"b", &"https://b", &vec!["x"], &keys, &vec!["EdDSA"]]).await;
    let refused = awgp_tests::refused(made);
    let detail: Value = serde_json::from_str(&refused.detail).expect("JSON");
    assert_eq!(
        (&detail["reason"], &detail["key"], &detail["kid"]),
        (&json!("jwks_invalid"), &json!(1), &json!("ed25519"))
    );
}

#[tokio::test]
async fn only_administrators_see_and_write_providers() {
    let (database, _) = signed_database().await;
    for login in Login::ORDINARY {
        let client = database.connect(login).await;
        let read = client.query("SELECT * FROM awgp.identity_providers", &[]).await;
        let made =
            client.query_one(CREATE, &[&"b", &"https://b", &vec!["x"], &jwks(&[P256]), &vec!["ES256"]]).await;
        if login == Login::Admin {
            assert_eq!(read.expect("an administrator reads").len(), 1);
            made.expect("an administrator writes");
        } else {
            assert_sqlstate(read, "42501");
            assert_sqlstate(made, "42501");
        }
    }
}

#[tokio::test]
async fn a_provider_bound_to_a_tenant_vouches_for_no_other() {
    let (database, group) = signed_database().await;
    let (app, admin) = (database.app().await, database.admin().await);
    let sql = "UPDATE awgp.identity_providers SET only_tenant_id = $1";
    admin.execute(sql, &[&group.north.id]).await.expect("bound");
    let token = |user: uuid::Uuid| ED25519.sign(&claims(&user.to_string()));
    authenticate(&app, &token(group.north.user("viewer"))).await.expect("a user of the tenant");
    let foreign = authenticate(&app, &token(group.other.user("admin"))).await;
    assert_refused(foreign, "42501", "token_tenant_mismatch");
}

#[tokio::test]
async fn a_tenant_claim_must_agree_with_the_user() {
    let (database, group) = signed_database().await;
    let (app, admin) = (database.app().await, database.admin().await);
    let sql = "UPDATE awgp.identity_providers SET tenant_claim = 'org', subject_claim = 'uid'";
    admin.execute(sql, &[]).await.expect("a claim is asked for");
    let user = group.north.user("viewer").to_string();
    let token = |org: Value| {
        let mut claims = claims_with("someone", "org", org);
        claims["uid"] = user.clone().into();
        ED25519.sign(&claims)
    };
    for org in [json!("north"), json!(group.north.id)] {
        assert_eq!(authenticate(&app, &token(org)).await.expect("their own"), group.north.id);
    }
    for (org, reason) in [
        (json!("other"), "token_tenant_mismatch"),
        (json!(group.holding.id), "token_tenant_mismatch"),
        (Value::Null, "token_no_tenant"),
        (json!(7), "token_no_tenant"),
    ] {
        assert_refused(authenticate(&app, &token(org)).await, "42501", reason);
        assert_eq!(context(&app).await, NOBODY);
    }
}

#[tokio::test]
async fn the_organization_claim_and_a_path_name_the_tenant() {
    let (database, group) = signed_database().await;
    let (app, admin) = (database.app().await, database.admin().await);
    let user = group.north.user("viewer").to_string();
    let north = group.north.id.to_string();
    let set = "UPDATE awgp.identity_providers SET tenant_claim = $1";
    for (path, claim, value, reason) in [
        ("organization", "organization", json!(["north"]), None),
        ("organization", "organization", json!(["other", "north"]), None),
        ("organization", "organization", json!({"north": {}}), None),
        ("organization", "organization", json!({"alias": {"id": north, "tier": ["gold"]}}), None),
        ("organization", "organization", json!(["other"]), Some("token_tenant_mismatch")),
        ("organization", "organization", json!({"other": {"id": "x"}}), Some("token_tenant_mismatch")),
        ("organization", "organization", json!([]), Some("token_no_tenant")),
        ("organization", "organization", json!({}), Some("token_no_tenant")),
        ("org.id", "org", json!({"id": north}), None),
        ("org.id", "org", json!({"id": "other"}), Some("token_tenant_mismatch")),
        ("org.id", "org", json!({"name": "north"}), Some("token_no_tenant")),
        ("org.id", "org.id", json!("north"), None),
    ] {
        admin.execute(set, &[&path]).await.expect("a claim is asked for");
        let answer = authenticate(&app, &ED25519.sign(&claims_with(&user, claim, value.clone()))).await;
        match reason {
            Some(reason) => assert_refused(answer, "42501", reason),
            None => assert_eq!(answer.unwrap_or_else(|error| panic!("{value}: {error:?}")), group.north.id),
        }
    }
}

#[tokio::test]
async fn keys_that_are_not_understood_do_not_stand_in_the_way_of_a_rotation() {
    let (database, group) = signed_database().await;
    let (app, admin) = (database.app().await, database.admin().await);
    let subject = group.north.user("viewer").to_string();
    let mut encryption = RSA_B.jwk();
    (encryption["kid"], encryption["use"], encryption["alg"]) =
        (json!("rsa-b"), json!("enc"), json!("RSA-OAEP"));
    let large = "_".repeat(1368);
    let odd = [
        json!({"kty": "EC", "crv": "secp256k1", "kid": "k", "alg": "ES256K", "x": "AA", "y": "AA", "use": "sig"}),
        json!({"kty": "OKP", "crv": "Ed448", "kid": "e", "alg": "EdDSA", "x": "AA"}),
        json!({"kty": "RSA", "kid": "l", "alg": "RS256", "e": "AQAB", "n": large}),
        json!({"kty": "AKP", "kid": "m", "alg": "ML-DSA-65", "pub": "AA"}),
        encryption,
    ];
    let rotate = "SELECT id FROM awgp.rotate_identity_provider($1, $2)";
    for key in odd.iter().chain([&json!(null), &json!({})]) {
        let set = json!({"keys": [key, RSA_B.jwk(), P256.jwk()]}).to_string();
        assert_eq!(admin.query(rotate, &[&ISSUER, &set]).await.expect("rotated").len(), 1, "{key}");
        authenticate(&app, &RSA_B.sign(&claims(&subject))).await.expect("the key beside it counts");
        let alone = json!({"keys": [key]}).to_string();
        assert_refused(admin.query(rotate, &[&ISSUER, &alone]).await, "22023", "jwks_invalid");
    }
    let mut private = ED25519.jwk();
    private["d"] = json!("AAAA");
    for key in [
        private,
        json!({"kty": "oct", "k": "AAAA"}),
        json!({"kty": "RSA", "e": "AQAB", "n": "_".repeat(172)}),
    ] {
        let set = json!({"keys": [RSA_B.jwk(), key]}).to_string();
        assert_refused(admin.query(rotate, &[&ISSUER, &set]).await, "22023", "jwks_invalid");
    }
}

#[tokio::test]
async fn an_algorithm_counts_once_the_provider_lists_it() {
    let (database, group) = signed_database().await;
    let (app, admin) = (database.app().await, database.admin().await);
    let subject = group.north.user("viewer").to_string();
    let keys = [RSA_A, ED25519].map(|key| {
        let mut jwk = key.jwk();
        jwk.as_object_mut().expect("an object").remove("alg");
        jwk
    });
    let sql = "UPDATE awgp.identity_providers SET jwks = $1";
    admin.execute(sql, &[&json!({"keys": keys}).to_string()]).await.expect("keys for any algorithm");
    for (algorithm, name) in [
        (Algorithm::RS384, "RS384"),
        (Algorithm::RS512, "RS512"),
        (Algorithm::PS384, "PS384"),
        (Algorithm::PS512, "PS512"),
    ] {
        let token = awgp_tests::tokens::TestKey { algorithm, ..RSA_A }.sign(&claims(&subject));
        for (listed, accepted) in [("RS256", false), (name, true)] {
            let sql = "UPDATE awgp.identity_providers SET algorithms = ARRAY[$1]";
            admin.execute(sql, &[&listed]).await.expect("it can be listed");
            match authenticate(&app, &token).await {
                Ok(_) => assert!(accepted, "{name}"),
                refused => {
                    assert!(!accepted, "{name}: {refused:?}");
                    assert_refused(refused, "42501", "token_algorithm");
                }
            }
        }
    }
    let sql = "UPDATE awgp.identity_providers SET algorithms = DEFAULT";
    admin.execute(sql, &[]).await.expect("the default");
    let renamed =
        ED25519.sign_with(&json!({"alg": "Ed25519", "typ": "JWT", "kid": "ed25519"}), &claims(&subject));
    assert_eq!(authenticate(&app, &renamed).await.expect("RFC 9864's name"), group.north.id);
}

#[tokio::test]
async fn times_may_have_a_fraction_and_an_end_is_at_most_a_year_ahead() {
    let (database, group) = signed_database().await;
    let (app, admin) = (database.app().await, database.admin().await);
    let subject = group.north.user("viewer").to_string();
    let now = awgp_tests::tokens::now();
    let with_half = |seconds: i64| serde_json::from_str::<Value>(&format!("{seconds}.5")).expect("a number");
    let mut fractions = claims_with(&subject, "exp", with_half(now + 3000));
    (fractions["iat"], fractions["nbf"]) = (with_half(now - 60), with_half(now - 60));
    assert_eq!(authenticate(&app, &ED25519.sign(&fractions)).await.expect("RFC 7519"), group.north.id);
    let expired = claims_with(&subject, "exp", with_half(now - 60));
    assert_refused(authenticate(&app, &ED25519.sign(&expired)).await, "42501", "token_expired");

    let year = 365 * 24 * 60 * 60;
    let far =
        [json!((now + 3600) * 1000), json!(now + year + 600)].map(|exp| claims_with(&subject, "exp", exp));
    for claims in &far {
        assert_refused(authenticate(&app, &ED25519.sign(claims)).await, "42501", "token_lifetime");
    }
    let sql = "UPDATE awgp.identity_providers SET max_lifetime_seconds = 63072000";
    admin.execute(sql, &[]).await.expect("an administrator allows more");
    assert_refused(authenticate(&app, &ED25519.sign(&far[0])).await, "42501", "token_lifetime");
    assert_eq!(authenticate(&app, &ED25519.sign(&far[1])).await.expect("two years"), group.north.id);
}

#[tokio::test]
async fn lifetime_party_and_leeway_are_the_provider_s() {
    let (database, group) = signed_database().await;
    let (app, admin) = (database.app().await, database.admin().await);
    let subject = group.north.user("viewer").to_string();
    let expired = ED25519.sign(&claims_with(&subject, "exp", json!(awgp_tests::tokens::now() - 5)));
    let good = ED25519.sign(&claims(&subject));
    for (column, token, code_reason) in [
        ("max_lifetime_seconds = 60", &good, Some("token_lifetime")),
        ("max_lifetime_seconds = 3660", &good, None),
        ("authorized_parties = '{other}'", &good, Some("token_wrong_party")),
        ("authorized_parties = '{other,awgp-portal}'", &good, None),
        ("max_lifetime_seconds = NULL", &expired, Some("token_expired")),
        ("leeway_seconds = 300", &expired, None),
    ] {
        let sql = format!("UPDATE awgp.identity_providers SET {column}");
        admin.execute(&sql, &[]).await.expect("an administrator writes");
        let answer = authenticate(&app, token).await;
        match code_reason {
            Some(reason) => assert_refused(answer, "42501", reason),
            None => assert_eq!(answer.expect(column), group.north.id),
        }
    }
}

#[tokio::test]
async fn administrators_make_tenants_and_users_in_signed_mode() {
    let (database, _) = signed_database().await;
    let (app, admin) = (database.app().await, database.admin().await);
    let tenant: uuid::Uuid = admin
        .query_one("SELECT id FROM awgp.create_tenant('New', 'new', 'holding')", &[])
        .await
        .expect("a tenant")
        .get(0);
    let sql = "INSERT INTO awgp.users (tenant_id, email, role, keycloak_id) VALUES ($1, 'a@new.example', 'admin', 'first')";
    admin.execute(sql, &[&tenant]).await.expect("its first user");
    assert_eq!(authenticate(&app, &ED25519.sign(&claims("first"))).await.expect("they come in"), tenant);
}

#[tokio::test]
async fn the_doctor_reports_signed_mode_without_a_provider() {
    let (database, _) = signed_database().await;
    let admin = database.admin().await;
    let sql =
        "SELECT count(*) FROM awgp.doctor() WHERE code = 'signed_without_provider' AND severity = 'error'";
    for (change, expected) in [
        ("SELECT 1", 0),
        ("UPDATE awgp.identity_providers SET is_active = false", 1),
        ("UPDATE awgp.identity_providers SET is_active = true", 0),
        ("DELETE FROM awgp.identity_providers", 1),
    ] {
        admin.execute(change, &[]).await.expect("an administrator writes");
        let row = admin.query_one(sql, &[]).await.expect("the doctor answers");
        assert_eq!(row.get::<_, i64>(0), expected, "{change}");
    }
}
