//! One public key of a provider's set (RFC 7517).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use p521::ecdsa::signature::Verifier as _;
use serde_json::{Map, Value};

use super::Algorithm;

/// The least size of an RSA modulus, in bits (RFC 7518 §3.3).
const MIN_RSA_BITS: usize = 2048;
/// The largest, in bits; beyond it a single verification takes too long. The library's own bound is the same.
const MAX_RSA_BITS: usize = 4096;
/// Members that only a private or a symmetric key has (RFC 7518 §6; `priv` is that of the type AKP, for
/// ML-DSA).
const PRIVATE_MEMBERS: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// The encodings of points of small order on Ed25519, sign bit cleared. A signature under such a key can be
/// forged, and the library's verification does not refuse it. The list is libsodium's.
const ED25519_SMALL_ORDER: [[u8; 32]; 7] = [
    hex_32("0000000000000000000000000000000000000000000000000000000000000000"),
    hex_32("0100000000000000000000000000000000000000000000000000000000000000"),
    hex_32("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    hex_32("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    hex_32("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    hex_32("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    hex_32("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
];

const OFF_CURVE: &str = "the point is not on its curve";

/// A public key that verifies signatures.
#[derive(Clone, Debug)]
pub struct Key {
    /// `kid`, if the key has one.
    pub id: Option<String>,
    /// `alg`, if the key has one; for a key that does not sign, only if it is a signature algorithm.
    algorithm: Option<Algorithm>,
    /// What verifies its signatures; None for a key that does not sign (`use` other than `sig`, `key_ops`
    /// without `verify`).
    pub(super) material: Option<Material>,
}

/// What is wrong with a key of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The key reveals a secret, or its signatures can be forged: a set with it is not stored.
    Dangerous(String),
    /// The key is not understood, or is not a key: it is ignored (RFC 7517 §5).
    Unusable(String),
}

/// A text by itself describes a key that is ignored.
impl From<String> for Fault {
    fn from(problem: String) -> Self {
        Self::Unusable(problem)
    }
}

impl From<&str> for Fault {
    fn from(problem: &str) -> Self {
        Self::Unusable(problem.to_owned())
    }
}

#[derive(Clone, Debug)]
pub(super) struct Material {
    /// The algorithms of this type and curve.
    algorithms: &'static [Algorithm],
    verifier: Verifier,
}

#[derive(Clone)]
enum Verifier {
    Library(DecodingKey),
    P521(p521::ecdsa::VerifyingKey),
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

impl Key {
    /// Reads one key of a set.
    pub(super) fn read(jwk: &Map<String, Value>) -> Result<Self, Fault> {
        if let Some(member) = PRIVATE_MEMBERS.into_iter().find(|member| jwk.contains_key(*member)) {
            return Err(Fault::Dangerous(format!(
                "member \"{member}\" belongs to a private or symmetric key"
            )));
        }
        let id = optional_text(jwk, "kid")?;
        let key_type = optional_text(jwk, "kty")?.ok_or("\"kty\" is missing")?;
        match key_type.as_str() {
            "RSA" | "EC" | "OKP" => {}
            "oct" => return Err(Fault::Dangerous("\"kty\" is \"oct\", which is a symmetric key".to_owned())),
            _ => return Err(format!("\"kty\" is \"{}\": it must be RSA, EC or OKP", clip(&key_type)).into()),
        }
        let algorithm = optional_text(jwk, "alg")?;
        let usage = optional_text(jwk, "use")?;
        let signs = usage.is_none_or(|usage| usage == "sig") && may_verify(jwk)?;
        let material = if signs { Some(Material::read(&key_type, jwk)?) } else { None };
        if let (Some(material), Some(name)) = (&material, &algorithm)
            && !material.algorithms.iter().any(|algorithm| algorithm.name() == name)
        {
            return Err(format!("\"alg\" is \"{}\", which does not fit the key", clip(name)).into());
        }
        let algorithm = algorithm.and_then(|name| name.parse().ok());
        Ok(Self { id, algorithm, material })
    }

    /// Whether the key may verify signatures at all.
    pub fn signs(&self) -> bool {
        self.material.is_some()
    }

    /// Whether this key can have made a signature with `algorithm`: type, curve and the key's own `alg`
    /// agree.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.material.as_ref().is_some_and(|material| material.algorithms.contains(&algorithm))
            && self.algorithm.is_none_or(|own| own.signs_like(algorithm))
    }

    /// Whether there is an algorithm that both keys fit.
    pub(super) fn competes_with(&self, other: &Self) -> bool {
        Algorithm::ALL.into_iter().any(|algorithm| self.fits(algorithm) && other.fits(algorithm))
    }

    /// Whether `signature` is this key's over `message`. False if the algorithm does not fit.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let Some(material) = self.material.as_ref().filter(|_| self.fits(algorithm)) else { return false };
        match (&material.verifier, algorithm.in_library()) {
            (Verifier::Library(key), Some(algorithm)) => (DEFAULT_PROVIDER.verifier_factory)(&algorithm, key)
                .is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok()),
            (Verifier::P521(key), None) => p521::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            _ => false,
        }
    }
}

impl Material {
    fn read(key_type: &str, jwk: &Map<String, Value>) -> Result<Self, Fault> {
        if key_type == "RSA" {
            return Self::rsa(&bytes(jwk, "n")?, &bytes(jwk, "e")?);
        }
        let curve = optional_text(jwk, "crv")?.ok_or("\"crv\" is missing")?;
        match (key_type, curve.as_str()) {
            ("EC", "P-256") => Self::ec(&uncompressed(jwk, 32)?, Algorithm::Es256, &[Algorithm::Es256]),
            ("EC", "P-384") => Self::ec(&uncompressed(jwk, 48)?, Algorithm::Es384, &[Algorithm::Es384]),
            ("EC", "P-521") => Self::p521(&uncompressed(jwk, 66)?),
            ("OKP", "Ed25519") => Self::ed25519(&bytes(jwk, "x")?),
            _ => {
                Err(format!("\"crv\" is \"{}\": it must be P-256, P-384, P-521 or Ed25519", clip(&curve))
                    .into())
            }
        }
    }

    fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, Fault> {
        let significant = |number: &[u8]| {
            let zeros = number.iter().take_while(|byte| **byte == 0).count();
            number[zeros..].to_vec()
        };
        let (modulus, exponent) = (significant(modulus), significant(exponent));
        let bits = modulus.first().map_or(0, |first| modulus.len() * 8 - first.leading_zeros() as usize);
        if bits < MIN_RSA_BITS {
            return Err(Fault::Dangerous(format!(
                "RSA of {bits} bits: it must have at least {MIN_RSA_BITS}"
            )));
        }
        if bits > MAX_RSA_BITS {
            return Err(format!("RSA of {bits} bits: it must have at most {MAX_RSA_BITS}").into());
        }
        if modulus.last().is_none_or(|last| last % 2 == 0) {
            return Err(Fault::Dangerous("the RSA modulus is even".to_owned()));
        }
        let small = exponent.is_empty() || exponent == [1];
        if small || exponent.last().is_some_and(|last| last % 2 == 0) {
            return Err(Fault::Dangerous("the RSA exponent is even or below 3".to_owned()));
        }
        if exponent.len() > 4 {
            return Err("the RSA exponent is longer than 32 bits".into());
        }
        let key = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
        let algorithms = &[
            Algorithm::Rs256,
            Algorithm::Rs384,
            Algorithm::Rs512,
            Algorithm::Ps256,
            Algorithm::Ps384,
            Algorithm::Ps512,
        ];
        Ok(Self { algorithms, verifier: Verifier::Library(key) })
    }

    fn ec(point: &[u8], algorithm: Algorithm, algorithms: &'static [Algorithm]) -> Result<Self, Fault> {
        Self::on_curve(DecodingKey::from_ec_der(point), algorithm, algorithms)
    }

    /// Building the verifier decodes the point: a point that is not on the curve is found here, when the row
    /// is written, and not later as a bad signature.
    fn on_curve(
        key: DecodingKey,
        algorithm: Algorithm,
        algorithms: &'static [Algorithm],
    ) -> Result<Self, Fault> {
        let algorithm = algorithm.in_library().ok_or("the curve has no verifier")?;
        (DEFAULT_PROVIDER.verifier_factory)(&algorithm, &key).map_err(|_| OFF_CURVE)?;
        Ok(Self { algorithms, verifier: Verifier::Library(key) })
    }

    fn p521(point: &[u8]) -> Result<Self, Fault> {
        let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| OFF_CURVE)?;
        Ok(Self { algorithms: &[Algorithm::Es512], verifier: Verifier::P521(key) })
    }

    fn ed25519(point: &[u8]) -> Result<Self, Fault> {
        let Ok(mut bare) = <[u8; 32]>::try_from(point) else {
            return Err(format!("\"x\" has {} bytes instead of 32", point.len()).into());
        };
        bare[31] &= 0x7f;
        if ED25519_SMALL_ORDER.contains(&bare) {
            let problem = "the point has small order: its signatures can be forged";
            return Err(Fault::Dangerous(problem.to_owned()));
        }
        let algorithms = &[Algorithm::EdDsa, Algorithm::Ed25519];
        Self::on_curve(DecodingKey::from_ed_der(point), Algorithm::EdDsa, algorithms)
    }
}

/// The point in the uncompressed form of SEC 1.
fn uncompressed(jwk: &Map<String, Value>, size: usize) -> Result<Vec<u8>, Fault> {
    let mut point = vec![4];
    for member in ["x", "y"] {
        let coordinate = bytes(jwk, member)?;
        // RFC 7518 §6.2.1.2: the full width of the curve, leading zeros included.
        if coordinate.len() != size {
            return Err(format!("\"{member}\" has {} bytes instead of {size}", coordinate.len()).into());
        }
        point.extend(coordinate);
    }
    Ok(point)
}

/// `key_ops`, where present, must hold `verify` (RFC 7517 §4.3).
fn may_verify(jwk: &Map<String, Value>) -> Result<bool, String> {
    match jwk.get("key_ops") {
        None => Ok(true),
        Some(Value::Array(operations)) => Ok(operations.iter().any(|operation| operation == "verify")),
        Some(_) => Err("\"key_ops\" is not an array".to_owned()),
    }
}

fn optional_text(jwk: &Map<String, Value>, member: &str) -> Result<Option<String>, String> {
    match jwk.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("\"{member}\" is not text")),
    }
}

fn bytes(jwk: &Map<String, Value>, member: &str) -> Result<Vec<u8>, String> {
    let text = optional_text(jwk, member)?.ok_or_else(|| format!("\"{member}\" is missing"))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| format!("\"{member}\" is not base64url without padding"))
}

/// At most 64 characters of untrusted text, for an error's message or facts.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(64).collect()
}

const fn hex_32(text: &str) -> [u8; 32] {
    let (text, mut out, mut i) = (text.as_bytes(), [0; 32], 0);
    while i < 64 {
        let digit = if text[i] >= b'a' { text[i] - b'a' + 10 } else { text[i] - b'0' };
        out[i / 2] = out[i / 2] * 16 + digit;
        i += 1;
    }
    out
}
