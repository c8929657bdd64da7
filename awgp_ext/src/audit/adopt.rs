//! `adopt()`: a copy beside its original becomes an installation of its own, from a point in its trail.
//!
//! Nobody writes meanwhile. In each lane the last link is recorded, and the next row will follow a link that
//! names the new install ([`awgp_core::audit::lineage`]). Rows of before stay as they are, and verify from
//! the genesis value of the install that they were written in. The newest checkpoint of each tenant is stated
//! again under the new install, and is not signed: the original's notes stay the original's.

use super::append::Appender;
use super::{installation, lineage, queue};
use crate::install::place;
use crate::partitions::waiting;
use crate::pg::argument;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::query;
use crate::pg::raise::{or_raise, raise};
use crate::pg::relation;
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use awgp_core::audit::chain::{Lane, Link};
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::lineage::Point;
use awgp_core::moving;
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// Every lane that has a row, or had one in a retired month; one index look-up each.
const LANES: &str = "
    WITH RECURSIVE lane (tenant_id, chain_lane) AS (
        (SELECT tenant_id, chain_lane FROM awgp.audit_logs ORDER BY tenant_id, chain_lane LIMIT 1)
        UNION ALL
        SELECT following.* FROM lane CROSS JOIN LATERAL (
            SELECT a.tenant_id, a.chain_lane FROM awgp.audit_logs AS a
            WHERE (a.tenant_id, a.chain_lane) > (lane.tenant_id, lane.chain_lane)
            ORDER BY a.tenant_id, a.chain_lane LIMIT 1) AS following
    )
    SELECT tenant_id, chain_lane FROM lane
    UNION
    SELECT tenant_id, chain_lane FROM awgp.audit_chain_anchors
    ORDER BY 1, 2";

/// Lanes that are recorded with one statement.
const AT_ONCE: usize = 1000;

/// Gives this database an install id of its own, from this point of its trail on, and returns it. For the
/// owner.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn adopt(reason: Option<&str>) -> pgrx::Uuid {
    refuse_read_only(c"awgp.adopt()");
    installation::refuse_copy();
    let reason = or_raise(awgp_core::audit::lineage::reason(argument::needed("reason", reason)));
    // What this transaction has recorded so far belongs to the point before.
    queue::flush();
    // Until the transaction ends nobody else writes the trail.
    waiting::lock(&[(c"audit_logs", pg_sys::ShareRowExclusiveLock)]);
    refuse_under_way();
    let previous = installation::id();
    let next = role::as_installer_past_row_security(|| {
        // SAFETY: pushed and popped in pairs; after an error the end of the transaction pops it. The latest
        // snapshot, because this transaction may have waited for writers.
        let adopted = unsafe {
            pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot());
            let adopted = record(previous, reason);
            pg_sys::PopActiveSnapshot();
            adopted
        };
        adopted.unwrap_or_else(|error| error!("the adoption could not be recorded: {error}"))
    });
    place::remember(true);
    // Every session reads the install id again before it writes.
    // SAFETY: the table exists, and is locked.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(relation::existing(c"audit_logs")) };
    installation::forget();
    queue::forget_tails();
    let told = json!({"previous_id": previous, "install_id": next, "reason": reason});
    queue::push_installation_event("adopt", "installation", &told);
    to_sql(next)
}

/// A family that is between two installations belongs to the ids that its move began with.
fn refuse_under_way() {
    let slug = role::as_installer_past_row_security(|| {
        query::one::<String>(
            "SELECT min(slug) FROM awgp.tenant_moves WHERE state IN ('preparing', 'stopped', 'verified')",
            &[],
        )
    });
    if let Ok(Some(slug)) = slug {
        let hint = "Let the move end, or undo it: awgp fleet move FAMILY --back.";
        raise(&moving::refused("under_way", "a family is being moved", hint).with("slug", slug));
    }
}

