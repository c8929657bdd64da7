//! The place in the trail of an action's last event: the receipt that `finish_action()` answers with.
//!
//! The place is known once the event is chained, which otherwise happens at commit. So it is chained now, and
//! the transaction holds its lane until it ends: only for a caller who asks for it.

use crate::audit::queue;
use crate::pg::datum::uuid;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use serde_json::{Value, json};
use uuid::Uuid;

statements! {
    /// The last event of an action's row.
    LAST(UUIDOID, UUIDOID) = "
        SELECT id, chain_lane::pg_catalog.int4 AS chain_lane, chain_seq, integrity_hash FROM awgp.audit_logs
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND entity_type OPERATOR(pg_catalog.=) 'governed_actions'
          AND entity_id OPERATOR(pg_catalog.=) $2 AND action OPERATOR(pg_catalog.=) 'update'
          AND NOT metadata OPERATOR(pg_catalog.?) 'origin'
        ORDER BY id USING OPERATOR(pg_catalog.>) LIMIT 1";
}

/// The answer, with the place of the event that ended the action.
pub fn added(mut answer: Value, tenant: Uuid, action: Uuid) -> Value {
    queue::flush();
    let place = as_owner_past_row_security(c"audit_logs", || {
        LAST.run(&[uuid(tenant), uuid(action)], |rows| {
            let row = rows.first()?;
            Some(json!({
                "tenant_id": tenant.to_string(),
                "audit_id": row.bigint(c"id")?,
                "chain_lane": row.integer(c"chain_lane")?,
                "chain_seq": row.bigint(c"chain_seq")?,
                "integrity_hash": row.text(c"integrity_hash")?,
            }))
        })
    });
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("receipt".to_owned(), place.unwrap_or(Value::Null));
    }
    answer
}
