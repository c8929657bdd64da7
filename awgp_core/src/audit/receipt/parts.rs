//! What a receipt consists of, and why one is refused.

use crate::audit::chain::Digest;
use crate::audit::proof::Unproven;
use crate::audit::row::AuditRow;
use crate::reason::Reason;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;
use uuid::Uuid;

/// What the events of an action say. Every field follows from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// The name of the action.
    pub action: String,
    /// Its work item.
    pub work_item_id: Uuid,
    /// The assistant that acted.
    pub assistant_id: Uuid,
    /// `begun`, `succeeded`, `failed`, `unknown` or `abandoned`, by the last event.
    pub status: String,
    /// When it began, as the trail has it.
    pub begun_at: String,
    /// When it ended; null while it has not.
    #[serde(deserialize_with = "present")]
    pub finished_at: Option<String>,
    /// The digest of its arguments; null if none were told.
    #[serde(deserialize_with = "present")]
    pub arguments_digest: Option<String>,
    /// The digest of the report to `finish_action()`; null without one.
    #[serde(deserialize_with = "present")]
    pub finish_digest: Option<String>,
    /// Why a person knew what had become of it; null if nobody was asked.
    #[serde(deserialize_with = "present")]
    pub reconciled: Option<String>,
    /// The approval of the action, or the one that its work item began under; null without one.
    #[serde(deserialize_with = "present")]
    pub approval_id: Option<Uuid>,
    /// Who voted on the approval.
    pub approver_ids: Vec<Uuid>,
    /// The entry of the ledger; null if it cost nothing.
    #[serde(deserialize_with = "present")]
    pub cost_transaction_id: Option<Uuid>,
    /// Its amount, with all digits; null if it cost nothing.
    #[serde(deserialize_with = "present")]
    pub cost_amount: Option<String>,
}

/// One event with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What it is about.
    pub part: About,
    /// The row, as in the export.
    pub row: AuditRow,
    /// The number of its leaf, from 0.
    pub leaf_index: u64,
    /// The hashes beside the path from the leaf to the root, the leaf's neighbour first.
    pub path: Vec<Digest>,
}

/// What an event of a receipt is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The action itself.
    Action,
    /// The approval.
    Approval,
    /// A vote on the approval.
    Vote,
    /// The entry of the ledger.
    Cost,
}

impl About {
    /// The `entity_type` of its events.
    pub fn table(self) -> &'static str {
        match self {
            Self::Action => "governed_actions",
            Self::Approval => "approvals",
            Self::Vote => "approval_decisions",
            Self::Cost => "cost_transactions",
        }
    }

    /// Its name in a receipt.
    pub fn name(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Approval => "approval",
            Self::Vote => "vote",
            Self::Cost => "cost",
        }
    }
}

/// Why a receipt is refused.
#[derive(Debug, Error)]
pub enum Doubt {
    /// It cannot be read, or its key or note is refused.
    #[error("{0}")]
    Whole(#[from] Unproven),
    /// An event is not in what was signed.
    #[error("{of}: {unproven}")]
    Part {
        /// The event.
        of: Of,
        /// Why.
        unproven: Unproven,
    },
    /// Something does not belong to the rest.
    #[error("{of}: {field} {rule}")]
    Foreign {
        /// The event, or the summary.
        of: Of,
        /// The field that does not fit.
        field: String,
        /// What it should be.
        rule: String,
    },
    /// An event is missing of which the others speak.
    #[error("the receipt has no event that {what}")]
    Missing {
        /// The kind of the missing event.
        about: About,
        /// What the missing event does.
        what: String,
    },
}

/// Which part of a receipt is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// An event, by its id.
    Event(About, i64),
    /// The summary.
    Summary,
}

impl Of {
    /// The name of the part.
    pub fn name(self) -> &'static str {
        match self {
            Self::Event(about, _) => about.name(),
            Self::Summary => "summary",
        }
    }
}

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(about, id) => write!(f, "event {id} ({})", about.name()),
            Self::Summary => f.write_str("the summary"),
        }
    }
}

impl Doubt {
    /// The stable reason.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Whole(unproven) | Self::Part { unproven, .. } => unproven.reason(),
            Self::Foreign { .. } => Reason::ReceiptMismatch,
            Self::Missing { .. } => Reason::ReceiptIncomplete,
        }
    }

    /// The part at fault: its name, and the id of its event where there is one.
    pub fn part(&self) -> Option<(&'static str, Option<i64>)> {
        match self {
            Self::Whole(_) => None,
            Self::Part { of, .. } | Self::Foreign { of, .. } => {
                Some((of.name(), if let Of::Event(_, id) = of { Some(*id) } else { None }))
            }
            Self::Missing { about, .. } => Some((about.name(), None)),
        }
    }

    /// The field that does not fit.
    pub fn field(&self) -> Option<&str> {
        if let Self::Foreign { field, .. } = self { Some(field) } else { None }
    }
}

impl Summary {
    /// The first field that is another.
    pub(super) fn differs(&self, told: &Self) -> Option<String> {
        let fields = |summary: &Self| serde_json::to_value(summary).unwrap_or_default();
        let (own, told) = (fields(self), fields(told));
        let names = told.as_object()?.keys();
        names.into_iter().find(|name| own.get(*name) != told.get(*name)).cloned()
    }
}

/// A nullable field must be there, as null where there is nothing.
fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}
