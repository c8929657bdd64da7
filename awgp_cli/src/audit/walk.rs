//! A tenant's tree, computed here from its rows.
//!
//! The database stores the order in which the rows were appended; the root shows whether the order is right.
//! Rows of dropped partitions have left the hashes of their leaves: these are read from the database, and the
//! root shows whether they are right, too.

use super::rows;
use super::verify::plan::{parse, text};
use awgp_client::{Row, Trouble, Work};
use awgp_core::audit::chain::{Digest, Lane, Link, Linker};
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::lineage::Lineage;
use awgp_core::audit::tree::{self, Frontier, Place, Stored, TILE_WIDTH};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

const RUNS: &str = "
    SELECT chain_lane, first_seq, last_seq, first_leaf FROM awgp.audit_tree_lanes
    WHERE tenant_id = $1::text::uuid AND first_leaf >= $2 AND tree_size <= $3 ORDER BY first_leaf";

/// What seals recorded about partitions that are no longer attached.
const GONE: &str = "
    SELECT chain_lane, first_seq, last_seq, last_hash FROM awgp.audit_chain_anchors
    WHERE tenant_id = $1::text::uuid AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_inherits
        WHERE inhparent = 'awgp.audit_logs'::regclass
          AND inhrelid = to_regclass(format('awgp.%I', partition_name)))
    ORDER BY chain_lane, first_seq";

const TILE: &str = "
    SELECT level, tile, encode(hashes, 'hex') AS hashes FROM awgp.audit_tree_tiles
    WHERE tenant_id = $1::text::uuid AND level = $2 AND tile = $3";

/// The computed tree.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// The tree.
    pub frontier: Frontier,
    /// The last link of each lane.
    pub lanes: BTreeMap<i16, Link>,
    /// The earlier roots of the tree, by size.
    pub roots: BTreeMap<u64, Digest>,
    /// How many leaves are stored hashes of rows that are gone.
    pub by_stored_hash: u64,
}

/// The rows of one lane that one checkpoint appended.
#[derive(Clone, Copy, Debug)]
struct Run {
    lane: i16,
    first_seq: i64,
    last_seq: i64,
    first_leaf: u64,
}

/// Rows of a lane that are gone with their partition.
#[derive(Clone, Copy, Debug)]
struct Gone {
    lane: i16,
    first_seq: i64,
    last: Link,
}

/// A part of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Rows { first_seq: i64, last_seq: i64 },
    Gone { first_seq: i64, last: Link },
}

/// Computes the tree of `size` rows: from its beginning, or from a signed checkpoint. The inner error names
/// where the database does not fit.
pub async fn walk(
    work: &Work<'_>,
    lineage: &Lineage,
    tenant_id: Uuid,
    from: Option<&Checkpoint>,
    size: u64,
) -> Result<Result<Walked, String>, Trouble> {
    let mut walked = Walked::default();
    if let Some(checkpoint) = from {
        let frontier = stored_frontier(work, tenant_id, checkpoint.size).await?;
        match frontier.filter(|frontier| frontier.root() == checkpoint.root) {
            Some(frontier) => walked.frontier = frontier,
            None => return Ok(Err("the stored tree does not yield the root that was signed".to_owned())),
        }
        walked.lanes = checkpoint.lanes.iter().copied().collect();
    }
    let mut walker = Walker { work, lineage, tenant_id, walked };
    let gone: Vec<Gone> = rows(work, GONE, &[&tenant_id.to_string()], Gone::of).await?;
    let parameters = (tenant_id.to_string(), walker.size(), i64::try_from(size).unwrap_or(i64::MAX));
    let runs: Vec<Run> = rows(work, RUNS, &[&parameters.0, &parameters.1, &parameters.2], Run::of).await?;
    for run in runs {
        if let Err(what) = walker.run(run, &gone).await? {
            return Ok(Err(what));
        }
    }
    let reached = walker.walked.frontier.size();
    if reached != size {
        return Ok(Err(format!("the stored order of the rows ends at {reached} of {size}")));
    }
    Ok(Ok(walker.walked))
}

struct Walker<'a, 'w> {
    work: &'a Work<'w>,
    lineage: &'a Lineage,
    tenant_id: Uuid,
    walked: Walked,
}

impl Walker<'_, '_> {
    fn size(&self) -> i64 {
        i64::try_from(self.walked.frontier.size()).unwrap_or(i64::MAX)
    }

    /// What the next row of a lane follows.
    fn last(&self, chain_lane: i16) -> Link {
        let lane = Lane { tenant_id: self.tenant_id, chain_lane };
        let last = self.walked.lanes.get(&chain_lane).copied();
        self.lineage.after(lane, last.unwrap_or_else(|| self.lineage.start(lane)))
    }

