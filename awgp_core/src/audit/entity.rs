//! The `entity_id` of a row whose key is not a uuid.
//!
//! `docs/tracking.md` is the specification: anyone who has the key can compute the id.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// The first bytes that are hashed, and a version.
const TAG: &[u8] = b"awgp-entity-key\x00\x01";

/// The id of the row with this key: the values of its columns as text, in the order of the key. A key that is
/// one uuid is the id.
pub fn entity_id(key: &[impl AsRef<str>]) -> Uuid {
    if let [only] = key
        && only.as_ref().len() == uuid::fmt::Hyphenated::LENGTH
        && let Ok(id) = Uuid::try_parse(only.as_ref())
    {
        return id;
    }
    let mut digest = Sha256::new_with_prefix(TAG);
    for value in key {
        let value = value.as_ref().as_bytes();
        digest.update(u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
        digest.update(value);
    }
    let digest: [u8; 32] = digest.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_itself_in_either_case() {
        let id = Uuid::from_u128(0xA0EE_BC99_9C0B_4EF8_BB6D_6BB9_BD38_0A11);
        assert_eq!(entity_id(&["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]), id);
        assert_eq!(entity_id(&["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"]), id);
    }

    #[test]
    fn other_keys_have_an_id_of_their_own_version_and_lengths_keep_values_apart() {
        assert_eq!(entity_id(&["42"]).to_string(), "03bd65a0-cbb2-88d8-a8c7-430004814e52");
        assert_eq!(entity_id(&["42"]).get_version_num(), 8);
        assert_ne!(entity_id(&["de", "7"]), entity_id(&["d", "e7"]));
        assert_ne!(entity_id(&["de", "7"]), entity_id(&["de7"]));
    }
}
