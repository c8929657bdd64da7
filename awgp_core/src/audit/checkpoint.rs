//! The text of a checkpoint: C2SP tlog-checkpoint, with a line for each lane (docs/checkpoints.md).
//!
//! The lanes' lines let a verifier name what was cut or rewritten; with only the root it could only tell that
//! something was.

use super::chain::{Digest, Link};
use std::fmt::Write as _;
use thiserror::Error;
use tlog_tiles::Hash;
use uuid::Uuid;

/// What the origin line of every checkpoint begins with.
pub const ORIGIN: &str = "awgp-audit";

/// The state of a tenant's tree at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The install.
    pub install_id: Uuid,
    /// The tenant; the install id for the system's own chain.
    pub tenant_id: Uuid,
    /// The number of leaves.
    pub size: u64,
    /// The root.
    pub root: Digest,
    /// The last link of each lane, ascending by lane.
    pub lanes: Vec<(i16, Link)>,
}

/// Why a text is not a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);

impl Checkpoint {
    /// The text that is signed.
    pub fn to_text(&self) -> String {
        let Self { install_id, tenant_id, size, root, lanes } = self;
        let mut text = format!("{ORIGIN}/{install_id}/{tenant_id}\n{size}\n{}\n", Hash(root.0));
        for (lane, link) in lanes {
            let _ = writeln!(text, "lane {lane} {} {}", link.seq, link.hash);
        }
        text
    }

    /// Reads a text, which must be exactly what [`Self::to_text`] writes.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let read = tlog_tiles::Checkpoint::from_bytes(text.as_bytes())
            .map_err(|_| Malformed("it is not a checkpoint in the form of C2SP tlog-checkpoint"))?;
        let (install_id, tenant_id) =
            parse_origin(read.origin()).ok_or(Malformed("its origin is not awgp-audit/install/tenant"))?;
        let lanes: Option<Vec<_>> = read.extension().lines().map(parse_lane).collect();
        let lanes = lanes.ok_or(Malformed("a line after its root is not a lane's"))?;
        let checkpoint =
            Self { install_id, tenant_id, size: read.size(), root: Digest(read.hash().0), lanes };
        if checkpoint.to_text() != text {
            return Err(Malformed("it is not written exactly as AWGP writes it"));
        }
        if !checkpoint.lanes.is_sorted_by(|one, next| one.0 < next.0) {
            return Err(Malformed("its lanes are not in ascending order"));
        }
        // A lane's rows are numbered from 1, and each row is one leaf. Only the numbers of adoptions are
        // without a row.
        let rows = checkpoint.lanes.iter().map(|(_, link)| u64::try_from(link.seq).unwrap_or(0));
        if rows.fold(0, u64::saturating_add) < checkpoint.size || checkpoint.size == 0 {
            return Err(Malformed("its lanes have fewer rows than its tree has leaves"));
        }
        Ok(checkpoint)
    }

    /// The last link of a lane; None where the checkpoint does not name the lane.
    pub fn lane(&self, chain_lane: i16) -> Option<Link> {
        self.lanes.iter().find(|(lane, _)| *lane == chain_lane).map(|(_, link)| *link)
    }
}

fn parse_origin(origin: &str) -> Option<(Uuid, Uuid)> {
    let mut parts = origin.split('/');
    let (name, install, tenant) = (parts.next()?, parts.next()?, parts.next()?);
    (name == ORIGIN && parts.next().is_none())
        .then(|| Some((Uuid::parse_str(install).ok()?, Uuid::parse_str(tenant).ok()?)))
        .flatten()
}

fn parse_lane(line: &str) -> Option<(i16, Link)> {
    let mut words = line.strip_prefix("lane ")?.split(' ');
    let (lane, seq, hash) = (words.next()?, words.next()?, words.next()?);
    let link = Link { seq: seq.parse().ok()?, hash: Digest::from_hex(hash.as_bytes())? };
    (words.next().is_none() && link.seq >= 1).then_some((lane.parse().ok()?, link))
}
