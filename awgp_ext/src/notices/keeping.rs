//! How long notices are kept.

use super::TABLE;
use super::targets::retention_days;
use crate::pg::clock;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use crate::pg::transaction::refuse_read_only;
use awgp_core::notices::ATTEMPTS_MAX;
use pgrx::JsonB;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use serde_json::json;

statements! {
    /// Deletes what is settled for longer than the retention.
    DELETE(TIMESTAMPTZOID, INT4OID) = "
        DELETE FROM awgp.outbox
        WHERE settled_at OPERATOR(pg_catalog.<=) ($1 OPERATOR(pg_catalog.-) pg_catalog.make_interval(days => $2))
          AND (tenant_id IS NULL OR NOT tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away()))";
    /// What has waited as long becomes a dead letter, and so does what was claimed as often as may be and
    /// never settled.
    GIVE_UP(TIMESTAMPTZOID, INT4OID, INT4OID) = "
        UPDATE awgp.outbox
        SET status = 'dead', settled_at = pg_catalog.clock_timestamp(),
            last_error = COALESCE(last_error, CASE WHEN attempts OPERATOR(pg_catalog.>) 0 THEN 'interrupted' ELSE 'not_claimed' END)
        WHERE status OPERATOR(pg_catalog.=) 'waiting' AND due_at OPERATOR(pg_catalog.<=) $1
          AND (tenant_id IS NULL OR NOT tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away()))
          AND (attempts OPERATOR(pg_catalog.>=) $3
               OR due_at OPERATOR(pg_catalog.<=) ($1 OPERATOR(pg_catalog.-) pg_catalog.make_interval(days => $2)))";
}

/// Deletes notices whose retention is over at a given time (default: now), and makes dead letters of those
/// that have waited as long. Returns how many of each.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn forget_notices(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> JsonB {
    refuse_read_only(c"awgp.forget_notices()");
    let at = clock::given_until_now("at", at).into_datum();
    let days = retention_days().into_datum();
    let attempts = i32::try_from(ATTEMPTS_MAX).unwrap_or(i32::MAX).into_datum();
    let (deleted, given_up) = as_owner_past_row_security(TABLE, || {
        (DELETE.count(&[at, days]), GIVE_UP.count(&[at, days, attempts]))
    });
    JsonB(json!({"deleted": deleted, "dead": given_up}))
}
