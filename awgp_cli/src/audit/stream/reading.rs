//! The events that follow what was sent, and the lanes that have some.

use super::cursor::{Cursor, Sent};
use crate::audit::answer::{parse, text};
use crate::audit::export::owned;
use crate::audit::lineage;
use crate::audit::rows;
use crate::audit::scope::{self, Scope};
use crate::audit::spool::Spool;
use crate::audit::verify::job;
use crate::audit::verify::plan::read_install_id;
use awgp_client::{Context, Exit, Failure, Session, Trouble, Work};
use awgp_core::audit::chain::{Digest, Lane, Link, Linker};
use awgp_core::audit::lineage::Lineage;
use awgp_core::audit::row::{AuditRow, Spooled};
use awgp_core::audit::streamed::Event;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// So many events are read at a time.
const READ_ROWS: usize = 256;
/// An event may be visible so long after it was given its number, and still be found by it. Later ones are
/// found when every lane is looked at.
const VISIBLE_WITHIN: Duration = Duration::from_secs(15);

/// The last row of every lane, found by the lanes' own indexes.
const HEADS: &str = "
    WITH RECURSIVE lane AS (
        (SELECT tenant_id, chain_lane FROM awgp.audit_logs WHERE {tenants}
         ORDER BY tenant_id, chain_lane LIMIT 1)
        UNION ALL
        SELECT next.tenant_id, next.chain_lane
        FROM lane CROSS JOIN LATERAL (
            SELECT tenant_id, chain_lane FROM awgp.audit_logs
            WHERE {tenants} AND (tenant_id, chain_lane) > (lane.tenant_id, lane.chain_lane)
            ORDER BY tenant_id, chain_lane LIMIT 1) AS next
    )
    SELECT lane.tenant_id, lane.chain_lane, last.chain_seq, last.integrity_hash
    FROM lane CROSS JOIN LATERAL (
        SELECT chain_seq, integrity_hash FROM awgp.audit_logs AS row
        WHERE row.tenant_id = lane.tenant_id AND row.chain_lane = lane.chain_lane
        ORDER BY chain_seq DESC LIMIT 1) AS last";

/// The lanes of the rows that are newer than a number.
const MOVED: &str = "SELECT DISTINCT tenant_id, chain_lane FROM awgp.audit_logs WHERE {tenants} AND id > $1";

const NEWEST: &str = "SELECT coalesce(max(id), 0) FROM awgp.audit_logs";

/// The last links of sealed months.
const ANCHORS: &str = "
    SELECT tenant_id, chain_lane, max(last_seq) AS last_seq FROM awgp.audit_chain_anchors
    WHERE {tenants} GROUP BY tenant_id, chain_lane";

/// What a row follows whose predecessor is gone with its month.
const ANCHOR: &str = "
    SELECT last_hash FROM awgp.audit_chain_anchors
    WHERE tenant_id = $1::text::uuid AND chain_lane = $2 AND last_seq = $3 LIMIT 1";

/// The hash of one row.
const HASH: &str = "
    SELECT integrity_hash FROM awgp.audit_logs
    WHERE tenant_id = $1::text::uuid AND chain_lane = $2 AND chain_seq = $3";

/// The last link of each lane that the database has.
pub type Heads = Sent;

/// Who reads.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    context: Context<'a>,
    install_id: Option<Uuid>,
}

/// The lanes, as the last look at all of them has found them.
pub struct Lanes {
    /// Their installs.
    pub lineage: Lineage,
    /// The last number of each lane in a sealed month.
    sealed: BTreeMap<Lane, i64>,
    /// When a look was, and the newest id by then.
    looks: VecDeque<(Instant, i64)>,
}

/// Events of a lane.
pub struct Read {
    /// The events, in order.
    pub events: Vec<Event>,
    /// Whether more may follow.
    pub is_full: bool,
    /// How many do not follow the one before.
    pub broken: u64,
    /// What to tell people.
    pub warnings: Vec<String>,
}

impl Read {
    /// The link of the last one.
    pub fn last(&self) -> Option<Link> {
        self.events.last().map(|event| Link { seq: event.row.chain_seq, hash: hash_of(&event.row) })
    }
}

/// A text that is no hash is no row's: verification finds it.
fn hash_of(row: &AuditRow) -> Digest {
    Digest::from_hex(row.integrity_hash.as_bytes()).unwrap_or(Digest([0; 32]))
}

