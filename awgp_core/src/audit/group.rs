//! One note for a whole group: a root over the trees of a holding and its direct subsidiaries
//! (docs/checkpoints.md).
//!
//! It is not a tlog-checkpoint: the trees of a group grow in the middle, so one group's root does not extend
//! another's. Each member's tree must extend its earlier one.

use super::chain::Digest;
use super::checkpoint::Malformed;
use super::tree::Frontier;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use tlog_tiles::Hash;
use uuid::Uuid;

/// What the first line of every group's text begins with.
pub const ORIGIN: &str = "awgp-audit-group";

/// A member's tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The tenant.
    pub tenant_id: Uuid,
    /// How many leaves its tree has.
    pub size: u64,
    /// The root of its tree.
    pub root: Digest,
}

/// A holding, and the trees that its note covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The install.
    pub install_id: Uuid,
    /// The holding.
    pub holding_id: Uuid,
    /// The members, ascending by the bytes of their ids; the holding itself is one.
    pub members: Vec<Member>,
}

impl Member {
    /// The member's leaf: `SHA-256(00 ‖ awgp-audit-grp 0001 ‖ tenant_id ‖ size ‖ root)`.
    pub fn leaf(&self) -> Digest {
        let mut hasher = Sha256::new_with_prefix(b"\x00awgp-audit-grp\x00\x01");
        hasher.update(self.tenant_id.as_bytes());
        hasher.update(self.size.to_be_bytes());
        hasher.update(self.root.0);
        Digest(hasher.finalize().into())
    }

    /// Reads the line of a member: `tenant`, its id, size and root.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("tenant ")?.split(' ');
        let (tenant, size, root) = (words.next()?, words.next()?, words.next()?);
        let root = Digest(Hash::parse_hash(root).ok()?.0);
        let member = Self { tenant_id: Uuid::parse_str(tenant).ok()?, size: size.parse().ok()?, root };
        (words.next().is_none() && member.size >= 1).then_some(member)
    }
}

impl Group {
    /// The root over the members' leaves.
    pub fn root(&self) -> Digest {
        let mut tree = Frontier::default();
        self.members.iter().for_each(|member| tree.push(member.leaf()));
        tree.root()
    }

    /// The total number of rows in all trees.
    pub fn rows(&self) -> u64 {
        self.members.iter().fold(0, |rows, member| rows.saturating_add(member.size))
    }

    /// The text that is signed.
    pub fn to_text(&self) -> String {
        let Self { install_id, holding_id, members } = self;
        let root = Hash(self.root().0);
        let mut text = format!("{ORIGIN}/{install_id}/{holding_id}\n{} members\n{root}\n", members.len());
        for Member { tenant_id, size, root } in members {
            let _ = writeln!(text, "tenant {tenant_id} {size} {}", Hash(root.0));
        }
        text
    }

    /// Reads a text, which must be exactly what [`Self::to_text`] writes: the root is computed and compared.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut lines = text.lines();
        let origin = lines.next().and_then(|line| line.strip_prefix(ORIGIN)?.strip_prefix('/'));
        let (install_id, holding_id) = origin
            .and_then(|ids| ids.split_once('/'))
            .and_then(|(install, holding)| {
                Some((Uuid::parse_str(install).ok()?, Uuid::parse_str(holding).ok()?))
            })
            .ok_or(Malformed("its first line is not awgp-audit-group/install/holding"))?;
        let members: Option<Vec<_>> = lines.skip(2).map(Member::parse).collect();
        let members = members.ok_or(Malformed("a line after its root is not a tenant's"))?;
        let group = Self { install_id, holding_id, members };
        if !group.members.is_sorted_by(|one, next| one.tenant_id.as_bytes() < next.tenant_id.as_bytes()) {
            return Err(Malformed("its tenants are not in ascending order"));
        }
        if group.members.is_empty() || group.to_text() != text {
            return Err(Malformed(
                "its root is not that of its tenants, or it is not written exactly as AWGP writes it",
            ));
        }
        Ok(group)
    }
}
