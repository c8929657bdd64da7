//! What `awgp notify` calls: claim notices, say what became of each, and send dead letters again.
//!
//! A claim moves `due_at` past the end of the lease, and counts the attempt. That a notice was delivered
//! counts whoever says it; that an attempt failed counts only while no later one has begun. Several processes
//! claim at the same time, and SKIP LOCKED gives each notice to one of them.

use super::TABLE;
use crate::audit::installation::refuse_copy;
use crate::pg::argument::needed;
use crate::pg::clock;
use crate::pg::datum::{from_sql, text, to_sql, uuid};
use crate::pg::encoding::Text;
use crate::pg::raise::or_raise;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use crate::pg::tuple::Row;
use awgp_core::argument::within;
use awgp_core::notices::{ATTEMPTS_MAX, wait_seconds};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

statements! {
    /// The notices of a target that are due, oldest first.
    CLAIM(TEXTOID, INT4OID, INT4OID, TIMESTAMPTZOID, INT4OID) = "
        UPDATE awgp.outbox AS notice
        SET attempts = notice.attempts OPERATOR(pg_catalog.+) 1,
            due_at = $4 OPERATOR(pg_catalog.+) pg_catalog.make_interval(secs => $3)
        WHERE notice.id OPERATOR(pg_catalog.=) ANY (ARRAY(
            SELECT id FROM awgp.outbox
            WHERE status OPERATOR(pg_catalog.=) 'waiting' AND target OPERATOR(pg_catalog.=) $1
              AND due_at OPERATOR(pg_catalog.<=) $4 AND attempts OPERATOR(pg_catalog.<) $5
              AND (tenant_id IS NULL OR NOT tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away()))
            ORDER BY due_at USING OPERATOR(pg_catalog.<) LIMIT $2 FOR UPDATE SKIP LOCKED))
        RETURNING notice.id, notice.attempts, notice.kind, notice.tenant_id, notice.entity_type, notice.entity_id,
                  notice.code, notice.expires_at, notice.created_at,
                  (SELECT slug FROM awgp.tenants WHERE tenants.id OPERATOR(pg_catalog.=) notice.tenant_id) AS tenant";
    /// It has arrived.
    DELIVERED(UUIDOID) = "
        UPDATE awgp.outbox SET status = 'delivered', settled_at = pg_catalog.clock_timestamp(), last_error = NULL
        WHERE id OPERATOR(pg_catalog.=) $1 AND status OPERATOR(pg_catalog.=) 'waiting'
          AND (tenant_id IS NULL OR NOT tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away()))";
    /// It has not; without a wait it is a dead letter.
    FAILED(UUIDOID, INT4OID, TEXTOID, INT4OID) = "
        UPDATE awgp.outbox
        SET last_error = $3,
            status = CASE WHEN $4 IS NULL THEN 'dead' ELSE 'waiting' END,
            settled_at = CASE WHEN $4 IS NULL THEN pg_catalog.clock_timestamp() END,
            due_at = pg_catalog.clock_timestamp()
                     OPERATOR(pg_catalog.+) pg_catalog.make_interval(secs => COALESCE($4, 0))
        WHERE id OPERATOR(pg_catalog.=) $1 AND attempts OPERATOR(pg_catalog.=) $2
          AND status OPERATOR(pg_catalog.=) 'waiting'
          AND (tenant_id IS NULL OR NOT tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away()))
        RETURNING status";
    /// Dead letters wait again.
    AGAIN(TEXTOID) = "
        UPDATE awgp.outbox
        SET status = 'waiting', attempts = 0, due_at = pg_catalog.clock_timestamp(), settled_at = NULL
        WHERE status OPERATOR(pg_catalog.=) 'dead' AND ($1 IS NULL OR target OPERATOR(pg_catalog.=) $1)
          AND (tenant_id IS NULL OR NOT tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away()))";
}

struct Claimed {
    id: pgrx::Uuid,
    attempt: i32,
    kind: String,
    tenant_id: Option<pgrx::Uuid>,
    tenant: Option<String>,
    entity_type: String,
    entity_id: Option<pgrx::Uuid>,
    code: Option<String>,
    expires_at: Option<TimestampWithTimeZone>,
    created_at: TimestampWithTimeZone,
}