    /// Appends the rows of a range.
    async fn run(&mut self, run: Run, gone: &[Gone]) -> Result<Result<(), String>, Trouble> {
        let follows = run.first_leaf == self.walked.frontier.size()
            && run.first_seq == self.last(run.lane).seq.saturating_add(1)
            && run.last_seq >= run.first_seq;
        if !follows {
            return Ok(Err(format!(
                "the stored order of the rows has a gap at {}",
                self.walked.frontier.size()
            )));
        }
        for piece in pieces(run, gone) {
            let appended = match piece {
                Piece::Rows { first_seq, last_seq } => self.rows(run.lane, first_seq, last_seq).await?,
                Piece::Gone { first_seq, last } => self.gone(run, first_seq, last).await?,
            };
            if appended.is_err() {
                return Ok(appended);
            }
        }
        self.walked.roots.insert(self.walked.frontier.size(), self.walked.frontier.root());
        Ok(Ok(()))
    }

    /// Appends rows that exist. Each must follow the one before it.
    async fn rows(
        &mut self,
        lane: i16,
        first_seq: i64,
        last_seq: i64,
    ) -> Result<Result<(), String>, Trouble> {
        let sql = format!(
            "tenant_id = '{}'::uuid AND chain_lane = {lane} AND chain_seq BETWEEN {first_seq} AND {last_seq}
             ORDER BY chain_seq",
            self.tenant_id
        );
        let (mut last, mut linker, mut broken) = (self.last(lane), Linker::default(), None);
        let frontier = &mut self.walked.frontier;
        rows::each(self.work, &sql, |tuple| {
            let row = &tuple.row;
            let hash = linker.link(last.hash, row);
            if row.chain_seq != last.seq.saturating_add(1) || hash.to_hex() != row.integrity_hash {
                broken.get_or_insert(row.chain_seq);
            } else if broken.is_none() {
                frontier.push(tree::leaf_of(&linker, row, hash));
                last = Link { seq: row.chain_seq, hash };
            }
            Ok(())
        })
        .await?;
        self.walked.lanes.insert(lane, last);
        Ok(match broken {
            Some(seq) => Err(format!("lane {lane} is broken at {seq}")),
            None if last.seq != last_seq => {
                Err(format!("the rows of lane {lane} from {} are missing", last.seq + 1))
            }
            None => Ok(()),
        })
    }

    /// Appends the stored leaves of rows that are gone.
    async fn gone(&mut self, run: Run, first_seq: i64, last: Link) -> Result<Result<(), String>, Trouble> {
        let leaf_of = |seq: i64| run.first_leaf + u64::try_from(seq - run.first_seq).unwrap_or(0);
        let (first, end) = (leaf_of(first_seq), leaf_of(last.seq) + 1);
        let width = TILE_WIDTH as u64;
        for number in first / width..=(end - 1) / width {
            let place = Place { level: 0, tile: number };
            let stored = tile(self.work, self.tenant_id, place).await?.unwrap_or_default();
            let from = usize::try_from(first.saturating_sub(number * width)).unwrap_or(0);
            let to = usize::try_from(end - number * width).unwrap_or(TILE_WIDTH).min(TILE_WIDTH);
            let Some(leaves) = stored.get(from..to) else {
                return Ok(Err(format!(
                    "the stored tree lacks leaves of rows that are gone, in lane {}",
                    run.lane
                )));
            };
            leaves.iter().for_each(|leaf| self.walked.frontier.push(*leaf));
            self.walked.by_stored_hash += leaves.len() as u64;
        }
        self.walked.lanes.insert(run.lane, last);
        Ok(Ok(()))
    }
}

/// A range, cut at the partitions that are gone. Of a partition that was sealed twice the later seal counts.
fn pieces(run: Run, gone: &[Gone]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut next = run.first_seq;
    for gone in gone.iter().filter(|gone| gone.lane == run.lane) {
        let first_seq = gone.first_seq.max(next);
        // A range may end within a partition; only the hash of its last row is known.
        if first_seq > run.last_seq || gone.last.seq < first_seq {
            continue;
        }
        if first_seq > next {
            pieces.push(Piece::Rows { first_seq: next, last_seq: first_seq - 1 });
        }
        let seq = gone.last.seq.min(run.last_seq);
        pieces.push(Piece::Gone { first_seq, last: Link { seq, ..gone.last } });
        next = seq + 1;
    }
    if next <= run.last_seq {
        pieces.push(Piece::Rows { first_seq: next, last_seq: run.last_seq });
    }
    pieces
}

