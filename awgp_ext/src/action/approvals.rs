//! The approvals of one action with its arguments.

use crate::pg::datum::{text, uuid};
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use crate::pg::tuple::Row;
use crate::state_machine::risk;
use crate::work::WorkItem;
use awgp_core::action::approved::Approval;
use awgp_core::approval::Status;
use awgp_core::work::digest::{Pin, VERSION};
use pgrx::pg_sys;
use uuid::Uuid;

statements! {
    /// Those of a work item and an action, or the one that is named, locked.
    OF_ACTION(UUIDOID, UUIDOID, TEXTOID, UUIDOID) = "
        SELECT id, status, risk_level, action, arguments_digest, requested_arguments_digest, expires_at,
               used_at, request_digest, request_digest_version, created_at
        FROM ONLY awgp.approvals
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND work_item_id OPERATOR(pg_catalog.=) $2
          AND action IS NOT NULL
          AND CASE WHEN $4 IS NULL THEN action OPERATOR(pg_catalog.=) $3 ELSE id OPERATOR(pg_catalog.=) $4 END
        FOR NO KEY UPDATE";
}

/// The approvals of this action, the newest first; of a named approval, that one alone, whatever
/// action it is for.
pub fn of_action(item: &WorkItem, action: &str, named: Option<Uuid>) -> Vec<Approval> {
    let arguments = [uuid(item.tenant), uuid(item.id), text(action), named.and_then(uuid)];
    let mut rows: Vec<(pg_sys::TimestampTz, Approval)> = as_owner_past_row_security(c"approvals", || {
        OF_ACTION.run(&arguments, |rows| rows.iter().filter_map(|row| read(&row)).collect())
    });
    rows.sort_by_key(|(created_at, _)| std::cmp::Reverse(*created_at));
    rows.into_iter().map(|(_, approval)| approval).collect()
}

fn read(row: &Row) -> Option<(pg_sys::TimestampTz, Approval)> {
    let time = |column| row.bigint(column).unwrap_or(pg_sys::TimestampTz::MIN);
    let approval = Approval {
        id: row.uuid(c"id")?,
        status: row.text(c"status").and_then(|name| Status::named(&name))?,
        risk_level: risk(row.integer(c"risk_level")).unwrap_or(0),
        action: row.text(c"action")?,
        arguments_digest: row.text(c"arguments_digest")?,
        requested_digest: row.text(c"requested_arguments_digest")?,
        expires_at_us: time(c"expires_at"),
        used: !row.is_null(c"used_at"),
        request_digest: Pin {
            version: row.integer(c"request_digest_version").unwrap_or(VERSION),
            digest: row.text(c"request_digest")?,
        },
    };
    Some((time(c"created_at"), approval))
}
