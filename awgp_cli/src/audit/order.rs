//! The order of each tenant's leaves, for an exported file: the runs that checkpoints appended, and the roots
//! over the leaves of rows that are not in the file.

use super::verify::plan::{parse, text};
use super::walk::tile;
use awgp_client::{Trouble, Work};
use awgp_core::audit::appended::{Appended, Part, parts};
use awgp_core::audit::chain::Digest;
use awgp_core::audit::export::Mark;
use awgp_core::audit::subtrees::tiled;
use awgp_core::audit::tree::{Place, subtree_root};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A copy of the trail alone may be without the tables, and a login may not read them.
const IS_READABLE: &str = "
    SELECT (count(*) FILTER (WHERE pg_catalog.has_table_privilege(to_regclass(name), 'SELECT')) = 2)::integer::bigint
    FROM (VALUES ('awgp.audit_tree_lanes'), ('awgp.audit_tree_tiles')) AS needed (name)";

const RUNS: &str = "
    SELECT tenant_id, chain_lane, first_seq, last_seq, first_leaf, tree_size FROM awgp.audit_tree_lanes
    WHERE tenant_id = ANY ($1::text::uuid[]) ORDER BY tenant_id, first_leaf";

/// The numbers of each lane of each tenant that a file has.
pub type There = BTreeMap<Uuid, BTreeMap<i16, Vec<(i64, i64)>>>;

/// The lines of each tenant that has rows in the file.
pub async fn lines(work: &Work<'_>, there: &There) -> Result<BTreeMap<Uuid, Vec<Mark>>, Trouble> {
    let mut lines = BTreeMap::new();
    if there.is_empty() || work.number(IS_READABLE, &[]).await? == 0 {
        return Ok(lines);
    }
    let tenants: Vec<String> = there.keys().map(Uuid::to_string).collect();
    let mut appended: BTreeMap<Uuid, Vec<Appended>> = BTreeMap::new();
    for row in work.select(RUNS, &[&format!("{{{}}}", tenants.join(","))]).await? {
        let run = Appended {
            chain_lane: parse(&text(&row, "chain_lane"))?,
            first_seq: parse(&text(&row, "first_seq"))?,
            last_seq: parse(&text(&row, "last_seq"))?,
            first_leaf: parse(&text(&row, "first_leaf"))?,
            tree_size: parse(&text(&row, "tree_size"))?,
        };
        appended.entry(parse(&text(&row, "tenant_id"))?).or_default().push(run);
    }
    for (tenant_id, runs) in appended {
        let Some(there) = there.get(&tenant_id) else { continue };
        lines.insert(tenant_id, of_tenant(work, tenant_id, &runs, there).await?);
    }
    Ok(lines)
}

async fn of_tenant(
    work: &Work<'_>,
    tenant_id: Uuid,
    runs: &[Appended],
    there: &BTreeMap<i16, Vec<(i64, i64)>>,
) -> Result<Vec<Mark>, Trouble> {
    let mut tiles: HashMap<Place, Vec<Digest>> = HashMap::new();
    let mut lines = Vec::new();
    for part in parts(runs, there) {
        lines.push(match part {
            Part::Run { first_leaf, chain_lane, first_seq, last_seq } => {
                Mark::Run { tenant_id, first_leaf, chain_lane, first_seq, last_seq }
            }
            Part::Absent { first_leaf, leaves } => {
                let mut hashes = Vec::new();
                for root in tiled(first_leaf, first_leaf + leaves) {
                    if let Entry::Vacant(place) = tiles.entry(root.place) {
                        place.insert(tile(work, tenant_id, root.place).await?.unwrap_or_default());
                    }
                    let stored =
                        tiles.get(&root.place).and_then(|tile| tile.get(root.at..root.at + root.count));
                    // Where a tile is gone the order ends: what is written can be checked.
                    let Some(stored) = stored else { return Ok(lines) };
                    hashes.push(subtree_root(stored));
                }
                Mark::Absent { tenant_id, first_leaf, leaves, hashes }
            }
        });
    }
    Ok(lines)
}
