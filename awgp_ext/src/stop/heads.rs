//! The trail at the moment of a stop: the events that say so, with the last link of each lane.
//!
//! A lane has an order, a trail of several lanes has none. So an event names the head of every lane of its
//! tenant, read under the locks of stops: what a lane has up to there was committed before, and what begins
//! something comes after it. The event's own hash covers the heads, and each head covers its lane up to it.

use super::in_force::{Stop, TABLE};
use crate::audit::event::Event;
use crate::audit::installation;
use crate::audit::{actor, queue};
use crate::notices;
use crate::pg::datum::uuid;
use crate::pg::jsonb::Jsonb;
use crate::pg::relation;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use awgp_core::notices::Kind;
use awgp_core::stop::{BEGAN, ENDED, ENTITY};
use pgrx::pg_sys;
use serde_json::{Value, json};
use uuid::Uuid;

statements! {
    /// The last link of each lane of a tenant, found with one index look-up each; of a lane whose months
    /// are all retired, the anchor.
    HEADS(UUIDOID) = "
        WITH RECURSIVE lane (number) AS (
            (SELECT chain_lane FROM awgp.audit_logs WHERE tenant_id OPERATOR(pg_catalog.=) $1
             ORDER BY chain_lane USING OPERATOR(pg_catalog.<) LIMIT 1)
            UNION ALL
            SELECT (SELECT log.chain_lane FROM awgp.audit_logs AS log
                    WHERE log.tenant_id OPERATOR(pg_catalog.=) $1
                      AND log.chain_lane OPERATOR(pg_catalog.>) lane.number
                    ORDER BY log.chain_lane USING OPERATOR(pg_catalog.<) LIMIT 1)
            FROM lane WHERE lane.number IS NOT NULL)
        SELECT lane.number AS chain_lane, head.chain_seq, head.integrity_hash
        FROM lane CROSS JOIN LATERAL (
            SELECT log.chain_seq, log.integrity_hash FROM awgp.audit_logs AS log
            WHERE log.tenant_id OPERATOR(pg_catalog.=) $1 AND log.chain_lane OPERATOR(pg_catalog.=) lane.number
            ORDER BY log.chain_seq USING OPERATOR(pg_catalog.>) LIMIT 1) AS head
        UNION ALL
        (SELECT DISTINCT ON (anchor.chain_lane) anchor.chain_lane, anchor.last_seq, anchor.last_hash
         FROM awgp.audit_chain_anchors AS anchor
         WHERE anchor.tenant_id OPERATOR(pg_catalog.=) $1
           AND NOT EXISTS (SELECT FROM awgp.audit_logs AS log
                           WHERE log.tenant_id OPERATOR(pg_catalog.=) $1
                             AND log.chain_lane OPERATOR(pg_catalog.=) anchor.chain_lane)
         ORDER BY anchor.chain_lane USING OPERATOR(pg_catalog.<), anchor.last_seq USING OPERATOR(pg_catalog.>))";
}

/// How many covered tenants an event names.
const NAMED_MAX: usize = 1000;

/// What an event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The stop is in force.
    Began,
    /// It is lifted.
    Ended,
}

/// Records in the trail of each of these tenants that a stop begins or ends, with the heads of its lanes. The
/// caller holds the locks.
pub fn say(said: Said, stop: &Stop, tenants: &[Uuid], reason: &str) {
    for tenant in tenants {
        // Only who was stopped is told who else is: a subsidiary does not read of its siblings.
        let covered = if stop.tenant == Some(*tenant) { tenants } else { &[] };
        record(said, stop, *tenant, reason, covered);
        let kind = if said == Said::Began { Kind::Stopped } else { Kind::Resumed };
        notices::write(kind, *tenant, "stops", stop.id);
    }
}

/// The same in the installation's own trail.
pub fn say_of_installation(said: Said, stop: &Stop, tenants: &[Uuid], reason: &str) {
    record(said, stop, installation::id(), reason, tenants);
}

fn record(said: Said, stop: &Stop, tenant: Uuid, reason: &str, covered: &[Uuid]) {
    let state = json!({
        "stop_id": stop.id,
        "scope": stop.scope.name(),
        "tenant_id": stop.tenant,
        "assistant_id": stop.assistant,
        "reason": reason,
        "heads": heads(tenant),
        "covers": covered.len(),
        "tenants": covered.get(..NAMED_MAX.min(covered.len())),
    });
    queue::push(Event {
        id: None,
        at: None,
        tenant,
        actor: actor::current(),
        action: if said == Said::Began { BEGAN } else { ENDED }.to_owned(),
        entity_type: ENTITY.to_owned(),
        entity_id: Some(stop.id),
        before: None,
        after: Some(Jsonb::from_text(&state.to_string())),
        metadata: None,
        left_out: Vec::new(),
        erasable: Vec::new(),
    });
}

/// The last link of each lane, as it is committed now.
fn heads(tenant: Uuid) -> Value {
    let links = || {
        HEADS.look(&[uuid(tenant)], |rows| {
            let link = |row: crate::pg::tuple::Row| {
                json!([row.smallint(c"chain_lane"), row.bigint(c"chain_seq"), row.text(c"integrity_hash")])
            };
            rows.iter().map(link).collect::<Vec<Value>>()
        })
    };
    Value::Array(with_latest_snapshot(|| as_owner_past_row_security(c"audit_logs", links)))
}

/// Runs what only reads with a snapshot of what is committed now, at every isolation level.
pub fn with_latest_snapshot<T>(run: impl FnOnce() -> T) -> T {
    // SAFETY: pushed and popped in pairs; after an error the end of the (sub)transaction pops it.
    unsafe {
        pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot());
        let answer = run();
        pg_sys::PopActiveSnapshot();
        answer
    }
}

/// Why a stop was made.
pub fn reason_of(stop: Uuid) -> String {
    let mut reason = None;
    relation::for_each_by_uuid(TABLE, c"stops_pkey", c"id", stop, |row| reason = row.text(c"reason"));
    reason.unwrap_or_default()
}
