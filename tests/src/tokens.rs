//! Tokens as Keycloak issues them, signed with the test keys of `awgp_core/tests/keys`, and databases that
//! trust them.

#![allow(clippy::missing_panics_doc)] // A panic is how a test fails.

use crate::fixture::{self, Group};
use crate::{Database, Login};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Issuer of the realm that the tests' databases trust.
pub const ISSUER: &str = "https://id.example.com/realms/acme";
/// What their tokens are for.
pub const AUDIENCE: &str = "awgp";

/// A key pair and the algorithm it signs with.
#[derive(Clone, Copy, Debug)]
pub struct TestKey {
    /// Its `kid`.
    pub kid: &'static str,
    /// Its `alg`.
    pub algorithm: Algorithm,
    /// The private key.
    pub der: &'static [u8],
}

macro_rules! key {
    ($kid:literal, $algorithm:ident, $file:literal) => {
        TestKey {
            kid: $kid,
            algorithm: Algorithm::$algorithm,
            der: include_bytes!(concat!("../../awgp_core/tests/keys/", $file)),
        }
    };
}

/// An RSA key.
pub const RSA_A: TestKey = key!("rsa-a", RS256, "rsa_a.pkcs1.der");
/// Another one, for rotation.
pub const RSA_B: TestKey = key!("rsa-b", RS256, "rsa_b.pkcs1.der");
/// A key on P-256.
pub const P256: TestKey = key!("p256", ES256, "p256_a.pkcs8.der");
/// An Ed25519 key.
pub const ED25519: TestKey = key!("ed25519", EdDSA, "ed25519_a.pkcs8.der");

impl TestKey {
    fn private(self) -> EncodingKey {
        match self.algorithm {
            Algorithm::EdDSA => EncodingKey::from_ed_der(self.der),
            Algorithm::ES256 => EncodingKey::from_ec_der(self.der),
            _ => EncodingKey::from_rsa_der(self.der),
        }
    }

    /// The public key, as Keycloak publishes it.
    pub fn jwk(self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.private(), self.algorithm).expect("a public key");
        let mut jwk = serde_json::to_value(jwk).expect("JSON");
        jwk["kid"] = self.kid.into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// A token with Keycloak's header.
    pub fn sign(self, claims: &Value) -> String {
        let name = serde_json::to_value(self.algorithm).expect("a name");
        self.sign_with(&json!({"alg": name, "typ": "JWT", "kid": self.kid}), claims)
    }

    /// A token with this header.
    pub fn sign_with(self, header: &Value, claims: &Value) -> String {
        let message = unsigned(header, claims);
        let signature = sign(message.as_bytes(), &self.private(), self.algorithm).expect("a signature");
        format!("{message}.{signature}")
    }
}

/// The first two parts of a token.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// A JWK set of these keys.
pub fn jwks(keys: &[TestKey]) -> String {
    json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()}).to_string()
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(elapsed.as_secs()).expect("a time of our days")
}

/// The claims of a good access token of this subject, issued a minute ago and good for an hour.
pub fn claims(subject: &str) -> Value {
    json!({
        "exp": now() + 3600, "iat": now() - 60, "jti": Uuid::from_u128(1).to_string(), "iss": ISSUER,
        "aud": [AUDIENCE, "account"], "sub": subject, "typ": "Bearer", "azp": "awgp-portal"
    })
}

/// The claims with one set to another value; null takes it out.
pub fn claims_with(subject: &str, name: &str, value: Value) -> Value {
    let mut claims = claims(subject);
    if value.is_null() {
        claims.as_object_mut().expect("an object").remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

/// A good token for this user, whose id the fixture makes their subject.
pub fn token_of(user: Uuid) -> String {
    ED25519.sign(&claims(&user.to_string()))
}

/// A database in signed mode: the fixture's group, every user's id as their `keycloak_id`, and one
/// provider with every key but [`RSA_B`] and no leeway.
pub async fn signed_database() -> (Database, Group) {
    let (database, group) = trusting_database().await;
    let sql = format!("ALTER DATABASE {} SET awgp.context_mode = 'signed'", database.name);
    database.superuser().await.batch_execute(&sql).await.expect("a superuser sets the mode");
    (database, group)
}

/// The same, where an identity may be kept for the session.
pub async fn session_database() -> (Database, Group) {
    let (database, group) = signed_database().await;
    let sql = format!("ALTER DATABASE {} SET awgp.session_context = 'allowed'", database.name);
    database.superuser().await.batch_execute(&sql).await.expect("a superuser allows it");
    (database, group)
}

/// The same in trusted mode.
pub async fn trusting_database() -> (Database, Group) {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let admin = database.connect(Login::Admin).await;
    admin.execute("UPDATE awgp.users SET keycloak_id = id::text", &[]).await.expect("subjects are set");
    let sql = "SELECT awgp.create_identity_provider('acme', $1, ARRAY[$2], $3, leeway_seconds => 0)";
    admin
        .execute(sql, &[&ISSUER, &AUDIENCE, &jwks(&[RSA_A, P256, ED25519])])
        .await
        .expect("a provider can be made");
    (database, group)
}
