//! The digest that replaces content where content must not be stored.
//!
//! The audit trail is never changed, so content that may have to be erased never enters it. The trail stores
//! an HMAC of the content under a random salt that only the row has. While the salt exists, the row can be
//! compared with the trail. Once it is erased with the content, the digest is 32 bytes that reveal nothing:
//! without the key nobody can test a guess, however short the content was. `docs/conversations.md` and
//! `docs/erasure.md` describe the bytes.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Bytes of a salt.
pub const SALT_BYTES: usize = 32;

/// The kind of content; digests of different kinds are never equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `external_id` and `messages` of a conversation.
    Conversation,
    /// `flagged_content` and `notes` of a flag.
    Flag,
    /// An erasable value of an event: the text of its jsonb (`docs/erasure.md`).
    Erasable,
}

impl Kind {
    fn tag(self) -> &'static [u8; 16] {
        match self {
            Self::Conversation => b"awgp-content-con",
            Self::Flag => b"awgp-content-flg",
            Self::Erasable => b"awgp-content-val",
        }
    }
}

/// The digest in hex. `fields` are the texts in the order that [`Kind`] names, None for NULL.
#[allow(clippy::missing_panics_doc, reason = "it takes keys of every length")]
pub fn commitment<const FIELDS: usize>(salt: &[u8], kind: Kind, fields: [Option<&str>; FIELDS]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt).expect("HMAC takes a key of any length");
    mac.update(kind.tag());
    mac.update(&1_u16.to_be_bytes());
    for field in fields {
        match field {
            None => mac.update(&[0xff; 4]),
            Some(text) => {
                // A text in PostgreSQL is shorter than a gigabyte.
                mac.update(&u32::try_from(text.len()).unwrap_or(u32::MAX - 1).to_be_bytes());
                mac.update(text.as_bytes());
            }
        }
    }
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_vector_of_the_documentation() {
        let salt: Vec<u8> = (0..32).collect();
        let messages = r#"[{"role": "user", "content": "hi"}]"#;
        assert_eq!(
            commitment(&salt, Kind::Conversation, [Some("chat-7"), Some(messages)]),
            "152e40438b6d319a2322917c65909edbbfc8251aaf36b31c4b0f2aebca8cff9f"
        );
        assert_eq!(
            commitment(&salt, Kind::Flag, [None, Some("ä")]),
            "0fcf2fe4229869b9cd3771f0a22c91bf498e77eee7ab0df21396bd569e610810"
        );
        assert_eq!(
            commitment(&salt, Kind::Erasable, [Some(r#""ada@north.example""#)]),
            "7f106254a7e8c4c7db8780eddca63ebfe43183da6ae13e692f470493ada0d5a9"
        );
    }

    proptest! {
        #[test]
        fn another_salt_kind_or_field_is_another_digest(
            salt in any::<[u8; 32]>(), other in any::<[u8; 32]>(), a in "(|.{0,9})", b in "(|.{0,9})",
        ) {
            let one = commitment(&salt, Kind::Flag, [Some(&a), Some(&b)]);
            prop_assert_eq!(&one, &commitment(&salt, Kind::Flag, [Some(&a), Some(&b)]));
            prop_assert_ne!(&one, &commitment(&salt, Kind::Conversation, [Some(&a), Some(&b)]));
            prop_assert_eq!(one == commitment(&other, Kind::Flag, [Some(&a), Some(&b)]), salt == other);
            prop_assert_eq!(one == commitment(&salt, Kind::Flag, [Some(&b), Some(&a)]), a == b);
            prop_assert_ne!(&one, &commitment(&salt, Kind::Flag, [None, Some(&format!("{a}{b}"))]));
            if !b.is_empty() {
                prop_assert_ne!(&one, &commitment(&salt, Kind::Flag, [Some(&format!("{a}{b}")), Some("")]));
            }
        }
    }
}
