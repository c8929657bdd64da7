//! What is read: the partitions, the tenants, where lanes begin, and the statements that read them.

use crate::audit::answer::unreadable;
pub use crate::audit::answer::{parse, text};
use crate::audit::lineage;
use crate::audit::scope::Scope;
use awgp_client::{Exit, Failure, Row, Trouble, Work};
use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::lane_facts::{Bridge, Head, LaneFacts};
use awgp_core::audit::lineage::Lineage;
use std::collections::HashMap;
use std::fmt::Write as _;
use uuid::Uuid;

/// The partitions that are attached, in the order in which the server reads them.
const PARTITIONS: &str = "
    SELECT c.oid::bigint AS oid, c.relname AS name, greatest(c.reltuples, 0)::bigint AS estimate,
           regexp_match(pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES FROM \\(''([^'']+)''\\) TO \\(''([^'']+)''\\)$')
               AS range
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'awgp.audit_logs'::regclass AND NOT i.inhdetachpending ORDER BY c.relname";

/// The last row before each lane's first row in a partition.
const STARTS: &str = "
    SELECT f.tenant_id, f.chain_lane, p.chain_seq, p.integrity_hash
    FROM (SELECT tenant_id, chain_lane, min(chain_seq) AS first_seq FROM awgp.audit_logs
          WHERE {rows} GROUP BY tenant_id, chain_lane) AS f
    CROSS JOIN LATERAL (
        (SELECT a.chain_seq, a.integrity_hash FROM awgp.audit_logs a
         WHERE a.tenant_id = f.tenant_id AND a.chain_lane = f.chain_lane AND a.chain_seq < f.first_seq
         ORDER BY a.chain_seq DESC LIMIT 1)
        UNION ALL
        SELECT a.last_seq, a.last_hash FROM awgp.audit_chain_anchors a
        WHERE a.tenant_id = f.tenant_id AND a.chain_lane = f.chain_lane AND a.last_seq < f.first_seq
        ORDER BY chain_seq DESC LIMIT 1) AS p";

/// The links that seals have recorded, a lane's in ascending order.
const ANCHORS: &str = "
    SELECT tenant_id, chain_lane, last_seq AS chain_seq, last_hash AS integrity_hash FROM awgp.audit_chain_anchors
    WHERE {tenants} AND ($1::text IS NULL OR partition_name = $1) ORDER BY tenant_id, chain_lane, last_seq";

/// A copy of the trail alone may be without the table.
const HAS_TREES: &str = "SELECT (to_regclass('awgp.audit_tree_lanes') IS NOT NULL)::integer::bigint";

/// The last row of each lane that a checkpoint has recorded.
const LEAVES: &str = "
    SELECT DISTINCT ON (tenant_id, chain_lane) tenant_id, chain_lane, last_seq AS chain_seq,
           last_hash AS integrity_hash
    FROM awgp.audit_tree_lanes WHERE {tenants} ORDER BY tenant_id, chain_lane, last_seq DESC";

/// Ranges of lanes in retired months: their rows may be missing.
const RETIRED: &str = "
    SELECT a.tenant_id, a.chain_lane, a.first_seq, a.last_seq AS chain_seq, a.last_hash AS integrity_hash
    FROM awgp.audit_chain_anchors a JOIN awgp.audit_retired_partitions r USING (partition_name)
    WHERE {tenants} AND r.restored_at IS NULL AND NOT EXISTS (
        SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'awgp.audit_logs'::regclass AND c.relname = a.partition_name)
    ORDER BY a.tenant_id, a.chain_lane, a.last_seq";

/// A partition that is attached.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Its oid.
    pub oid: u32,
    /// Its name.
    pub name: String,
    /// The server's estimate of its rows.
    pub estimate: u64,
    range: Option<(String, String)>,
}

/// What is read.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The installs whose genesis values the lanes begin at, and where it was adopted.
    pub lineage: Lineage,
    /// Every partition that is attached.
    pub partitions: Vec<Partition>,
    /// The only one to read.
    pub only: Option<Partition>,
    /// Whether every row of the log is read.
    pub whole: bool,
    /// The tenants whose rows are read; None for all.
    pub tenants: Option<Vec<Uuid>>,
    condition: String,
    starts: HashMap<Lane, Link>,
    /// The links that seals and checkpoints have recorded.
    recorded: HashMap<Lane, Vec<Link>>,
    bridges: HashMap<Lane, Vec<Bridge>>,
    /// The links that an auditor's notes name, a lane's in ascending order.
    signed: HashMap<Lane, Vec<Link>>,
}

