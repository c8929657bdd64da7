//! Digests, the genesis value, the link from one row to the next, and plain verification.

use super::canonical;
pub use super::position::{Lane, Position};
use super::row::RowRef;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use uuid::Uuid;

/// A SHA-256 value. As text it is 64 lower-case hex digits, and no other spelling is accepted: a change of
/// case in `integrity_hash` is a change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 lower-case hex digits; `None` for any other text.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        let text: &[u8; 64] = text.try_into().ok()?;
        let mut bytes = [0; 32];
        let mut seen = 0;
        // One check at the end instead of a branch per digit: every row that is verified passes here.
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let (high, low) = (NIBBLES[usize::from(pair[0])], NIBBLES[usize::from(pair[1])]);
            seen |= high | low;
            *byte = high << 4 | (low & 15);
        }
        (seen & NO_DIGIT == 0).then_some(Self(bytes))
    }

    /// The 64 hex digits.
    pub fn to_hex(self) -> [u8; 64] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        text
    }
}

/// What [`NIBBLES`] has for a byte that is not a lower-case hex digit.
const NO_DIGIT: u8 = 0x80;

const NIBBLES: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let digits = b"0123456789abcdef";
    let mut value = 0;
    while value < 16 {
        table[digits[value as usize] as usize] = value;
        value += 1;
    }
    table
};

/// A digest of bytes that are given in pieces.
#[derive(Clone, Debug, Default)]
pub struct Digesting(Sha256);

impl Digesting {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all of them.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_hex().iter().try_for_each(|digit| fmt::Write::write_char(f, char::from(*digit)))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_hex(text.as_bytes()).ok_or("not 64 lower-case hex digits")
    }
}

/// A known point of a chain: the hash of the row at `seq`, or the genesis value at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// `chain_seq`.
    pub seq: i64,
    /// `integrity_hash`.
    pub hash: Digest,
}

/// What the first row of a lane links to. It names the install and the tenant, so that rows of another
/// database do not fit.
pub fn genesis(install_id: Uuid, lane: Lane) -> Digest {
    Digest::of(&genesis_bytes(install_id, lane))
}

/// The bytes whose digest is the genesis value: tag and version, then install, tenant and lane, each after
/// its length.
pub fn genesis_bytes(install_id: Uuid, lane: Lane) -> Vec<u8> {
    let mut bytes = b"awgp-audit-gen\x00\x01".to_vec();
    for field in [install_id.as_bytes().as_slice(), lane.tenant_id.as_bytes(), &lane.chain_lane.to_be_bytes()]
    {
        bytes.extend_from_slice(if field.len() == 2 { &[0, 0, 0, 2] } else { &[0, 0, 0, 16] });
        bytes.extend_from_slice(field);
    }
    bytes
}

/// The link over canonical bytes: `SHA-256(previous hash ‖ canonical bytes)`.
pub fn link(previous: Digest, canonical: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(previous.0);
    hasher.update(canonical);
    Digest(hasher.finalize().into())
}

/// Hashes rows through one buffer, so that no row allocates.
#[derive(Debug, Default)]
pub struct Linker {
    buffer: Vec<u8>,
}

impl Linker {
    /// The `integrity_hash` of `row` where its predecessor has `previous`.
    pub fn link(&mut self, previous: Digest, row: &RowRef<'_>) -> Digest {
        self.buffer.clear();
        if canonical::is_large(row) {
            let mut digest = Digesting::default();
            digest.update(&previous.0);
            canonical::pieces(row, &mut |piece| digest.update(piece));
            return digest.finish();
        }
        self.buffer.extend_from_slice(&previous.0);
        canonical::write(&mut self.buffer, row);
        Digest::of(&self.buffer)
    }

    /// The canonical bytes of the row that was hashed last; empty after a large one.
    pub fn canonical(&self) -> &[u8] {
        self.buffer.get(32..).unwrap_or_default()
    }
}

/// Plain verification of one lane, as docs/audit_format.md describes it for outsiders: every row must follow
/// its predecessor by number and by hash. It finds where a chain breaks; [`super::lane`] finds out why.
#[derive(Debug)]
pub struct PlainVerifier {
    linker: Linker,
    last_seq: i64,
    last_hash: Option<Digest>,
    linked: Option<(Digest, Digest)>,
}

impl PlainVerifier {
    /// Begins after a known point: the genesis value or an anchor.
    pub fn new(start: Link) -> Self {
        Self { linker: Linker::default(), last_seq: start.seq, last_hash: Some(start.hash), linked: None }
    }

    /// Goes on after another known point, with the same buffer.
    pub fn restart(&mut self, start: Link) {
        (self.last_seq, self.last_hash, self.linked) = (start.seq, Some(start.hash), None);
    }

    /// Whether this row follows the one before it. In both cases the next row must follow this one.
    pub fn push(&mut self, row: &RowRef<'_>) -> bool {
        let stored = Digest::from_hex(row.integrity_hash);
        let in_order = self.last_seq.checked_add(1) == Some(row.chain_seq);
        self.linked = self.last_hash.map(|previous| (previous, self.linker.link(previous, row)));
        let fits = stored.is_some() && self.linked.map(|(_, hash)| hash) == stored;
        self.last_seq = row.chain_seq;
        self.last_hash = stored;
        in_order && fits
    }

    /// What the last row was hashed after, and what that yielded; None where the row before it has no hash.
    pub fn linked(&self) -> Option<(Digest, Digest)> {
        self.linked
    }

    /// The hash that the last row carries; None where it is not a hash.
    pub fn last_hash(&self) -> Option<Digest> {
        self.last_hash
    }

    /// What hashed the last row.
    pub fn linker(&self) -> &Linker {
        &self.linker
    }

    /// Whether the lane ends at `head`.
    pub fn ends_at(&self, head: Link) -> bool {
        self.last_seq == head.seq && self.last_hash == Some(head.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hex_is_that_of_the_hex_crate_and_reads_back(bytes: [u8; 32]) {
            let text = Digest(bytes).to_string();
            prop_assert_eq!(&text, &hex::encode(bytes));
            prop_assert_eq!(Digest::from_hex(text.as_bytes()), Some(Digest(bytes)));
            if text.bytes().any(|b| b.is_ascii_alphabetic()) {
                prop_assert_eq!(Digest::from_hex(text.to_uppercase().as_bytes()), None);
            }
        }
    }

    #[test]
    fn genesis_differs_by_install_tenant_and_lane() {
        let lane = Lane { tenant_id: Uuid::from_u128(1), chain_lane: 0 };
        let base = genesis(Uuid::from_u128(9), lane);
        assert_ne!(base, genesis(Uuid::from_u128(8), lane));
        assert_ne!(base, genesis(Uuid::from_u128(9), Lane { tenant_id: Uuid::from_u128(2), ..lane }));
        assert_ne!(base, genesis(Uuid::from_u128(9), Lane { chain_lane: 1, ..lane }));
    }
}
