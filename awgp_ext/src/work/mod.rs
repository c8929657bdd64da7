//! Work items: the state machine that moves them, and the gate before they begin.
//!
//! [`gate`] can be called on its own: it tells whether an item may begin, without beginning it.

pub mod effects;
pub mod functions;
pub mod gate;
mod machine;

use crate::assistant::configuration_digest;
use crate::context;
use crate::pg::jsonb::Jsonb;
use crate::pg::relation;
use crate::pg::tuple::Row;
use crate::state_machine::risk;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use awgp_core::work::Status;
use awgp_core::work::digest::{ITEM_ALONE, Pin, Pinned, VERSION, digest};
use awgp_core::work::gate::Item;
use uuid::Uuid;

/// An assistant acts only for itself: refuses where another one is in context.
pub fn check_own(assistant: Uuid) -> Result<(), Refusal> {
    match context::current_or_none().and_then(|context| context.assistant) {
        Some(acting) if acting != assistant => Err(Refusal::new(
            Reason::NotOwnWork,
            "the work item belongs to another assistant",
            "Put the work item's assistant in context, or no assistant.",
        )),
        _ => Ok(()),
    }
}

/// The columns of a row of `awgp.work_items` that the rules use.
pub struct WorkItem {
    /// Its id.
    pub id: Uuid,
    /// Its tenant.
    pub tenant: Uuid,
    /// The assistant that performs it.
    pub assistant: Uuid,
    /// Its status; None where the value is not a status.
    pub status: Option<Status>,
    /// Its risk.
    pub risk_level: Option<u8>,
    /// The highest risk for which an approval was requested.
    pub asked_risk_level: Option<u8>,
    /// What it must not differ from while it runs.
    pub pinned: Option<Pin>,
    title: String,
    description: Option<String>,
    estimated_cost: Option<String>,
    context: Jsonb,
    /// The action named in the context; `Some(None)` where the value is not a text.
    action: Option<Option<String>>,
}

impl WorkItem {
    /// Reads a row; None where a NOT NULL column is NULL, which the constraint refuses.
    pub fn read(row: &Row) -> Option<Self> {
        let context = row.jsonb(c"context")?;
        let action = context.value().get("action").map(|action| action.as_str().map(str::to_owned));
        Some(Self {
            id: row.uuid(c"id")?,
            tenant: row.uuid(c"tenant_id")?,
            assistant: row.uuid(c"assistant_id")?,
            status: row.text(c"status").and_then(|name| Status::named(&name)),
            risk_level: risk(row.integer(c"risk_level")),
            asked_risk_level: risk(row.integer(c"asked_risk_level")),
            pinned: row.text(c"pinned_digest").map(|digest| Pin {
                version: row.integer(c"pinned_digest_version").unwrap_or(ITEM_ALONE),
                digest,
            }),
            title: row.text(c"title")?,
            description: row.text(c"description"),
            estimated_cost: row.numeric(c"estimated_cost"),
            context,
            action,
        })
    }

    /// The tenant's item with this id, as it is now.
    pub fn find(tenant: Uuid, id: Uuid) -> Option<Self> {
        let mut found = None;
        relation::for_each_by_uuid(c"work_items", c"work_items_pkey", c"id", id, |row| {
            found = Self::read(row).filter(|item| item.tenant == tenant);
        });
        found
    }

    /// What an approval of the item, as it is now, is pinned to.
    pub fn pin(&self) -> Pin {
        Pin { version: VERSION, digest: self.digest(VERSION).unwrap_or_default() }
    }

    /// The digest of the item and its assistant as they are now, in the given version; None for an unknown
    /// version.
    pub fn digest(&self, version: i32) -> Option<String> {
        match version {
            ITEM_ALONE => Some(self.digest_with(None)),
            VERSION => Some(self.digest_with(Some(&configuration_digest(self.tenant, self.assistant)?))),
            _ => None,
        }
    }

    /// The digest of the item without its assistant.
    pub fn digest_alone(&self) -> String {
        self.digest_with(None)
    }

    fn digest_with(&self, assistant: Option<&[u8; 32]>) -> String {
        self.context.with_text(|context| {
            digest(&Pinned {
                tenant_id: self.tenant,
                work_item_id: self.id,
                assistant_id: self.assistant,
                risk_level: self.risk_level,
                title: &self.title,
                description: self.description.as_deref(),
                estimated_cost: self.estimated_cost.as_deref(),
                context,
                assistant,
            })
        })
    }

    /// The facts that the gate uses.
    pub fn item(&self) -> Item<'_> {
        Item {
            id: self.id,
            risk_level: self.risk_level,
            asked_risk_level: self.asked_risk_level,
            action: self.action.as_ref().map(|action| action.as_deref().ok_or(())),
        }
    }
}
