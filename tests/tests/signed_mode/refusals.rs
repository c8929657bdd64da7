//! Each refusal has its reason, and the server's log keeps it without the token.

use super::{NOBODY, authenticate, authenticate_session, context, rows_seen};
use awgp_tests::tokens::{
    ED25519, ISSUER, P256, RSA_A, RSA_B, claims, claims_with, now, session_database, token_of, unsigned,
};
use awgp_tests::{assert_refused, refused};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

#[tokio::test]
async fn a_token_of_each_algorithm_puts_its_user_in_context() {
    let (database, group) = session_database().await;
    let mut app = database.app().await;
    let user = group.north.user("operator");
    for key in [RSA_A, P256, ED25519] {
        let transaction = app.transaction().await.expect("a transaction begins");
        let token = key.sign(&claims(&user.to_string()));
        assert_eq!(authenticate(&transaction, &token).await.expect(key.kid), group.north.id);
        assert_eq!(context(&transaction).await, (Some(group.north.id), Some(user)));
        let sql = "SELECT id FROM awgp.create_work_item($1, 'Signed')";
        transaction.query_one(sql, &[&group.north.assistant]).await.expect("an operator writes");
        let sql = "SELECT DISTINCT tenant_id FROM awgp.users";
        let seen: Vec<uuid::Uuid> =
            transaction.query(sql, &[]).await.expect("rows").iter().map(|row| row.get(0)).collect();
        assert_eq!(seen, [group.north.id]);
        transaction.rollback().await.expect("the transaction ends");
    }
}

/// A public key used as the secret of an HMAC.
fn confused(subject: &str) -> String {
    let modulus = RSA_A.jwk()["n"].as_str().expect("a modulus").to_owned();
    let secret = URL_SAFE_NO_PAD.decode(modulus).expect("base64url");
    let message = unsigned(&json!({"alg": "HS256", "typ": "JWT", "kid": RSA_A.kid}), &claims(subject));
    let signature =
        sign(message.as_bytes(), &EncodingKey::from_secret(&secret), Algorithm::HS256).expect("a signature");
    format!("{message}.{signature}")
}

#[tokio::test]
async fn each_bad_token_is_refused_with_its_reason() {
    let (database, group) = session_database().await;
    let app = database.app().await;
    let subject = group.north.user("admin").to_string();
    let with = |name: &str, value: Value| ED25519.sign(&claims_with(&subject, name, value));
    let header = |header: Value| ED25519.sign_with(&header, &claims(&subject));
    let good = ED25519.sign(&claims(&subject));
    let cases = [
        ("22023", "token_malformed", String::new()),
        ("22023", "token_malformed", "a.b.c".to_owned()),
        ("22023", "token_malformed", good.replace('.', "")),
        ("22023", "token_too_long", "x".repeat(17 * 1024)),
        (
            "42501",
            "token_unsigned",
            format!("{}.", unsigned(&json!({"alg": "none", "kid": "ed25519"}), &claims(&subject))),
        ),
        ("42501", "token_algorithm", confused(&subject)),
        ("42501", "token_algorithm_mismatch", header(json!({"alg": "RS256", "kid": "ed25519"}))),
        (
            "42501",
            "token_bad_signature",
            header(json!({"alg": "EdDSA", "kid": "ed25519"})).replace(".ey", ".fy").replacen(".fy", ".ey", 1)
                + "AA",
        ),
        ("42501", "token_unknown_key", RSA_B.sign(&claims(&subject))),
        ("42501", "token_header", header(json!({"alg": "EdDSA", "kid": "ed25519", "jwk": ED25519.jwk()}))),
        ("42501", "token_wrong_type", header(json!({"alg": "EdDSA", "kid": "ed25519", "typ": "dpop+jwt"}))),
        ("42501", "token_wrong_type", with("typ", json!("ID"))),
        ("42501", "token_wrong_issuer", with("iss", json!(format!("{ISSUER}/")))),
        ("42501", "token_wrong_issuer", with("iss", Value::Null)),
        ("42501", "token_wrong_audience", with("aud", json!("account"))),
        ("42501", "token_no_time", with("exp", Value::Null)),
        ("42501", "token_expired", with("exp", json!(now()))),
        ("42501", "token_not_yet_valid", with("nbf", json!(now() + 600))),
        ("42501", "token_no_subject", with("sub", json!(""))),
        ("42501", "unknown_user", with("sub", json!("nobody"))),
        ("42501", "unknown_user", with("sub", json!("viewer@north.example"))),
    ];
    for (code, reason, token) in cases {
        assert_refused(authenticate(&app, &token).await, code, reason);
        assert_refused(authenticate_session(&app, &token).await, code, reason);
        assert_eq!(context(&app).await, NOBODY, "{reason}");
    }
    let nothing: Option<&str> = None;
    let null = app.query_one("SELECT awgp.authenticate($1)", &[&nothing]).await;
    assert_refused(null, "22023", "token_malformed");
    assert_eq!(authenticate(&app, &good).await.expect("the good one is good"), group.north.id);
}