impl Plan {
    /// Plans to read these tenants, and one partition only where one is named.
    pub async fn make(
        work: &Work<'_>,
        scope: &Scope,
        install_id: Option<Uuid>,
        partition: Option<&str>,
    ) -> Result<Self, Trouble> {
        let install_id = match install_id {
            Some(id) => id,
            None => read_install_id(work).await?,
        };
        let lineage = lineage::read(work, scope, install_id).await?;
        let partitions = partitions(work).await?;
        let only = match partition {
            None => None,
            Some(name) => Some(named(&partitions, name)?),
        };
        let mut condition = scope.condition();
        if let Some(partition) = &only {
            let _ = write!(condition, " AND {}", partition.condition());
        }
        let whole = *scope == Scope::All && only.is_none();
        let starts = match &only {
            Some(_) => starts(work, &condition).await?,
            None => HashMap::new(),
        };
        let recorded = recorded(work, scope, partition).await?;
        let bridges = bridges(work, scope).await?;
        let tenants = match scope {
            Scope::All => None,
            Scope::Tenants(tenants) => Some(tenants.clone()),
        };
        Ok(Self {
            lineage,
            partitions,
            only,
            whole,
            tenants,
            condition,
            starts,
            recorded,
            bridges,
            signed: HashMap::new(),
        })
    }

    /// Compares the lanes with what an auditor has signed, too.
    #[must_use]
    pub fn with_signed(self, signed: HashMap<Lane, Vec<Link>>) -> Self {
        Self { signed, ..self }
    }

    /// The condition on the rows that are read.
    pub fn condition(&self) -> &str {
        &self.condition
    }

    /// What is known about a lane: where it begins, and the links that seals and checkpoints have recorded.
    pub fn lane_facts(&self, lane: Lane) -> LaneFacts {
        let facts = match self.starts.get(&lane) {
            Some(start) => LaneFacts::after(*start),
            None => LaneFacts::after(self.lineage.start(lane)),
        };
        let recorded = [&self.recorded, &self.signed].into_iter().filter_map(|links| links.get(&lane));
        let mut points: Vec<Link> = recorded.flatten().copied().collect();
        if self.only.is_none() {
            points.extend(self.lineage.recorded(lane));
        }
        let last = points.iter().max_by_key(|point| point.seq).copied();
        let mut bridges = self.bridges.get(&lane).cloned().unwrap_or_default();
        bridges.extend(self.lineage.bridges(lane));
        bridges.sort_by_key(|bridge| bridge.first_seq);
        LaneFacts { points, bridges, head: last.map_or(Head::Unknown, Head::AtLeast), ..facts }
    }

    /// The lanes that seals, checkpoints, notes or adoptions name.
    pub fn sealed_lanes(&self) -> impl Iterator<Item = Lane> {
        let mut lanes: Vec<Lane> = self.recorded.keys().chain(self.signed.keys()).copied().collect();
        if self.only.is_none() {
            lanes.extend(self.lineage.lanes());
        }
        lanes.sort();
        lanes.dedup();
        lanes.into_iter()
    }

    /// The estimated number of rows, for the progress bar.
    pub fn estimate(&self) -> u64 {
        let read = self
            .partitions
            .iter()
            .filter(|partition| self.only.as_ref().is_none_or(|only| only.oid == partition.oid));
        read.map(|partition| partition.estimate).sum()
    }

    /// Reads the rows of one share in heap order, partition after partition.
    pub fn in_heap_order(&self, share: Share) -> String {
        format!("{}{}", self.condition, share.condition())
    }

    /// Reads the rows of one share sorted by lane; only these lanes where they are given.
    pub fn sorted(&self, share: Share, lanes: Option<&[Lane]>) -> String {
        let mut condition = format!("{}{}", self.condition, share.condition());
        if let Some(lanes) = lanes {
            let list: Vec<String> = lanes
                .iter()
                .map(|lane| format!("('{}'::uuid, {}::smallint)", lane.tenant_id, lane.chain_lane))
                .collect();
            let _ = write!(condition, " AND (tenant_id, chain_lane) IN (VALUES {})", list.join(", "));
        }
        condition + " ORDER BY tenant_id, chain_lane, chain_seq, id"
    }
}

/// One job's share of the rows: whole lanes, chosen by a hash.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// Its number, from 0.
    pub index: u32,
    /// The number of shares.
    pub of: u32,
}

impl Share {
    /// Everything.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    fn condition(self) -> String {
        let Self { index, of } = self;
        if of == 1 {
            return String::new();
        }
        // The hash may be negative. A tenant that is NULL against the rules must be in a share too.
        format!(
            " AND mod(mod(coalesce(uuid_hash_extended(tenant_id, chain_lane), 0), {of}) + {of}, {of}) = \
             {index}"
        )
    }
}

