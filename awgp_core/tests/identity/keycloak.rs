//! What Keycloak would issue: keys, key sets, claims and signed tokens.

use awgp_core::identity::{Algorithm, Identity, Provider, TokenError, validate_jwks, verify};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::jwk::Jwk;
use p521::SecretKey;
use p521::ecdsa::signature::Signer as _;
use p521::elliptic_curve::sec1::ToEncodedPoint as _;
use p521::pkcs8::DecodePrivateKey as _;
use serde_json::{Value, json};

pub const ISSUER: &str = "https://id.example.com/realms/acme";
pub const AUDIENCE: &str = "awgp";
pub const SUBJECT: &str = "f9d8a2f2-2c6e-4b1e-9a52-0a4d6a5f3c11";
/// The moment of every test, in seconds since 1970.
pub const NOW: i64 = 1_770_000_000;

/// A key pair of the tests and the algorithm it signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestKey {
    pub kid: &'static str,
    pub algorithm: Algorithm,
    der: &'static [u8],
}

pub const RSA_A: TestKey =
    TestKey { kid: "rsa-a", algorithm: Algorithm::Rs256, der: include_bytes!("../keys/rsa_a.pkcs1.der") };
pub const RSA_B: TestKey =
    TestKey { kid: "rsa-b", algorithm: Algorithm::Rs256, der: include_bytes!("../keys/rsa_b.pkcs1.der") };
pub const RSA_PSS: TestKey = TestKey { kid: "rsa-pss", algorithm: Algorithm::Ps256, der: RSA_B.der };
pub const P256: TestKey =
    TestKey { kid: "p256", algorithm: Algorithm::Es256, der: include_bytes!("../keys/p256_a.pkcs8.der") };
pub const P384: TestKey =
    TestKey { kid: "p384", algorithm: Algorithm::Es384, der: include_bytes!("../keys/p384_a.pkcs8.der") };
pub const ED25519: TestKey = TestKey {
    kid: "ed25519",
    algorithm: Algorithm::EdDsa,
    der: include_bytes!("../keys/ed25519_a.pkcs8.der"),
};
pub const P521: TestKey =
    TestKey { kid: "p521", algorithm: Algorithm::Es512, der: include_bytes!("../keys/p521_a.pkcs8.der") };
pub const ALL: [TestKey; 7] = [RSA_A, RSA_B, RSA_PSS, P256, P384, P521, ED25519];

fn library(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    let name = if algorithm == Algorithm::Ed25519 { "EdDSA" } else { algorithm.name() };
    name.parse().unwrap()
}

impl TestKey {
    fn private(self) -> EncodingKey {
        match self.algorithm.name().get(..2) {
            Some("RS" | "PS") => EncodingKey::from_rsa_der(self.der),
            Some("ES") => EncodingKey::from_ec_der(self.der),
            _ => EncodingKey::from_ed_der(self.der),
        }
    }

    /// The same pair with another name and algorithm.
    pub fn renamed(self, kid: &'static str, algorithm: Algorithm) -> Self {
        Self { kid, algorithm, ..self }
    }

    /// The public key, as Keycloak publishes it.
    pub fn jwk(self) -> Value {
        let mut jwk = if self.algorithm == Algorithm::Es512 {
            let point = SecretKey::from_pkcs8_der(self.der).unwrap().public_key().to_encoded_point(false);
            let coordinate = |bytes: Option<&p521::FieldBytes>| URL_SAFE_NO_PAD.encode(bytes.unwrap());
            json!({"kty": "EC", "crv": "P-521", "x": coordinate(point.x()), "y": coordinate(point.y())})
        } else {
            let jwk = Jwk::from_encoding_key(&self.private(), library(self.algorithm)).unwrap();
            serde_json::to_value(jwk).unwrap()
        };
        jwk["kid"] = self.kid.into();
        jwk["use"] = "sig".into();
        jwk["alg"] = self.algorithm.name().into();
        jwk
    }

    /// A token with exactly these texts as header and claims, and this key's signature.
    pub fn sign_text(self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = if self.algorithm == Algorithm::Es512 {
            let secret = SecretKey::from_pkcs8_der(self.der).unwrap();
            let key = p521::ecdsa::SigningKey::from_bytes(&secret.to_bytes()).unwrap();
            let signature: p521::ecdsa::Signature = key.sign(message.as_bytes());
            URL_SAFE_NO_PAD.encode(signature.to_bytes())
        } else {
            sign(message.as_bytes(), &self.private(), library(self.algorithm)).unwrap()
        };
        format!("{message}.{signature}")
    }

    /// A token with Keycloak's header and these claims.
    pub fn sign(self, claims: &Value) -> String {
        self.sign_text(&self.header().to_string(), &claims.to_string())
    }

    /// Keycloak's header.
    pub fn header(self) -> Value {
        json!({"alg": self.algorithm.name(), "typ": "JWT", "kid": self.kid})
    }
}

/// The claims of an access token of Keycloak, issued a minute ago and valid for four more.
pub fn claims() -> Value {
    json!({
        "exp": NOW + 240,
        "iat": NOW - 60,
        "auth_time": NOW - 61,
        "jti": "onrtac:5b1f2a0e-9e0c-4d49-8d0a-7c2f3c5e8a10",
        "iss": ISSUER,
        "aud": [AUDIENCE, "account"],
        "sub": SUBJECT,
        "typ": "Bearer",
        "azp": "awgp-portal",
        "sid": "2ab7c1ce-0d1b-4f0c-8a7e-0b6f4f0f9d77",
        "session_state": "2ab7c1ce-0d1b-4f0c-8a7e-0b6f4f0f9d77",
        "acr": "1",
        "allowed-origins": ["https://portal.example.com"],
        "realm_access": {"roles": ["offline_access", "uma_authorization"]},
        "resource_access": {"account": {"roles": ["manage-account", "view-profile"]}},
        "scope": "openid email profile",
        "email_verified": true,
        "name": "Ada Byron",
        "preferred_username": "ada",
        "given_name": "Ada",
        "family_name": "Byron",
        "email": "ada@example.com"
    })
}

/// The claims with one set to another value; null removes it.
pub fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

/// The encryption key that a realm publishes beside the others.
pub fn encryption_jwk() -> Value {
    let mut jwk = RSA_B.jwk();
    jwk["kid"] = "rsa-enc".into();
    jwk["use"] = "enc".into();
    jwk["alg"] = "RSA-OAEP".into();
    jwk
}

/// A provider that has these keys and allows every algorithm.
pub fn provider_of(jwks: &[Value]) -> Provider {
    let keys = validate_jwks(&json!({"keys": jwks}).to_string()).unwrap();
    let mut provider = Provider::new(ISSUER, vec![AUDIENCE.to_owned()], keys);
    provider.algorithms = Algorithm::ALL.to_vec();
    provider
}

/// A provider that has every test key and the encryption key.
pub fn provider() -> Provider {
    provider_of(&ALL.into_iter().map(TestKey::jwk).chain([encryption_jwk()]).collect::<Vec<_>>())
}

/// Verified against one provider, now, without leeway.
pub fn verify_now(token: &str, provider: &Provider) -> Result<Identity, TokenError> {
    verify(token, std::slice::from_ref(provider), NOW, 0)
}

/// The reason for which a token is refused.
pub fn reason(token: &str, provider: &Provider) -> &'static str {
    verify_now(token, provider).expect_err(token).reason().name()
}
