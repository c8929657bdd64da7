//! One public key of a provider's set (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use serde_json::{Map, Value};

use super::{Algorithm, JwksError};

/// The least size of an RSA modulus, in bits (RFC 7518 §3.3).
const MIN_RSA_BITS: usize = 2048;
/// The largest, in bits; beyond it a single verification takes too long. The library's own bound is the same.
const MAX_RSA_BITS: usize = 4096;
/// Members that only a private or a symmetric key has (RFC 7518 §6).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

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

/// A public key that can be asked whether a signature is its own.
#[derive(Clone, Debug)]
pub struct Key {
    /// `kid`, if the key has one.
    pub id: Option<String>,
    /// `alg`, if the key says what it is for.
    pub(super) algorithm: Option<String>,
    /// What it can do; None for a key that does not sign (`use` other than `sig`, `key_ops` without `verify`).
    pub(super) material: Option<Material>,
}

#[derive(Clone, Debug)]
pub(super) struct Material {
    /// The algorithms that this type and curve can do.
    algorithms: &'static [Algorithm],
    key: DecodingKey,
}

impl Key {
    /// Reads the key at `index` of its set. Refuses with reason `jwks_invalid`; the error names the key.
    pub(super) fn read(index: usize, jwk: &Map<String, Value>) -> Result<Self, JwksError> {
        let id = optional_text(jwk, "kid").map_err(|problem| JwksError::key(index, None, problem))?;
        let named = |problem: String| JwksError::key(index, id.as_deref(), problem);

        if let Some(member) = PRIVATE_MEMBERS.into_iter().find(|member| jwk.contains_key(*member)) {
            return Err(named(format!("member \"{member}\" belongs to a private or symmetric key")));
        }
        let key_type = optional_text(jwk, "kty").map_err(named)?;
        let key_type = key_type.ok_or_else(|| named("\"kty\" is missing".to_owned()))?;
        if !matches!(key_type.as_str(), "RSA" | "EC" | "OKP") {
            return Err(named(format!("\"kty\" is \"{}\": RSA, EC or OKP is wanted", clip(&key_type))));
        }
        let algorithm = optional_text(jwk, "alg").map_err(named)?;
        let usage = optional_text(jwk, "use").map_err(named)?;
        let signs = usage.is_none_or(|usage| usage == "sig") && may_verify(jwk).map_err(named)?;
        let material = if signs { Some(Material::read(&key_type, jwk).map_err(named)?) } else { None };
        if let (Some(material), Some(name)) = (&material, &algorithm)
            && !material.algorithms.iter().any(|algorithm| algorithm.name() == name)
        {
            return Err(named(format!("\"alg\" is \"{}\", which does not fit the key", clip(name))));
        }
        Ok(Self { id, algorithm, material })
    }

    /// Whether the key may verify signatures at all.
    pub fn signs(&self) -> bool {
        self.material.is_some()
    }

    /// Whether this key can have made a signature with `algorithm`: type, curve and the key's own `alg` agree.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.material.as_ref().is_some_and(|material| material.algorithms.contains(&algorithm))
            && self.algorithm.as_ref().is_none_or(|name| name == algorithm.name())
    }

    /// Whether `signature` is this key's over `message`. False if the algorithm does not fit.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let Some(material) = self.material.as_ref().filter(|_| self.fits(algorithm)) else { return false };
        (DEFAULT_PROVIDER.verifier_factory)(&algorithm.in_library(), &material.key)
            .is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
    }
}

impl Material {
    fn read(key_type: &str, jwk: &Map<String, Value>) -> Result<Self, String> {
        if key_type == "RSA" {
            return Self::rsa(&bytes(jwk, "n")?, &bytes(jwk, "e")?);
        }
        let curve = optional_text(jwk, "crv")?.ok_or("\"crv\" is missing")?;
        let material = match (key_type, curve.as_str()) {
            ("EC", "P-256") => Self::ec(jwk, 32, &[Algorithm::Es256])?,
            ("EC", "P-384") => Self::ec(jwk, 48, &[Algorithm::Es384])?,
            ("OKP", "Ed25519") => Self::ed25519(&bytes(jwk, "x")?)?,
            _ => return Err(format!("\"crv\" is \"{}\": P-256, P-384 or Ed25519 is wanted", clip(&curve))),
        };
        // Building the verifier decodes the point: one that is not on the curve is found here, when the row is
        // written, and not as a bad signature later.
        let point = (DEFAULT_PROVIDER.verifier_factory)(&material.algorithms[0].in_library(), &material.key);
        point.map(|_| ()).map_err(|_| format!("the point is not on curve {}", clip(&curve)))?;
        Ok(material)
    }

    fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, String> {
        let significant = |number: &[u8]| {
            let zeros = number.iter().take_while(|byte| **byte == 0).count();
            number[zeros..].to_vec()
        };
        let (modulus, exponent) = (significant(modulus), significant(exponent));
        let bits = modulus.first().map_or(0, |first| modulus.len() * 8 - first.leading_zeros() as usize);
        if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
            return Err(format!("RSA of {bits} bits: {MIN_RSA_BITS} to {MAX_RSA_BITS} are wanted"));
        }
        if modulus.last().is_none_or(|last| last % 2 == 0) {
            return Err("the RSA modulus is even".to_owned());
        }
        let small = exponent.len() == 1 && exponent[0] < 3;
        if exponent.is_empty() || exponent.len() > 4 || small || exponent.last().is_some_and(|e| e % 2 == 0) {
            return Err("the RSA exponent is even, below 3 or longer than 32 bits".to_owned());
        }
        let key = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
        Ok(Self { algorithms: &[Algorithm::Rs256, Algorithm::Ps256], key })
    }

    fn ec(jwk: &Map<String, Value>, size: usize, algorithms: &'static [Algorithm]) -> Result<Self, String> {
        let mut point = vec![4]; // SEC 1: an uncompressed point
        for member in ["x", "y"] {
            let coordinate = bytes(jwk, member)?;
            // RFC 7518 §6.2.1.2: the full width of the curve, leading zeros included.
            if coordinate.len() != size {
                return Err(format!("\"{member}\" has {} bytes instead of {size}", coordinate.len()));
            }
            point.extend(coordinate);
        }
        Ok(Self { algorithms, key: DecodingKey::from_ec_der(&point) })
    }

    fn ed25519(point: &[u8]) -> Result<Self, String> {
        let Ok(mut bare) = <[u8; 32]>::try_from(point) else {
            return Err(format!("\"x\" has {} bytes instead of 32", point.len()));
        };
        bare[31] &= 0x7f;
        if ED25519_SMALL_ORDER.contains(&bare) {
            return Err("the point has small order: its signatures can be forged".to_owned());
        }
        Ok(Self { algorithms: &[Algorithm::EdDsa], key: DecodingKey::from_ed_der(point) })
    }
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

/// At most 64 characters of a text that somebody else wrote, for an error's message or facts.
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
