//! The position of a row: its tenant, its lane, its number in the lane.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A chain: one lane of one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane {
    /// The tenant.
    pub tenant_id: Uuid,
    /// The lane, from 0.
    pub chain_lane: i16,
}

impl Lane {
    /// The position `chain_seq` of this lane.
    pub fn at(self, chain_seq: i64) -> Position {
        Position { tenant_id: self.tenant_id, chain_lane: self.chain_lane, chain_seq }
    }
}

/// The position of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The tenant.
    pub tenant_id: Uuid,
    /// The lane, from 0.
    pub chain_lane: i16,
    /// The number in the lane, from 1.
    pub chain_seq: i64,
}

impl Position {
    /// The lane of this position.
    pub fn lane(self) -> Lane {
        Lane { tenant_id: self.tenant_id, chain_lane: self.chain_lane }
    }

    /// The next position of the lane.
    #[must_use]
    pub fn next(self) -> Self {
        Self { chain_seq: self.chain_seq.saturating_add(1), ..self }
    }
}
