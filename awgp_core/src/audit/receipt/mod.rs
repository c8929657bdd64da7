//! The receipt of an action: what was decided, by whom, with which arguments, how it ended and what it cost,
//! as events of the trail, each with its proof against one signed note (docs/audit_format.md).
//!
//! It is checked with the public key only. Each event must be in what was signed, the events must belong
//! together, none may be missing that the others speak of, and the summary must say what they say.
//!
//! | file | concept |
//! |---|---|
//! | [`parts`] | the events, the summary, and why a receipt is refused |
//! | [`state`] | a row's state within an event |
//! | [`story`] | what the events say together |

mod parts;
mod state;
mod story;

pub use parts::{About, Doubt, Of, Part, Summary};

use super::note::{self, Statement};
use super::proof::{Proven, Unproven, includes_row};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The format that this code reads and writes.
pub const FORMAT: u32 = 1;

/// A receipt, field by field as in its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The word `receipt`.
    pub awgp: Kind,
    /// [`FORMAT`].
    pub format: u32,
    /// The tenant of the action and of all events.
    pub tenant_id: Uuid,
    /// The action.
    pub action_id: Uuid,
    /// What the events say, for a reader.
    pub summary: Summary,
    /// The events with their proofs.
    pub parts: Vec<Part>,
    /// The signed note, of the tenant or of its group.
    pub note: String,
}

/// The kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A receipt.
    Receipt,
}

impl Receipt {
    /// Reads a receipt's JSON.
    pub fn parse(json: &str) -> Result<Self, Unproven> {
        let receipt: Self =
            serde_json::from_str(json).map_err(|error| Unproven::Malformed(error.to_string()))?;
        if receipt.format == FORMAT {
            return Ok(receipt);
        }
        Err(Unproven::Malformed(format!("this version of AWGP does not know format {}", receipt.format)))
    }

    /// A receipt of these events. Everything but the signature, which needs the public key, is checked.
    pub fn made(
        action_id: Uuid,
        tenant_id: Uuid,
        parts: Vec<Part>,
        note: String,
        statement: &Statement,
    ) -> Result<Self, Doubt> {
        let summary = story::told(action_id, tenant_id, &parts)?;
        let receipt =
            Self { awgp: Kind::Receipt, format: FORMAT, tenant_id, action_id, summary, parts, note };
        receipt.proven(statement)?;
        Ok(receipt)
    }

    /// Checks it.
    pub fn check(&self, public_key: &str) -> Result<Proven, Doubt> {
        let statement = note::open(&self.note, public_key).map_err(Unproven::from)?;
        let proven = self.proven(&statement)?;
        let told = story::told(self.action_id, self.tenant_id, &self.parts)?;
        match self.summary.differs(&told) {
            None => Ok(proven),
            Some(field) => {
                Err(Doubt::Foreign { of: Of::Summary, field, rule: "is not what the events say".to_owned() })
            }
        }
    }

    /// Checks that each event is in the tree of which the statement speaks.
    fn proven(&self, statement: &Statement) -> Result<Proven, Doubt> {
        let (size, root) = statement.tree_of(self.tenant_id).ok_or(Unproven::OtherLog)?;
        for part in &self.parts {
            let of = Of::Event(part.part, part.row.id);
            includes_row(root, size, &part.row, part.leaf_index, &part.path)
                .map_err(|unproven| Doubt::Part { of, unproven })?;
        }
        Ok(Proven { install_id: statement.install_id(), size, root })
    }
}
