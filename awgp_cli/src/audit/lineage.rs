//! The points at which the database was adopted, as it tells them. What follows a point is computed here.

use super::answer::{parse, text};
use super::scope::Scope;
use awgp_client::{Trouble, Work};
use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::finding::{Finding, Kind};
use awgp_core::audit::lineage::{Lineage, Point, newest_id};
use uuid::Uuid;

/// A copy of the trail alone may be without the table.
const IS_THERE: &str = "SELECT (to_regclass('awgp.audit_adopted_lanes') IS NOT NULL)::integer::bigint";

const POINTS: &str = "
    SELECT tenant_id, chain_lane, previous_id, install_id, last_seq, last_hash FROM awgp.audit_adopted_lanes
    WHERE {tenants} ORDER BY tenant_id, chain_lane, last_seq";

/// Whether points may have come with a family.
const HAS_MOVES: &str = "
    SELECT count(*) FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass('awgp.audit_adopted_lanes') AND attname = 'move_id'
      AND to_regclass('awgp.installation') IS NOT NULL";

/// Points of these tenants before which the trail was of that install, and that a move has brought.
const CAME: &str = "
    SELECT count(*) FROM awgp.audit_adopted_lanes
    WHERE {tenants} AND move_id IS NOT NULL AND '{newest}' IN (previous_id, install_id)";

/// Which install id followed which.
const SUCCESSORS: &str = "SELECT previous_id, install_id FROM awgp.audit_adoptions";

/// The lineage of the lanes of these tenants. `known_id` is an install id that the trail has or had: what it
/// has now follows from the adoptions.
pub async fn read(work: &Work<'_>, scope: &Scope, known_id: Uuid) -> Result<Lineage, Trouble> {
    if work.number(IS_THERE, &[]).await? == 0 {
        return Ok(Lineage::of(known_id));
    }
    let mut successors: Vec<(Uuid, Uuid)> = Vec::new();
    for row in work.select(SUCCESSORS, &[]).await? {
        successors.push((parse(&text(&row, "previous_id"))?, parse(&text(&row, "install_id"))?));
    }
    let newest = newest_id(known_id, successors.iter().copied());
    let mut lineage = Lineage::of(present(work, scope, newest, successors).await?);
    for row in work.select(&POINTS.replace("{tenants}", &scope.condition()), &[]).await? {
        let lane = Lane {
            tenant_id: parse(&text(&row, "tenant_id"))?,
            chain_lane: parse(&text(&row, "chain_lane"))?,
        };
        // A text that is not a hash matches nothing: it is reported at the row that it was recorded for.
        let hash = Digest::from_hex(text(&row, "last_hash").as_bytes()).unwrap_or(Digest([0; 32]));
        let point = Point {
            previous_id: parse(&text(&row, "previous_id"))?,
            install_id: parse(&text(&row, "install_id"))?,
            last: Link { seq: parse(&text(&row, "last_seq"))?, hash },
        };
        lineage.add(lane, point);
    }
    Ok(lineage)
}

/// The install id that the trail has now. Where a family has come from another installation, what is known
/// may be an id of before, such as that of its notes: what it has now is this database's.
async fn present(
    work: &Work<'_>,
    scope: &Scope,
    newest: Uuid,
    successors: Vec<(Uuid, Uuid)>,
) -> Result<Uuid, Trouble> {
    let came = CAME.replace("{tenants}", &scope.condition());
    let came = came.replace("{newest}", &newest.to_string());
    if work.number(HAS_MOVES, &[]).await? == 0 || work.number(&came, &[]).await? == 0 {
        return Ok(newest);
    }
    let here = parse(&work.text("SELECT id::text FROM awgp.installation", &[]).await?)?;
    Ok(newest_id(here, successors))
}

/// The lineage of one tenant's lanes.
pub async fn of_tenant(work: &Work<'_>, tenant_id: Uuid, known_id: Uuid) -> Result<Lineage, Trouble> {
    read(work, &Scope::Tenants(vec![tenant_id]), known_id).await
}

/// The finding that an auditor asked for an install that this trail is not of, or not of any more.
pub fn other_install(lineage: &Lineage, expected: Uuid) -> Option<Finding> {
    let present = lineage.install_id();
    let detail = if present != expected {
        format!("the trail was of install {expected} until it was adopted: now it is of {present}")
    } else if lineage.was_adopted() && !lineage.ends_with(expected) {
        format!("the trail was adopted, and install {expected} is none of its installs")
    } else {
        return None;
    };
    Some(Finding::about_log(Kind::BadGenesis, detail))
}
