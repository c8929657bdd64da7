//! Approvals: requesting, deciding, escalating, expiring; and delegations.
//!
//! Model: every transition goes through the row trigger in [`machine`], made by a function or by a plain
//! UPDATE. A function passes its intent beside its UPDATE ([`intent`]): a vote with its comment, an
//! escalation, a break-glass. Who may decide is determined in [`deciding`], under locks; the rules are in
//! `awgp_core::approval`.
//!
//! Failure handling: what is not allowed raises an error in the trigger, so nothing of the statement remains.

mod asker;
mod asking;
mod break_glass;
mod deciding;
mod delegations;
mod editing;
pub mod effects;
mod escalating;
mod explain;
mod functions;
pub mod intent;
mod machine;
pub mod notice;
pub mod people;
pub mod policy;
mod request;
pub mod undecidable;

use crate::pg::relation;
use crate::pg::tuple::Row;
use crate::state_machine::risk;
use awgp_core::approval::Status;
use awgp_core::human::Human;
use awgp_core::permissions::Role;
use awgp_core::work::digest::Pin;
use pgrx::pg_sys::TimestampTz;
use uuid::Uuid;

/// The columns of a row of `awgp.approvals` that the rules use.
pub struct Approval {
    /// Its id.
    pub id: Uuid,
    /// Its tenant.
    pub tenant: Uuid,
    /// The work item that waits for it.
    pub work_item: Uuid,
    /// Its status; None where the value is not a status.
    pub status: Option<Status>,
    /// Its risk.
    pub risk_level: u8,
    /// The human who requested it.
    pub requester: Human,
    /// The users who are asked; empty where any user of the role is.
    pub approver_ids: Vec<Uuid>,
    /// What it is pinned to.
    pub request_digest: Pin,
    /// The first moment at which it is expired.
    pub expires_at: TimestampTz,
    /// When it was requested.
    pub created_at: TimestampTz,
    /// How often it was escalated.
    pub escalation_count: u32,
    /// The role that an escalation asks for.
    pub escalated_to: Option<Role>,
}

impl Approval {
    /// Reads a stored row; None where it violates its own constraints.
    pub fn read(row: &Row) -> Option<Self> {
        Some(Self {
            id: row.uuid(c"id")?,
            tenant: row.uuid(c"tenant_id")?,
            work_item: row.uuid(c"work_item_id")?,
            status: row.text(c"status").and_then(|name| Status::named(&name)),
            risk_level: risk(row.integer(c"risk_level"))?,
            requester: Human {
                user: row.uuid(c"requested_by")?,
                issuer: row.text(c"requester_issuer"),
                subject: row.text(c"requester_subject"),
            },
            approver_ids: row.uuid_array(c"approver_ids").unwrap_or_default().into_iter().flatten().collect(),
            request_digest: Pin {
                version: row.integer(c"request_digest_version")?,
                digest: row.text(c"request_digest")?,
            },
            expires_at: row.bigint(c"expires_at")?,
            created_at: row.bigint(c"created_at")?,
            escalation_count: row.integer(c"escalation_count").and_then(|count| u32::try_from(count).ok())?,
            escalated_to: row.text(c"escalated_to").and_then(|name| name.parse().ok()),
        })
    }

    /// The tenant's approval with this id, as it is now.
    pub fn find(tenant: Uuid, id: Uuid) -> Option<Self> {
        let mut found = None;
        relation::for_each_by_uuid(c"approvals", c"approvals_pkey", c"id", id, |row| {
            found = Self::read(row).filter(|approval| approval.tenant == tenant);
        });
        found
    }
}
