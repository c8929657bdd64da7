//! The points of the trail at which this database was adopted.

use super::installation;
use super::read::Scope;
use crate::moving;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::relation;
use crate::pg::scan::Condition;
use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::lineage::{Lineage, Point, newest_id};
use pgrx::prelude::*;
use uuid::Uuid;

/// What the next row of a lane follows, after this link; the genesis value where the lane has no row. Read
/// below SQL while holding the lane's lock.
pub fn next(lane: Lane, tail: Option<Link>) -> Link {
    let present = installation::present();
    let mut lineage = Lineage::of(present.id);
    if present.was_adopted || moving::any_arrived() {
        let conditions = [
            (c"tenant_id", Condition::Uuid(lane.tenant_id)),
            (c"chain_lane", Condition::Smallint(lane.chain_lane)),
        ];
        let mut points: Vec<Point> = Vec::new();
        relation::for_each_where(
            c"audit_adopted_lanes",
            Some(c"audit_adopted_lanes_pkey"),
            &conditions,
            |row| {
                let hash = row.text(c"last_hash").and_then(|hash| Digest::from_hex(hash.as_bytes()));
                if let (Some(previous_id), Some(install_id), Some(seq), Some(hash)) =
                    (row.uuid(c"previous_id"), row.uuid(c"install_id"), row.bigint(c"last_seq"), hash)
                {
                    points.push(Point { previous_id, install_id, last: Link { seq, hash } });
                }
            },
        );
        points.sort_by_key(|point| point.last.seq);
        points.into_iter().for_each(|point| lineage.add(lane, point));
    }
    tail.map_or_else(|| lineage.start(lane), |tail| lineage.after(lane, tail))
}

/// The lineage of one tenant's lanes.
pub fn of_tenant(tenant: Uuid) -> Lineage {
    of(Scope { tenant: Some(tenant), partition: None })
}

/// The lineage of the lanes of the scope that the caller may read.
pub fn of(scope: Scope<'_>) -> Lineage {
    let present = installation::present();
    // A copy keeps the id that its original had when it began; the original's adoptions arrive as rows.
    let is_copy = present.subscription.is_some();
    let mut lineage = Lineage::of(if is_copy { newest_id(present.id, adoptions()) } else { present.id });
    if !present.was_adopted && !is_copy && !moving::any_arrived() {
        return lineage;
    }
    let arguments = [scope.tenant.map(to_sql).into()];
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT tenant_id, chain_lane, previous_id, install_id, last_seq, last_hash
             FROM awgp.audit_adopted_lanes WHERE $1::uuid IS NULL OR tenant_id = $1
             ORDER BY tenant_id, chain_lane, last_seq",
            None,
            &arguments,
        )?;
        add_points(&mut lineage, rows)
    });
    if let Err(error) = read {
        error!("awgp.audit_adopted_lanes could not be read: {error}");
    }
    lineage
}

/// Adds points, which come in ascending order: tenant, lane, previous and next install, number and hash.
pub fn add_points(lineage: &mut Lineage, rows: spi::SpiTupleTable<'_>) -> spi::Result<()> {
    for row in rows {
        let ids: [Option<pgrx::Uuid>; 3] = [row.get(1)?, row.get(3)?, row.get(4)?];
        let [Some(tenant), Some(previous), Some(next)] = ids else { continue };
        let hash = row.get::<String>(6)?.and_then(|hash| Digest::from_hex(hash.as_bytes()));
        if let (Some(chain_lane), Some(seq), Some(hash)) = (row.get::<i16>(2)?, row.get::<i64>(5)?, hash) {
            let lane = Lane { tenant_id: from_sql(&tenant), chain_lane };
            let last = Link { seq, hash };
            let point = Point { previous_id: from_sql(&previous), install_id: from_sql(&next), last };
            lineage.add(lane, point);
        }
    }
    Ok(())
}

/// The previous install id and the next one of each adoption.
fn adoptions() -> Vec<(Uuid, Uuid)> {
    let read = Spi::connect(|client| {
        let rows = client.select("SELECT previous_id, install_id FROM awgp.audit_adoptions", None, &[])?;
        rows.map(|row| Ok(row.get::<pgrx::Uuid>(1)?.zip(row.get::<pgrx::Uuid>(2)?)))
            .collect::<spi::Result<Vec<_>>>()
    });
    match read {
        Ok(pairs) => {
            let both = pairs.into_iter().flatten();
            both.map(|(previous, next)| (from_sql(&previous), from_sql(&next))).collect()
        }
        Err(error) => error!("awgp.audit_adoptions could not be read: {error}"),
    }
}