impl<'a> Reader<'a> {
    /// Reads what this context may.
    pub fn new(context: Context<'a>, install_id: Option<Uuid>) -> Self {
        Self { context, install_id }
    }

    async fn begin<'s>(&self, session: &'s mut Session) -> Result<(Work<'s>, Scope), Trouble> {
        session.client().batch_execute(job::SESSION).await?;
        let work = session.begin(Context::default()).await?;
        let scope = scope::enter(&work, self.context).await?;
        Ok((work, scope))
    }

    /// The next events of a lane after its last one.
    pub async fn after(
        &self,
        session: &mut Session,
        lanes: &Lanes,
        lane: Lane,
        last: Option<Link>,
    ) -> Result<Read, Trouble> {
        let (work, scope) = self.begin(session).await?;
        let last = last.unwrap_or_else(|| lanes.lineage.start(lane));
        let condition = format!(
            "{} AND tenant_id = '{}'::uuid AND chain_lane = {} AND chain_seq > {} ORDER BY chain_seq LIMIT {READ_ROWS}",
            scope.condition(),
            lane.tenant_id,
            lane.chain_lane,
            last.seq
        );
        let mut rows_read = Vec::new();
        rows::each(&work, &condition, |tuple| {
            let mut row = owned(tuple)?;
            if let Some(spool) = tuple.spool {
                unspool(&mut row, spool)?;
            }
            rows_read.push(row);
            Ok(())
        })
        .await?;
        let mut read = Read {
            is_full: rows_read.len() == READ_ROWS,
            events: Vec::with_capacity(rows_read.len()),
            broken: 0,
            warnings: Vec::new(),
        };
        let (mut last, mut linker) = (last, Linker::default());
        for row in rows_read {
            let mut follows = lanes.lineage.after(lane, last);
            let adopted_by = lanes.lineage.adopted_between(lane, last.seq, row.chain_seq);
            if follows.seq.saturating_add(1) != row.chain_seq {
                follows.hash = anchor(&work, lane, row.chain_seq - 1).await?.unwrap_or(Digest([0; 32]));
                read.warnings.push(format!(
                    "events {} to {} of lane {} of tenant {} are gone from the database, with their month or \
                     without it: they were not sent",
                    follows.seq + 1,
                    row.chain_seq - 1,
                    lane.chain_lane,
                    lane.tenant_id
                ));
            }
            let is_first = read.events.is_empty();
            if linker.link(follows.hash, &row.borrowed()) != hash_of(&row) {
                if is_first && last.seq > 0 && !is_there(&work, lanes, lane, last).await? {
                    return Err(other_history(lane, last.seq).into());
                }
                read.broken += 1;
                read.warnings.push(format!(
                    "event {} is not what was chained: somebody changed the trail; look with `awgp audit verify`",
                    row.id
                ));
            }
            last = Link { seq: row.chain_seq, hash: hash_of(&row) };
            let install_id = lanes.lineage.install_of(lane, row.chain_seq);
            read.events.push(Event { install_id, after_hash: follows.hash, adopted_by, row });
        }
        Ok(read)
    }
}

/// Puts the states of a row into it that the server could not send in one piece.
fn unspool(row: &mut AuditRow, spool: &Spool) -> Result<(), Failure> {
    for (column, state) in
        [&mut row.before_state, &mut row.after_state, &mut row.metadata].into_iter().enumerate()
    {
        if spool.length(column).is_some() {
            let mut text = Vec::new();
            spool.read(column, &mut |piece| text.extend_from_slice(piece));
            *state = Some(String::from_utf8_lossy(&text).into_owned());
        }
    }
    spool.checked()
}

async fn anchor(work: &Work<'_>, lane: Lane, seq: i64) -> Result<Option<Digest>, Trouble> {
    let rows = work.select(ANCHOR, &[&lane.tenant_id.to_string(), &lane.chain_lane, &seq]).await?;
    Ok(rows.first().and_then(|row| Digest::from_hex(text(row, "last_hash").as_bytes())))
}