impl Claimed {
    fn of(row: &Row) -> Option<Self> {
        Some(Self {
            id: to_sql(row.uuid(c"id")?),
            attempt: row.integer(c"attempts")?,
            kind: row.text(c"kind")?,
            tenant_id: row.uuid(c"tenant_id").map(to_sql),
            tenant: row.text(c"tenant"),
            entity_type: row.text(c"entity_type")?,
            entity_id: row.uuid(c"entity_id").map(to_sql),
            code: row.text(c"code"),
            expires_at: row.bigint(c"expires_at").and_then(|at| at.try_into().ok()),
            created_at: row.bigint(c"created_at")?.try_into().ok()?,
        })
    }
}

/// Claims notices of a target that are due, for as long as the lease: nobody else gets them meanwhile.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
#[allow(clippy::type_complexity)] // pgrx reads the columns from the type
fn claim_notices(
    target: Option<Text>,
    most: default!(Option<i32>, "1"),
    lease_seconds: default!(Option<i32>, "60"),
) -> TableIterator<
    'static,
    (
        name!(id, pgrx::Uuid),
        name!(attempt, i32),
        name!(kind, String),
        name!(tenant_id, Option<pgrx::Uuid>),
        name!(tenant, Option<String>),
        name!(entity_type, String),
        name!(entity_id, Option<pgrx::Uuid>),
        name!(code, Option<String>),
        name!(expires_at, Option<TimestampWithTimeZone>),
        name!(created_at, TimestampWithTimeZone),
    ),
> {
    let target = needed("target", target).0;
    let most = or_raise(within("most", needed("most", most), 1..=1000));
    let lease = or_raise(within("lease_seconds", needed("lease_seconds", lease_seconds), 5..=3600));
    refuse_copy();
    let attempts = i32::try_from(ATTEMPTS_MAX).unwrap_or(i32::MAX);
    let arguments = [
        text(&target),
        most.into_datum(),
        lease.into_datum(),
        clock::now().into_datum(),
        attempts.into_datum(),
    ];
    let claimed: Vec<Claimed> = as_owner_past_row_security(TABLE, || {
        CLAIM.run(&arguments, |rows| rows.iter().filter_map(|row| Claimed::of(&row)).collect())
    });
    TableIterator::new(claimed.into_iter().map(|one| {
        (
            one.id,
            one.attempt,
            one.kind,
            one.tenant_id,
            one.tenant,
            one.entity_type,
            one.entity_id,
            one.code,
            one.expires_at,
            one.created_at,
        )
    }))
}

/// The notice has arrived; false where it was settled before.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn notice_delivered(notice_id: Option<pgrx::Uuid>) -> bool {
    let id = from_sql(&needed("notice_id", notice_id));
    as_owner_past_row_security(TABLE, || DELIVERED.count(&[uuid(id)])) > 0
}

/// The attempt has failed. Returns the notice's status, and NULL where the notice was settled or claimed
/// again meanwhile.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn notice_failed(
    notice_id: Option<pgrx::Uuid>,
    attempt: Option<i32>,
    error: Option<Text>,
    retry_after_seconds: default!(Option<i32>, "NULL"),
    is_final: default!(Option<bool>, "false"),
) -> Option<String> {
    let id = from_sql(&needed("notice_id", notice_id));
    let attempt = needed("attempt", attempt);
    let error = needed("error", error).0;
    let asked = retry_after_seconds.and_then(|seconds| u32::try_from(seconds).ok());
    let number = u32::try_from(attempt).unwrap_or(0);
    let wait = if is_final == Some(true) { None } else { wait_seconds(number, asked, id.as_bytes()[0]) };
    let wait = wait.and_then(|seconds| i32::try_from(seconds).ok());
    let arguments = [uuid(id), attempt.into_datum(), text(&error), wait.into_datum()];
    as_owner_past_row_security(TABLE, || {
        FAILED.run(&arguments, |rows| rows.first().and_then(|row| row.text(c"status")))
    })
}

/// Dead letters, of one target or of all, are due again. Returns how many.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn retry_notices(target: default!(Option<Text>, "NULL")) -> i64 {
    refuse_copy();
    let target = target.and_then(|Text(name)| text(&name));
    let again = as_owner_past_row_security(TABLE, || AGAIN.count(&[target]));
    i64::try_from(again).unwrap_or(i64::MAX)
}
