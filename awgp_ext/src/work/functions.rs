//! What the SQL functions over work items and assistants call.

use super::WorkItem;
use crate::context;
use crate::encoding::Text;
use crate::raise::raise;
use crate::relation::{as_owner_past_row_security, from_sql, to_sql};
use crate::statement::statements;
use awgp_core::work::Verb;
use awgp_core::{isolation_refusals, work};
use pgrx::prelude::*;
use uuid::Uuid;

statements! {
    /// Whoever moves an item has it to himself.
    LOCK(UUIDOID, UUIDOID) = "
        SELECT FROM ONLY awgp.work_items
        WHERE id OPERATOR(pg_catalog.=) $2 AND pg_catalog.uuid_eq(tenant_id, $1) FOR NO KEY UPDATE";
}

/// The id, where the tenant in context has such a work item; refuses with `unknown_work_item`. With a verb, locks
/// the item and refuses with `illegal_transition` where the verb is not possible in its state: a plain UPDATE to
/// the state that it has already would change nothing, and say nothing.
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

/// Locks an item against whoever moves or changes it, until the transaction ends; false where there is none.
pub fn lock(tenant: Uuid, id: Uuid) -> bool {
    let arguments = [to_sql(tenant).into(), to_sql(id).into()];
    as_owner_past_row_security(c"work_items", || LOCK.with(|statement| statement.count(&arguments))) > 0
}

/// The id, where the context may write such an assistant; refuses with `unknown_assistant`.
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