fn record(previous: Uuid, reason: &str) -> spi::Result<Uuid> {
    let points = points()?;
    let next: Option<pgrx::Uuid> = Spi::get_one_with_args(
        "INSERT INTO awgp.audit_adoptions (install_id, previous_id, adopted_by, reason)
         VALUES (gen_random_uuid(), $1, session_user, $2) RETURNING install_id",
        &[to_sql(previous).into(), reason.into()],
    )?;
    let next = next.map_or(Uuid::nil(), |id| from_sql(&id));
    for some in points.chunks(AT_ONCE) {
        record_points(some, previous, next)?;
    }
    Spi::run_with_args(
        "UPDATE awgp.installation SET id = $1, adoptions = adoptions + 1",
        &[to_sql(next).into()],
    )?;
    restate_checkpoints(next, None)?;
    Ok(next)
}

/// Each lane with its last link.
fn points() -> spi::Result<Vec<(Lane, Link)>> {
    let lanes: Vec<Lane> = Spi::connect(|client| {
        client
            .select(LANES, None, &[])?
            .map(|row| Ok(row.get::<pgrx::Uuid>(1)?.zip(row.get::<i16>(2)?)))
            .collect::<spi::Result<Vec<_>>>()
    })?
    .into_iter()
    .flatten()
    .map(|(tenant, chain_lane)| Lane { tenant_id: from_sql(&tenant), chain_lane })
    .collect();
    let mut appender = Appender::open();
    let mut points = Vec::new();
    for lane in lanes {
        pgrx::check_for_interrupts!();
        if let Some(tail) = appender.tail(lane) {
            points.push((lane, lineage::next(lane, Some(tail.link))));
        }
    }
    appender.close();
    Ok(points)
}

fn record_points(points: &[(Lane, Link)], previous: Uuid, next: Uuid) -> spi::Result<()> {
    let adopted: Vec<Link> = points
        .iter()
        .map(|(lane, last)| {
            Point { previous_id: previous, install_id: next, last: *last }.adoption_link(*lane)
        })
        .collect();
    let tenants: Vec<_> = points.iter().map(|(lane, _)| to_sql(lane.tenant_id)).collect();
    let lanes: Vec<_> = points.iter().map(|(lane, _)| lane.chain_lane).collect();
    let lasts: Vec<_> = points.iter().map(|(_, last)| last.seq).collect();
    let hashes: Vec<_> = points.iter().map(|(_, last)| last.hash.to_string()).collect();
    let adopted_hashes: Vec<_> = adopted.iter().map(|link| link.hash.to_string()).collect();
    Spi::run_with_args(
        "INSERT INTO awgp.audit_adopted_lanes
             (tenant_id, chain_lane, last_seq, last_hash, adopted_seq, adopted_hash, install_id, previous_id,
              adoption_id)
         SELECT tenant, lane, seq, hash, seq + 1, adopted, $6, $7, $6
         FROM unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::text[], $5::text[])
              AS point (tenant, lane, seq, hash, adopted)",
        &[
            tenants.into(),
            lanes.into(),
            lasts.into(),
            hashes.into(),
            adopted_hashes.into(),
            to_sql(next).into(),
            to_sql(previous).into(),
        ],
    )
}

/// The newest checkpoint of each tenant, or of each of these, is this install's now, and nobody has signed it
/// as such.
pub fn restate_checkpoints(next: Uuid, tenants: Option<&[pgrx::Uuid]>) -> spi::Result<()> {
    let newest = "SELECT DISTINCT ON (tenant_id) body FROM awgp.audit_checkpoints
                  WHERE $1::uuid[] IS NULL OR tenant_id = ANY ($1) ORDER BY tenant_id, tree_size DESC";
    let tenants = tenants.map(<[pgrx::Uuid]>::to_vec);
    let bodies = Spi::connect(|client| {
        client
            .select(newest, None, &[tenants.into()])?
            .map(|row| row.get::<String>(1))
            .collect::<spi::Result<Vec<_>>>()
    })?;
    for body in bodies.into_iter().flatten() {
        // One that was changed is found where it is read; it is left as it is.
        let Ok(checkpoint) = Checkpoint::parse(&body) else { continue };
        let restated = Checkpoint { install_id: next, ..checkpoint };
        Spi::run_with_args(
            "UPDATE awgp.audit_checkpoints SET body = $1, signed_at = NULL, signed_by = NULL
             WHERE tenant_id = $2 AND tree_size = $3",
            &[
                restated.to_text().into(),
                to_sql(restated.tenant_id).into(),
                i64::try_from(restated.size).unwrap_or(i64::MAX).into(),
            ],
        )?;
    }
    Ok(())
}
