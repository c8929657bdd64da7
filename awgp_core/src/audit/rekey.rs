//! The text that an auditor's old and new key both sign: from here on the new one signs
//! (docs/audit_format.md, "The rotation of a key").
//!
//! It names the last tree of each tenant that was signed before. Whoever trusts the old key learns the new
//! one, and whoever trusts the new key learns up to where the old one was the auditor's.

use super::checkpoint::Malformed;
use super::group::Member;
use signed_note::StandardVerifier;
use std::fmt::Write as _;
use tlog_tiles::Hash;
use uuid::Uuid;

/// What the first line begins with.
pub const ORIGIN: &str = "awgp-audit-rekey";

/// A key that follows another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rekey {
    /// The install.
    pub install_id: Uuid,
    /// The public key that signs no larger trees than these.
    pub from: String,
    /// The public key that signs no smaller trees than these.
    pub to: String,
    /// The last signed tree of each tenant, ascending by the bytes of their ids.
    pub trees: Vec<Member>,
}

impl Rekey {
    /// The text that is signed.
    pub fn to_text(&self) -> String {
        let Self { install_id, from, to, trees } = self;
        let mut text = format!("{ORIGIN}/{install_id}\nfrom {from}\nto {to}\n");
        for Member { tenant_id, size, root } in trees {
            let _ = writeln!(text, "tenant {tenant_id} {size} {}", Hash(root.0));
        }
        text
    }

    /// Whether a text says by its first line that it is one.
    pub fn is_meant(text: &str) -> bool {
        text.strip_prefix(ORIGIN).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Reads a text, which must be exactly what [`Self::to_text`] writes.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut lines = text.lines();
        let install_id = lines.next().and_then(|line| line.strip_prefix(ORIGIN)?.strip_prefix('/'));
        let install_id = install_id
            .and_then(|id| Uuid::parse_str(id).ok())
            .ok_or(Malformed("its first line is not awgp-audit-rekey/install"))?;
        let mut key = |word: &str| {
            let key = lines.next()?.strip_prefix(word)?;
            is_key(key).then(|| key.to_owned())
        };
        let keys = key("from ").and_then(|from| Some((from, key("to ")?)));
        let (from, to) = keys.ok_or(Malformed("its second and third line do not name two keys"))?;
        let trees: Option<Vec<_>> = lines.map(Member::parse).collect();
        let trees = trees.ok_or(Malformed("a line after its keys is not a tenant's"))?;
        let rekey = Self { install_id, from, to, trees };
        if !rekey.trees.is_sorted_by(|one, next| one.tenant_id.as_bytes() < next.tenant_id.as_bytes()) {
            return Err(Malformed("its tenants are not in ascending order"));
        }
        if rekey.from == rekey.to || rekey.trees.is_empty() {
            return Err(Malformed("its two keys are one, or it names no tenant"));
        }
        if rekey.to_text() != text {
            return Err(Malformed("it is not written exactly as AWGP writes it"));
        }
        Ok(rekey)
    }
}

/// A public key in its one spelling: its id has lower-case digits.
fn is_key(key: &str) -> bool {
    let has_spelled_id = key
        .split('+')
        .nth(1)
        .is_some_and(|id| id.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit)));
    has_spelled_id && StandardVerifier::new(key).is_ok()
}