/// Whether the database still has what was sent last: the row itself, or the month that it is gone with.
async fn is_there(work: &Work<'_>, lanes: &Lanes, lane: Lane, last: Link) -> Result<bool, Trouble> {
    let rows = work.select(HASH, &[&lane.tenant_id.to_string(), &lane.chain_lane, &last.seq]).await?;
    Ok(match rows.first() {
        Some(row) => text(row, "integrity_hash") == last.hash.to_string(),
        None => lanes.is_retired(lane, last.seq),
    })
}

impl Lanes {
    /// Looks at all of them.
    pub async fn all(reader: &Reader<'_>, session: &mut Session) -> Result<(Self, Heads), Trouble> {
        let (work, scope) = reader.begin(session).await?;
        let tenants = scope.condition();
        let install_id = match reader.install_id {
            Some(id) => id,
            None => read_install_id(&work).await?,
        };
        let lineage = lineage::read(&work, &scope, install_id).await?;
        let newest = work.number(NEWEST, &[]).await?;
        let looked = Instant::now();
        let (mut heads, mut sealed) = (Heads::new(), BTreeMap::new());
        for row in work.select(&HEADS.replace("{tenants}", &tenants), &[]).await? {
            let hash = Digest::from_hex(text(&row, "integrity_hash").as_bytes()).unwrap_or(Digest([0; 32]));
            heads.insert(lane_of(&row)?, Link { seq: parse(&text(&row, "chain_seq"))?, hash });
        }
        for row in work.select(&ANCHORS.replace("{tenants}", &tenants), &[]).await? {
            sealed.insert(lane_of(&row)?, parse(&text(&row, "last_seq"))?);
        }
        Ok((Self { lineage, sealed, looks: [(looked, newest)].into() }, heads))
    }

    /// The lanes that have new rows, as far as the numbers of rows tell.
    pub async fn moved(&mut self, reader: &Reader<'_>, session: &mut Session) -> Result<Vec<Lane>, Trouble> {
        let (work, scope) = reader.begin(session).await?;
        let newest = work.number(NEWEST, &[]).await?;
        let looked = Instant::now();
        let since = self.looks.front().map_or(0, |(_, newest)| *newest);
        let rows = work.select(&MOVED.replace("{tenants}", &scope.condition()), &[&since]).await?;
        self.looks.push_back((looked, newest));
        // The next one has no need of what this one has surely seen all of.
        while self.looks.get(1).is_some_and(|(earlier, _)| looked - *earlier > VISIBLE_WITHIN) {
            self.looks.pop_front();
        }
        rows.iter().map(lane_of).collect()
    }

    /// Whether this is the trail that was sent: its install, and no lane that ends before what was sent.
    pub fn fit(&self, cursor: &Cursor, heads: &Heads) -> Result<(), Failure> {
        if let Some(install_id) = cursor.install_id().filter(|id| !self.lineage.has(*id)) {
            return Err(Failure::new(
                Exit::WrongState,
                format!("the cursor is of install {install_id}, this trail of {}", self.lineage.install_id()),
            )
            .hint("give each installation a cursor of its own"));
        }
        for (lane, head) in heads {
            let Some(last) = cursor.last(*lane) else { continue };
            let is_shorter = head.seq < last.seq && !self.is_retired(*lane, last.seq);
            if is_shorter || (head.seq == last.seq && head.hash != last.hash) {
                return Err(other_history(*lane, last.seq));
            }
        }
        Ok(())
    }

    /// Whether a number is one of a sealed month, which may be retired.
    pub fn is_retired(&self, lane: Lane, seq: i64) -> bool {
        self.sealed.get(&lane).is_some_and(|sealed| seq <= *sealed)
    }
}

fn lane_of(row: &awgp_client::Row) -> Result<Lane, Trouble> {
    Ok(Lane { tenant_id: parse(&text(row, "tenant_id"))?, chain_lane: parse(&text(row, "chain_lane"))? })
}

/// What was sent is not what the database has now.
fn other_history(lane: Lane, seq: i64) -> Failure {
    let Lane { tenant_id, chain_lane } = lane;
    let what = format!(
        "event {seq} of lane {chain_lane} of tenant {tenant_id} was sent, and the database has it no longer \
         as it was: it was restored from a backup, or somebody changed the trail"
    );
    Failure::new(Exit::Findings, what).hint(
        "look with `awgp audit verify` and `awgp installation show`. After a restore stream with a new \
         cursor: everything is sent again, and `awgp audit stream verify` names what differs",
    )
}