#[tokio::test]
async fn an_inactive_user_an_inactive_tenant_and_an_inactive_provider_are_refused() {
    let (database, group) = session_database().await;
    let (app, admin) = (database.app().await, database.admin().await);
    assert_refused(
        authenticate(&app, &token_of(group.inactive.user("admin"))).await,
        "42501",
        "tenant_inactive",
    );
    let user = group.north.user("viewer");
    let sql = "UPDATE awgp.users SET is_active = false WHERE id = $1";
    admin.execute(sql, &[&user]).await.expect("an administrator deactivates");
    assert_refused(authenticate(&app, &token_of(user)).await, "42501", "user_inactive");
    let other = group.north.user("operator");
    authenticate(&app, &token_of(other)).await.expect("the others are not concerned");
    admin.execute("UPDATE awgp.identity_providers SET is_active = false", &[]).await.expect("closed");
    assert_refused(authenticate(&app, &token_of(other)).await, "42501", "token_wrong_issuer");
}

#[tokio::test]
async fn without_a_token_nothing_is_read_and_nothing_is_written() {
    let (database, group) = session_database().await;
    let mut app = database.app().await;
    assert_eq!(rows_seen(&app).await, 0);
    let insert = app.execute("INSERT INTO awgp.users (email, role) VALUES ('a@b', 'viewer')", &[]).await;
    assert_refused(insert, "42501", "no_tenant_context");
    let transaction = app.transaction().await.expect("a transaction begins");
    let id = group.north.id.to_string();
    let sql = "SELECT set_config('app.current_tenant', $1, true)";
    transaction.execute(sql, &[&id]).await.expect("any setting may be set");
    assert_eq!((context(&transaction).await, rows_seen(&transaction).await), (NOBODY, 0));
    let found = transaction.query_one("SELECT awgp.find_tenant('north')", &[]).await;
    assert_refused(found, "42501", "unknown_tenant");
}

#[tokio::test]
async fn a_refusal_tells_nothing_of_the_token() {
    let (database, group) = session_database().await;
    let app = database.app().await;
    let token = RSA_B.sign(&claims(&group.north.user("admin").to_string()));
    let refused = refused(authenticate(&app, &token).await);
    for part in token.split('.') {
        let said = format!("{} {} {}", refused.message, refused.detail, refused.hint);
        assert!(!said.contains(part), "{said}");
    }
}

#[tokio::test]
async fn the_servers_log_keeps_the_refusal_and_not_the_token() {
    let (database, group) = session_database().await;
    let superuser = database.superuser().await;
    let app = database.app().await;
    let kid = format!("gone-{}", database.name);
    let token = RSA_B
        .sign_with(&json!({"alg": "RS256", "kid": kid}), &claims(&group.north.user("admin").to_string()));
    // As a literal, which the server would log with the statement.
    let literal = app.batch_execute(&format!("SELECT awgp.authenticate('{token}')")).await;
    assert_refused(literal, "42501", "token_unknown_key");
    let Some(log) = server_log(&superuser).await else {
        panic!("the server's log must be readable: the tests' server logs to a file that its superuser reads")
    };
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(&kid)).collect();
    assert!(lines.iter().any(|line| line.contains("token_unknown_key")), "{lines:?}");
    let signature = token.rsplit('.').next().expect("three parts");
    assert!(!log.contains(signature), "the token is in the log");
}

/// What the server has logged to the file it was started with.
async fn server_log(superuser: &tokio_postgres::Client) -> Option<String> {
    let path = std::env::var("AWGP_SCRATCH_LOG").ok()?;
    let sql = "SELECT pg_read_file($1)";
    superuser.query_one(sql, &[&path]).await.ok().map(|row| row.get(0))
}
