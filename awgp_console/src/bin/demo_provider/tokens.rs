//! The provider's key, and what it signs.

use super::{Opt, Wrong};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rand_core::{OsRng, RngCore};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

/// Before the seed of an Ed25519 key in PKCS #8 (RFC 8410).
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
const KEY_ID: &str = "demo";

/// Signs.
pub struct Signer {
    key: EncodingKey,
    issuer: String,
    client_id: String,
    audience: String,
    lifetime: i64,
    ballast: usize,
    wrong: Option<Wrong>,
}

/// What one answer gives.
pub struct Given {
    /// For the database.
    pub access: String,
    /// For the client.
    pub id: String,
    /// So many seconds the first is good.
    pub lifetime: i64,
}

impl Signer {
    /// With a key that is made now.
    pub fn new(opt: &Opt, issuer: &str) -> Self {
        Self {
            key: key(),
            issuer: issuer.to_owned(),
            client_id: opt.client_id.clone(),
            audience: opt.audience.clone(),
            lifetime: opt.lifetime,
            ballast: opt.ballast,
            wrong: opt.wrong,
        }
    }

    /// The public key, as a set.
    pub fn jwks(&self) -> Result<Value, String> {
        let jwk = Jwk::from_encoding_key(&self.key, Algorithm::EdDSA).map_err(|error| error.to_string())?;
        let mut jwk = serde_json::to_value(jwk).map_err(|error| error.to_string())?;
        jwk["kid"] = KEY_ID.into();
        jwk["use"] = "sig".into();
        Ok(json!({ "keys": [jwk] }))
    }

    /// Tokens of this subject, who is of this tenant. `nonce` is that of the request.
    pub fn give(&self, sub: &str, tenant: Option<&str>, nonce: Option<&str>) -> Result<Given, String> {
        let now = Timestamp::now().as_second();
        let exp = now + self.lifetime;
        let access = Self::sign(
            &self.key,
            "at+jwt",
            &json!({
                "iss": self.issuer, "aud": self.audience, "azp": self.client_id, "sub": sub, "iat": now, "exp": exp,
                "jti": random(), "tenant": tenant, "ballast": "x".repeat(self.ballast),
            }),
        )?;
        let is = |wrong| self.wrong == Some(wrong);
        let pick = |wrong, as_it_is: &str| if is(wrong) { "wrong".to_owned() } else { as_it_is.to_owned() };
        // OpenID Connect, 3.1.3.6, with the hash of Ed25519.
        let hash = URL_SAFE_NO_PAD.encode(&Sha512::digest(&access)[..32]);
        let claims = json!({
            "iss": if is(Wrong::Issuer) { "http://127.0.0.1:1" } else { &self.issuer },
            "aud": pick(Wrong::Audience, &self.client_id), "sub": sub, "iat": now,
            "exp": if is(Wrong::Expiry) { now - 3600 } else { exp },
            "nonce": nonce.map(|nonce| pick(Wrong::Nonce, nonce)), "at_hash": pick(Wrong::Hash, &hash),
        });
        let other = key();
        let id = Self::sign(if is(Wrong::Signature) { &other } else { &self.key }, "JWT", &claims)?;
        Ok(Given { access, id, lifetime: self.lifetime })
    }

    fn sign(key: &EncodingKey, typ: &str, claims: &Value) -> Result<String, String> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(KEY_ID.to_owned());
        header.typ = Some(typ.to_owned());
        encode(&header, claims, key).map_err(|error| error.to_string())
    }
}

fn key() -> EncodingKey {
    let mut seed = [0; 32];
    OsRng.fill_bytes(&mut seed);
    EncodingKey::from_ed_der(&[&PKCS8[..], &seed].concat())
}

/// What nobody guesses.
pub fn random() -> String {
    let mut bytes = [0; 24];
    OsRng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