impl Run {
    fn of(row: &Row) -> Result<Self, Trouble> {
        Ok(Self {
            lane: parse(&text(row, "chain_lane"))?,
            first_seq: parse(&text(row, "first_seq"))?,
            last_seq: parse(&text(row, "last_seq"))?,
            first_leaf: parse(&text(row, "first_leaf"))?,
        })
    }
}

impl Gone {
    fn of(row: &Row) -> Result<Self, Trouble> {
        let hash = Digest::from_hex(text(row, "last_hash").as_bytes()).unwrap_or(Digest([0; 32]));
        Ok(Self {
            lane: parse(&text(row, "chain_lane"))?,
            first_seq: parse(&text(row, "first_seq"))?,
            last: Link { seq: parse(&text(row, "last_seq"))?, hash },
        })
    }
}

async fn rows<T>(
    work: &Work<'_>,
    sql: &str,
    parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    of: impl Fn(&Row) -> Result<T, Trouble>,
) -> Result<Vec<T>, Trouble> {
    work.select(sql, parameters).await?.iter().map(of).collect()
}

/// The frontier of the stored tree at a size; None where a tile is missing.
async fn stored_frontier(work: &Work<'_>, tenant_id: Uuid, size: u64) -> Result<Option<Frontier>, Trouble> {
    let mut tiles = HashMap::new();
    for place in tree::frontier_places(size) {
        if let Some(hashes) = tile(work, tenant_id, place).await? {
            tiles.insert(place, hashes);
        }
    }
    Ok(Stored::new(|place| tiles.get(&place).cloned()).frontier(size))
}

/// The path that proves that the stored tree of `size` rows extends that of `old` rows, empty where nothing
/// is to be proved; None where it does not.
pub async fn consistency(
    work: &Work<'_>,
    tenant_id: Uuid,
    size: u64,
    old: u64,
) -> Result<Option<Vec<Digest>>, Trouble> {
    if old == 0 || old == size {
        return Ok(Some(Vec::new()));
    }
    if old > size {
        return Ok(None);
    }
    // Which tiles are needed shows when one is missing.
    let mut tiles: HashMap<Place, Option<Vec<Digest>>> = HashMap::new();
    loop {
        let (path, missing) = {
            let missing = Cell::new(None);
            let stored = Stored::new(|place| {
                let known = tiles.get(&place);
                if known.is_none() {
                    missing.set(Some(place));
                }
                known.cloned().flatten()
            });
            (stored.consistency(size, old), missing.take())
        };
        match missing {
            Some(place) => {
                let hashes = tile(work, tenant_id, place).await?;
                tiles.insert(place, hashes);
            }
            None => return Ok(path),
        }
    }
}

/// A stored tile.
pub async fn tile(work: &Work<'_>, tenant_id: Uuid, place: Place) -> Result<Option<Vec<Digest>>, Trouble> {
    let number = i64::try_from(place.tile).unwrap_or(i64::MAX);
    let found = work.select(TILE, &[&tenant_id.to_string(), &i16::from(place.level), &number]).await?;
    let hashes = found.first().map(|row| text(row, "hashes"));
    Ok(hashes.and_then(|hex| hex.as_bytes().chunks(64).map(Digest::from_hex).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(first_seq: i64, last_seq: i64) -> Gone {
        Gone { lane: 0, first_seq, last: Link { seq: last_seq, hash: Digest([1; 32]) } }
    }

    fn cut(first_seq: i64, last_seq: i64, parts: &[Gone]) -> Vec<(bool, i64, i64)> {
        let run = Run { lane: 0, first_seq, last_seq, first_leaf: 0 };
        let told = |piece: &Piece| match *piece {
            Piece::Rows { first_seq, last_seq } => (true, first_seq, last_seq),
            Piece::Gone { first_seq, last } => (false, first_seq, last.seq),
        };
        pieces(run, parts).iter().map(told).collect()
    }

    #[test]
    fn a_run_is_cut_where_partitions_are_gone() {
        assert_eq!(cut(1, 9, &[]), [(true, 1, 9)]);
        assert_eq!(cut(1, 9, &[gone(1, 4)]), [(false, 1, 4), (true, 5, 9)]);
        assert_eq!(
            cut(1, 9, &[gone(3, 4), gone(5, 6)]),
            [(true, 1, 2), (false, 3, 4), (false, 5, 6), (true, 7, 9)]
        );
        assert_eq!(cut(3, 5, &[gone(1, 9)]), [(false, 3, 5)]);
        assert_eq!(cut(10, 12, &[gone(1, 9)]), [(true, 10, 12)]);
        assert_eq!(cut(1, 4, &[Gone { lane: 1, ..gone(1, 9) }]), [(true, 1, 4)]);
    }
}
