//! The step of maintenance that tells of open approvals shortly before they expire.

use super::{About, settings_of, write_to};
use crate::pg::clock;
use crate::pg::role::as_installer_past_row_security;
use crate::pg::statement::statements;
use crate::pg::transaction::refuse_read_only;
use crate::pg::tuple::Row;
use awgp_core::notices::Kind;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::TimestampTz;
use pgrx::prelude::*;
use std::collections::HashMap;
use uuid::Uuid;

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;

statements! {
    /// Open approvals that end within the longest time that a tenant may ask for, and were not told of.
    ENDING(TIMESTAMPTZOID) = "
        SELECT tenant_id, id, expires_at, COALESCE(escalated_at, created_at) AS since FROM ONLY awgp.approvals AS ending
        WHERE status OPERATOR(pg_catalog.=) ANY ('{pending,escalated}'::text[])
          AND expires_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()
          AND expires_at OPERATOR(pg_catalog.<=) ($1 OPERATOR(pg_catalog.+) '7 days'::interval)
          AND NOT tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away())
          AND NOT EXISTS (
              SELECT FROM awgp.outbox AS told
              WHERE told.tenant_id OPERATOR(pg_catalog.=) ending.tenant_id
                AND told.entity_id OPERATOR(pg_catalog.=) ending.id
                AND told.expires_at OPERATOR(pg_catalog.=) ending.expires_at)
        ORDER BY expires_at USING OPERATOR(pg_catalog.<), id USING OPERATOR(pg_catalog.<)";
}

struct Ending {
    tenant: Uuid,
    id: Uuid,
    expires_at: TimestampTz,
    since: TimestampTz,
}

impl Ending {
    fn of(row: &Row) -> Option<Self> {
        Some(Self {
            tenant: row.uuid(c"tenant_id")?,
            id: row.uuid(c"id")?,
            expires_at: row.bigint(c"expires_at")?,
            since: row.bigint(c"since")?,
        })
    }

    /// When to tell: this long before the end, but not before half of the time is over.
    fn is_due(&self, before_seconds: u32, at: TimestampTz) -> bool {
        let before = i64::from(before_seconds) * MICROSECONDS_PER_SECOND;
        at >= self.expires_at - before.min((self.expires_at - self.since) / 2)
    }
}

/// Writes notices of open approvals of every tenant that expire soon at a given time (default: now), each
/// once for a moment of expiry. Returns how many.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn remind_of_approvals(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i64 {
    refuse_read_only(c"awgp.remind_of_approvals()");
    let at = clock::given_until_now("at", at);
    let arguments = [at.into_datum()];
    let ending: Vec<Ending> = as_installer_past_row_security(|| {
        ENDING.run(&arguments, |rows| rows.iter().filter_map(|row| Ending::of(&row)).collect())
    });
    let mut settings = HashMap::new();
    let mut written = 0;
    for approval in ending {
        let settings = settings.entry(approval.tenant).or_insert_with(|| settings_of(approval.tenant));
        if !approval.is_due(settings.remind_before_seconds, at.into_inner()) {
            continue;
        }
        let about = About {
            tenant: Some(approval.tenant),
            entity_type: "approvals",
            entity: Some(approval.id),
            expires_at: Some(approval.expires_at),
            code: None,
        };
        written += write_to(settings.targets(Kind::ApprovalExpiring), Kind::ApprovalExpiring, &about);
    }
    i64::try_from(written).unwrap_or(i64::MAX)
}
