//! What seals and checkpoints have recorded about lanes.

use super::append;
use super::read::Scope;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::query;
use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::finding::Finding;
use awgp_core::audit::lane_facts::{Bridge, Head, LaneFacts};
use awgp_core::audit::lineage::Lineage;
use pgrx::prelude::*;
use std::collections::BTreeMap;

/// What a seal recorded about a lane in its partition.
pub struct Anchor {
    /// The first number.
    pub first_seq: i64,
    last: Link,
    /// True where the partition is attached, so its rows must exist.
    is_attached: bool,
}

/// What is known about a lane before its first row in the scope.
///
/// The anchors of seals and the last leaf of a checkpoint are links that the lane has reached.
pub fn known(
    scope: Scope<'_>,
    lineage: &Lineage,
    lane: Lane,
    first_seq: i64,
    (anchors, leaf): (&[Anchor], Option<Link>),
) -> LaneFacts {
    let whole = lineage.facts(lane);
    let is_part = scope.partition.is_some();
    let start = if is_part && first_seq > 1 {
        append::link_at(lane, first_seq - 1)
            .or_else(|| anchored(lane, first_seq - 1))
            .or_else(|| lineage.at(lane, first_seq - 1))
            .unwrap_or(whole.start)
    } else {
        whole.start
    };
    let mut points: Vec<Link> =
        anchors.iter().filter(|anchor| anchor.is_attached).map(|anchor| anchor.last).collect();
    points.extend(&whole.points);
    points.extend(leaf);
    // A missing partition is reported once, not row by row.
    let gone = anchors.iter().filter(|anchor| !anchor.is_attached);
    let mut bridges: Vec<Bridge> =
        gone.map(|anchor| Bridge { first_seq: anchor.first_seq, last: anchor.last }).collect();
    bridges.extend(&whole.bridges);
    bridges.sort_by_key(|bridge| bridge.first_seq);
    // A partition may end before the lane was adopted.
    let adopted = whole.points.last().copied().filter(|_| !is_part);
    let last = anchors
        .last()
        .map(|anchor| anchor.last)
        .into_iter()
        .chain(adopted)
        .chain(leaf)
        .max_by_key(|link| link.seq);
    let head = last.map_or(Head::Unknown, Head::AtLeast);
    LaneFacts { start, points, bridges, head, ..whole }
}

/// The last row of each lane that a checkpoint has recorded. A partition need not have it.
pub fn last_leaves(scope: Scope<'_>) -> BTreeMap<Lane, Link> {
    let mut leaves = BTreeMap::new();
    if scope.partition.is_some() {
        return leaves;
    }
    let arguments = [scope.tenant.map(to_sql).into()];
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT DISTINCT ON (tenant_id, chain_lane) tenant_id, chain_lane, last_seq, last_hash
             FROM awgp.audit_tree_lanes WHERE $1::uuid IS NULL OR tenant_id = $1
             ORDER BY tenant_id, chain_lane, last_seq DESC",
            None,
            &arguments,
        )?;
        for row in rows {
            let (tenant, chain_lane): (Option<pgrx::Uuid>, Option<i16>) = (row.get(1)?, row.get(2)?);
            let seq: Option<i64> = row.get(3)?;
            let hash = row.get::<String>(4)?.and_then(|hash| Digest::from_hex(hash.as_bytes()));
            if let (Some(tenant), Some(chain_lane), Some(seq), Some(hash)) = (tenant, chain_lane, seq, hash) {
                leaves.insert(Lane { tenant_id: from_sql(&tenant), chain_lane }, Link { seq, hash });
            }
        }
        Ok::<_, spi::Error>(())
    });
    if let Err(error) = read {
        error!("awgp.audit_tree_lanes could not be read: {error}");
    }
    leaves
}

/// The links that seals have recorded, for each lane in ascending order.
pub fn anchors(scope: Scope<'_>) -> BTreeMap<Lane, Vec<Anchor>> {
    let arguments = [scope.tenant.map(to_sql).into(), scope.partition.into()];
    let mut anchors: BTreeMap<Lane, Vec<Anchor>> = BTreeMap::new();
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT tenant_id, chain_lane, first_seq, last_seq, last_hash, EXISTS (
                 SELECT FROM pg_inherits
                 WHERE inhparent = to_regclass('awgp.audit_logs')
                   AND inhrelid = to_regclass(format('awgp.%I', partition_name)))
             FROM awgp.audit_chain_anchors
             WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ($2::text IS NULL OR partition_name = $2)
             ORDER BY tenant_id, chain_lane, last_seq",
            None,
            &arguments,
        )?;
        for row in rows {
            let (tenant, chain_lane): (Option<pgrx::Uuid>, Option<i16>) = (row.get(1)?, row.get(2)?);
            let (first_seq, seq): (Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?);
            let hash = row.get::<String>(5)?.and_then(|hash| Digest::from_hex(hash.as_bytes()));
            let is_attached = row.get(6)? == Some(true);
            if let (Some(tenant), Some(chain_lane), Some(first_seq), Some(seq), Some(hash)) =
                (tenant, chain_lane, first_seq, seq, hash)
            {
                let lane = Lane { tenant_id: from_sql(&tenant), chain_lane };
                let last = Link { seq, hash };
                anchors.entry(lane).or_default().push(Anchor { first_seq, last, is_attached });
            }
        }
        Ok::<_, spi::Error>(())
    });
    if let Err(error) = read {
        error!("awgp.audit_chain_anchors could not be read: {error}");
    }
    anchors
}

/// The partition in which a seal recorded the missing row.
pub fn sealed_partition_of(finding: &Finding) -> Option<String> {
    let arguments =
        [finding.tenant_id.map(to_sql).into(), finding.chain_lane.into(), finding.chain_seq.into()];
    let found = query::one::<String>(
        "SELECT partition_name FROM awgp.audit_chain_anchors
         WHERE tenant_id = $1 AND chain_lane = $2 AND $3 BETWEEN first_seq AND last_seq
         ORDER BY first_seq LIMIT 1",
        &arguments,
    );
    found.ok().flatten()
}

/// The link at `seq` of a lane, if a seal recorded it.
pub fn anchored(lane: Lane, seq: i64) -> Option<Link> {
    let arguments = [to_sql(lane.tenant_id).into(), lane.chain_lane.into(), seq.into()];
    let hash = query::one::<String>(
        "SELECT last_hash FROM awgp.audit_chain_anchors
         WHERE tenant_id = $1 AND chain_lane = $2 AND last_seq = $3",
        &arguments,
    );
    let hash = hash.ok().flatten().and_then(|hash| Digest::from_hex(hash.as_bytes()))?;
    Some(Link { seq, hash })
}

/// The last link of a lane in a partition, as the seal recorded it.
pub fn anchor_of(partition: &str, lane: Lane) -> Option<Link> {
    let arguments = [partition.into(), to_sql(lane.tenant_id).into(), lane.chain_lane.into()];
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT last_seq, last_hash FROM awgp.audit_chain_anchors
             WHERE partition_name = $1 AND tenant_id = $2 AND chain_lane = $3",
            Some(1),
            &arguments,
        )?;
        if rows.is_empty() {
            return Ok(None);
        }
        let row = rows.first();
        Ok::<_, spi::Error>(row.get::<i64>(1)?.zip(row.get::<String>(2)?))
    });
    let (seq, hash) =
        read.unwrap_or_else(|error| error!("awgp.audit_chain_anchors could not be read: {error}"))?;
    Some(Link { seq, hash: Digest::from_hex(hash.as_bytes())? })
}