impl Partition {
    fn condition(&self) -> String {
        let mut condition = format!("tableoid = {}::oid", self.oid);
        if let Some((from, to)) = &self.range {
            // The bounds let the server skip the other partitions.
            let _ = write!(condition, " AND \"timestamp\" >= '{from}' AND \"timestamp\" < '{to}'");
        }
        condition
    }
}

/// The install id, where the login may read it.
pub async fn read_install_id(work: &Work<'_>) -> Result<Uuid, Trouble> {
    let may = "SELECT has_table_privilege('awgp.installation', 'SELECT')::integer::bigint";
    if work.number(may, &[]).await? == 0 {
        return Err(Failure::new(
            Exit::NotAllowed,
            "this login may not read the install id, with which the chains begin",
        )
        .hint("give it with --install-id; an auditor reads it with `SELECT id FROM awgp.installation`")
        .into());
    }
    let id = work.text("SELECT id::text FROM awgp.installation", &[]).await?;
    parse(&id)
}

/// The partitions that are attached.
pub async fn partitions(work: &Work<'_>) -> Result<Vec<Partition>, Trouble> {
    let rows = work.select(PARTITIONS, &[]).await?;
    rows.iter()
        .map(|row| {
            let range: Option<(String, String)> = match row.raw("range") {
                Some(range) => serde_json::from_str(range.get()).map_err(|error| unreadable(&error))?,
                None => None,
            };
            Ok(Partition {
                oid: parse(&text(row, "oid"))?,
                name: text(row, "name"),
                estimate: parse(&text(row, "estimate"))?,
                range,
            })
        })
        .collect()
}

/// The attached partition of this name.
pub fn named(partitions: &[Partition], name: &str) -> Result<Partition, Failure> {
    partitions.iter().find(|partition| partition.name == name).cloned().ok_or_else(|| {
        let known: Vec<&str> = partitions.iter().map(|partition| partition.name.as_str()).collect();
        Failure::new(Exit::NotFound, format!("audit_logs has no partition \"{name}\""))
            .hint(format!("its partitions are {}", known.join(", ")))
    })
}

/// The condition that a row is in this partition.
pub fn within(partition: &Partition) -> String {
    partition.condition()
}

async fn starts(work: &Work<'_>, condition: &str) -> Result<HashMap<Lane, Link>, Trouble> {
    let rows = work.select(&STARTS.replace("{rows}", condition), &[]).await?;
    rows.iter().map(link).collect()
}

async fn recorded(
    work: &Work<'_>,
    scope: &Scope,
    partition: Option<&str>,
) -> Result<HashMap<Lane, Vec<Link>>, Trouble> {
    let mut rows = work.select(&ANCHORS.replace("{tenants}", &scope.condition()), &[&partition]).await?;
    // A partition need not have what a checkpoint has recorded.
    if partition.is_none() && work.number(HAS_TREES, &[]).await? != 0 {
        rows.extend(work.select(&LEAVES.replace("{tenants}", &scope.condition()), &[]).await?);
    }
    let mut recorded: HashMap<Lane, Vec<Link>> = HashMap::new();
    for row in &rows {
        let (lane, link) = link(row)?;
        recorded.entry(lane).or_default().push(link);
    }
    Ok(recorded)
}

async fn bridges(work: &Work<'_>, scope: &Scope) -> Result<HashMap<Lane, Vec<Bridge>>, Trouble> {
    let rows = work.select(&RETIRED.replace("{tenants}", &scope.condition()), &[]).await?;
    let mut bridges: HashMap<Lane, Vec<Bridge>> = HashMap::new();
    for row in &rows {
        let (lane, last) = link(row)?;
        bridges.entry(lane).or_default().push(Bridge { first_seq: parse(&text(row, "first_seq"))?, last });
    }
    Ok(bridges)
}

fn link(row: &Row) -> Result<(Lane, Link), Trouble> {
    let lane =
        Lane { tenant_id: parse(&text(row, "tenant_id"))?, chain_lane: parse(&text(row, "chain_lane"))? };
    // A text that is not a hash matches nothing: it is reported where the next row does not follow it.
    let hash = Digest::from_hex(text(row, "integrity_hash").as_bytes()).unwrap_or(Digest([0; 32]));
    Ok((lane, Link { seq: parse(&text(row, "chain_seq"))?, hash }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_disjoint_by_their_remainder() {
        assert_eq!(Share::WHOLE.condition(), "");
        let [one, two] = [0, 1].map(|index| Share { index, of: 2 }.condition());
        assert!(one.ends_with(", 2) = 0") && two.ends_with(", 2) = 1"), "{one}\n{two}");
    }
}
