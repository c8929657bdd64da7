//! The Rust part of the SQL functions on work items and assistants.

use super::WorkItem;
use crate::context;
use crate::pg::datum::{from_sql, to_sql, uuid};
use crate::pg::encoding::Text;
use crate::pg::raise::raise;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::row_lock::{self, Strength};
use crate::pg::statement::statements;
use awgp_core::work::Verb;
use awgp_core::{isolation_refusals, work};
use pgrx::prelude::*;
use uuid::Uuid;

statements! {
    /// Locks the item, so that only one transaction at a time moves it.
    LOCK(UUIDOID, UUIDOID) = "
        SELECT FROM ONLY awgp.work_items
        WHERE id OPERATOR(pg_catalog.=) $2 AND pg_catalog.uuid_eq(tenant_id, $1) FOR NO KEY UPDATE";
}

/// The id, where the tenant in context has such a work item; refuses with `unknown_work_item`. With a verb,
/// locks the item, and refuses with `illegal_transition` where the verb is not possible in the item's state:
/// a plain UPDATE to the present state would succeed and change nothing.
#[pg_extern(volatile, parallel_unsafe)]
fn require_work_item(work_item_id: Option<pgrx::Uuid>, verb: default!(Option<Text>, "NULL")) -> pgrx::Uuid {
    let Some(context) = context::current() else {
        raise(&isolation_refusals::no_tenant_context("work_items"))
    };
    let id = work_item_id.as_ref().map(from_sql).unwrap_or_default();
    if verb.is_some() {
        lock(context.tenant, id);
    }
    let Some(item) = WorkItem::find(context.tenant, id) else { raise(&work::unknown_work_item(id)) };
    let verb = verb.and_then(|Text(name)| Verb::named(&name));
    if let (Some(status), Some(verb)) = (item.status, verb)
        && let Err(refusal) = work::MACHINE.check_verb(status, verb)
    {
        raise(&refusal);
    }
    to_sql(id)
}

/// Locks an item against transitions and changes until the transaction ends; false where it does not exist.
pub fn lock(tenant: Uuid, id: Uuid) -> bool {
    if !row_lock::takes_newest() {
        let arguments = [uuid(tenant), uuid(id)];
        return as_owner_past_row_security(c"work_items", || LOCK.count(&arguments)) > 0;
    }
    row_lock::find_own(c"work_items", c"work_items_tenant_id_id_key", tenant, id, Strength::Write).is_some()
}

/// The id, where the context may write to such an assistant; refuses with `unknown_assistant`.
#[pg_extern(volatile, parallel_unsafe)]
fn require_assistant(assistant_id: Option<pgrx::Uuid>) -> pgrx::Uuid {
    if context::current().is_none() {
        raise(&isolation_refusals::no_tenant_context("assistants"));
    }
    let id = assistant_id.as_ref().map(from_sql).unwrap_or_default();
    if !context::visible().into_iter().any(|tenant| context::tenants::has_assistant(tenant, id)) {
        raise(&isolation_refusals::unknown_assistant());
    }
    to_sql(id)
}
