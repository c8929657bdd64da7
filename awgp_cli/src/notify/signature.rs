//! Signatures of webhooks, as <https://www.standardwebhooks.com> describes them, so that receivers verify
//! them with a library: HMAC-SHA256 over id, time and body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The key of a target. It has no Debug that shows it.
#[derive(Clone)]
pub struct Key(Vec<u8>);

/// How many bytes a key may have.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

impl Key {
    /// Of a secret such as `whsec_…`: base64 of 24 to 64 bytes.
    pub fn parse(secret: &str) -> Option<Self> {
        let bytes = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
        BYTES.contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The value of the header `webhook-signature`.
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the specification.
    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        let key = Key::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a key");
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(format!("{key:?}"), "***");
    }

    #[test]
    fn a_short_secret_and_one_without_its_prefix_are_refused() {
        for wrong in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64"]
        {
            assert!(Key::parse(wrong).is_none(), "{wrong}");
        }
    }
}
