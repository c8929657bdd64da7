//! Appends rows to the partitions of audit_logs, and reads the tails of lanes from them, below SQL.
//!
//! A row goes into the partition whose bounds contain its timestamp ([`super::partition`]).

use super::columns::{COLUMNS, refuse_changed_columns};
use super::content::{Content, Stored};
use super::event::Event;
use super::lane_row::{self, Head, Which};
use super::partition::Partition;
use super::{erasable, retired, sealed, wait};
use crate::pg::clock;
use crate::pg::datum;
use crate::pg::encoding::to_server;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::records::salt;
use awgp_core::audit::chain::{Lane, Link};
use awgp_core::structure::incomplete;
use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Datum};
use std::collections::BTreeSet;
use std::ffi::{CStr, CString};
use uuid::Uuid;

/// What the chain adds to an event.
pub struct Place {
    /// `id`.
    pub id: i64,
    /// `timestamp`.
    pub timestamp: pg_sys::TimestampTz,
    /// The partition, an index returned by [`Appender::time`].
    pub target: usize,
    /// `chain_lane`.
    pub lane: i16,
    /// `chain_seq`.
    pub seq: i64,
}

/// audit_logs, open for writing.
pub struct Appender {
    parent: pg_sys::Relation,
    estate: *mut pg_sys::EState,
    memory: pg_sys::MemoryContext,
    sequence: pg_sys::Oid,
    targets: Vec<Partition<{ COLUMNS.len() }>>,
    /// audit_erasable_values, once there is a value.
    values: Option<Partition<{ erasable::COLUMNS.len() }>>,
}

impl Appender {
    /// Opens audit_logs.
    pub fn open() -> Self {
        // SAFETY: the relation is open until close(), or until the resource owner releases it after an error.
        unsafe {
            wait::lock_relation(relation::oid(c"audit_logs"), pg_sys::RowExclusiveLock);
            let parent = relation::open(c"audit_logs", pg_sys::NoLock);
            refuse_changed_columns(parent);
            let estate = pg_sys::CreateExecutorState();
            // AFTER triggers, which an operator may have put on the table, fire at the end of a query; at
            // commit there is no query, so one is opened.
            pg_sys::AfterTriggerBeginQuery();
            let memory = pg_sys::AllocSetContextCreateInternal(
                pg_sys::CurrentMemoryContext,
                c"awgp audit row".as_ptr(),
                pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
            );
            Self {
                parent,
                estate,
                memory,
                sequence: relation::existing(c"audit_logs_id_seq"),
                targets: Vec::new(),
                values: None,
            }
        }
    }

    /// The table.
    pub fn parent(&self) -> pg_sys::Relation {
        self.parent
    }

    /// The next id.
    pub fn next_id(&self) -> i64 {
        next_id(self.sequence)
    }

    /// The timestamp of the next row and its partition. The timestamp is now; where the clock has gone back,
    /// it is `not_before` or the end of the sealed months, whichever is later.
    pub fn time(&mut self, not_before: pg_sys::TimestampTz) -> (pg_sys::TimestampTz, usize) {
        loop {
            let now = clock::timestamp();
            let timestamp = now.max(not_before).max(sealed::end());
            let target = self.target(timestamp);
            // From here on a seal has to wait for this transaction. If this transaction waited for a seal,
            // the month is closed now and the time is chosen again.
            if sealed::end() <= timestamp {
                return (timestamp, target);
            }
        }
    }

    /// The timestamp of an old row that is imported, and its partition. The caller keeps months from being
    /// sealed meanwhile, and has chosen a month that is not.
    pub fn time_of_old(&mut self, at: pg_sys::TimestampTz) -> (pg_sys::TimestampTz, usize) {
        (at, self.target(at))
    }

    /// Appends one chained row.
    pub fn append(&mut self, event: &Event, content: &Content<'_>, at: &Place, hash: &[u8; 64]) {
        let Place { id, timestamp, target, lane, seq } = *at;
        // SAFETY: the datums live until the row is stored; temporary values are in the per-row context.
        unsafe {
            let outer = pg_sys::MemoryContextSwitchTo(self.memory);
            let uuid = |id: Option<Uuid>| id.and_then(|id| datum::to_sql(id).into_datum());
            let state = |state: &Option<Stored<'_>>| state.as_ref().map(Stored::datum);
            let values: [Option<Datum>; COLUMNS.len()] = [
                id.into_datum(),
                Some(Datum::from(timestamp)),
                uuid(Some(event.tenant)),
                event.actor.kind.into_datum(),
                uuid(event.actor.id),
                to_server(&event.action),
                to_server(&event.entity_type),
                uuid(event.entity_id),
                state(&content.before),
                state(&content.after),
                Some(content.metadata.datum()),
                std::str::from_utf8(hash).unwrap_or_default().into_datum(),
                lane.into_datum(),
                seq.into_datum(),
            ];
            self.targets[target].insert(values, self.estate);
            pg_sys::MemoryContextSwitchTo(outer);
            pg_sys::MemoryContextReset(self.memory);
            if !(*self.estate).es_per_tuple_exprcontext.is_null() {
                pg_sys::MemoryContextReset((*(*self.estate).es_per_tuple_exprcontext).ecxt_per_tuple_memory);
            }
        }
    }

    /// Stores the values of which an appended row has commitments.
    pub fn append_values(&mut self, event: &Event, content: &Content<'_>, at: &Place) {
        if content.erasable.is_empty() {
            return;
        }
        let estate = self.estate;
        let values = self.values.get_or_insert_with(|| {
            // SAFETY: closed in close(), before the executor state is freed.
            unsafe {
                Partition::open(relation::existing(c"audit_erasable_values"), &erasable::COLUMNS, estate)
            }
        });
        for taken in &content.erasable {
            // SAFETY: the datums live until the row is stored; temporary values are in the per-row context.
            unsafe {
                let outer = pg_sys::MemoryContextSwitchTo(self.memory);
                let is_kept = taken.erasure.is_none();
                let row: [Option<Datum>; erasable::COLUMNS.len()] = [
                    datum::to_sql(event.tenant).into_datum(),
                    taken.commitment.as_str().into_datum(),
                    at.id.into_datum(),
                    Some(Datum::from(at.timestamp)),
                    to_server(&event.entity_type),
                    to_server(&taken.member),
                    taken.subject.as_deref().and_then(to_server),
                    if is_kept { salt::datum(&taken.salt) } else { None },
                    is_kept.then(|| taken.value.datum()),
                    (!is_kept).then(|| Datum::from(at.timestamp)),
                    taken.erasure.into_datum(),
                ];
                values.insert(row, estate);
                pg_sys::MemoryContextSwitchTo(outer);
                pg_sys::MemoryContextReset(self.memory);
            }
        }
    }

    /// Number and hash of the last row of a lane, in whichever partition it is; None where the lane has no
    /// row.
    pub fn tail(&mut self, lane: Lane) -> Option<Head> {
        // SAFETY: the parent is open.
        let tail = unsafe { newest_in(self.parent, lane) };
        // A lane with a row of this month has nothing newer in a retired month, because retired months are
        // over.
        // SAFETY: the parent is open. The present month follows from the clock, or from the end of the sealed
        // months where the clock is behind it.
        let this_month = unsafe { partition_for(self.parent, clock::timestamp().max(sealed::end())) };
        // SAFETY: the parent is open.
        let is_of_this_month =
            |head: &Head| unsafe { partition_for(self.parent, head.timestamp) } == this_month;
        if tail.as_ref().is_some_and(is_of_this_month) {
            return tail;
        }
        match retired::tail(lane) {
            Some(link) if tail.as_ref().is_none_or(|tail| tail.link.seq < link.seq) => {
                let timestamp = tail.map_or(pg_sys::TimestampTz::MIN, |tail| tail.timestamp);
                Some(Head { lane: lane.chain_lane, link, timestamp })
            }
            _ => tail,
        }
    }

    /// The index in `targets` of the partition whose bounds contain `timestamp`.
    fn target(&mut self, timestamp: pg_sys::TimestampTz) -> usize {
        // SAFETY: the parent is open.
        let oid = unsafe { partition_for(self.parent, timestamp) };
        if let Some(place) = self.targets.iter().position(|target| target.oid() == oid) {
            return place;
        }
        // SAFETY: closed in close(), before the executor state is freed.
        self.targets.push(unsafe { Partition::open(oid, &COLUMNS, self.estate) });
        self.targets.len() - 1
    }

    /// Closes everything; locks are held until the transaction ends.
    pub fn close(self) {
        // SAFETY: each was opened once, in open() or target().
        unsafe {
            pg_sys::AfterTriggerEndQuery(self.estate);
            for target in self.targets {
                target.close();
            }
            if let Some(values) = self.values {
                values.close();
            }
            // The slots of triggers that an operator has put on a partition.
            pg_sys::ExecResetTupleTable((*self.estate).es_tupleTable, false);
            pg_sys::FreeExecutorState(self.estate);
            pg_sys::MemoryContextDelete(self.memory);
            pg_sys::table_close(self.parent, pg_sys::NoLock as pg_sys::LOCKMODE);
        }
    }
}

/// The next value of the sequence.
pub fn next_id(sequence: pg_sys::Oid) -> i64 {
    // SAFETY: nextval(regclass) takes the sequence's oid.
    let datum = unsafe {
        pg_sys::OidFunctionCall1Coll(
            pg_sys::Oid::from(pg_sys::F_NEXTVAL),
            pg_sys::InvalidOid,
            Datum::from(sequence),
        )
    };
    #[expect(clippy::cast_possible_wrap, reason = "a by-value bigint")]
    let id = datum.value() as i64;
    id
}

/// The partition whose bounds contain the timestamp: the one whose upper bound is the first above it.
unsafe fn partition_for(parent: pg_sys::Relation, timestamp: pg_sys::TimestampTz) -> pg_sys::Oid {
    // SAFETY: the descriptor and its bounds live while the parent is open. A range partition key of one
    // column has ndatums bounds of one datum each, and ndatums + 1 indexes.
    unsafe {
        let descriptor = &*pg_sys::RelationGetPartitionDesc(parent, true);
        if descriptor.boundinfo.is_null() {
            raise(&incomplete("a partition of awgp.audit_logs"));
        }
        let bounds = &*descriptor.boundinfo;
        let count = usize::try_from(bounds.ndatums).unwrap_or(0);
        let is_above = |place: &usize| {
            use pg_sys::PartitionRangeDatumKind::{
                PARTITION_RANGE_DATUM_MAXVALUE, PARTITION_RANGE_DATUM_MINVALUE,
            };
            match **bounds.kind.add(*place) {
                PARTITION_RANGE_DATUM_MINVALUE => false,
                PARTITION_RANGE_DATUM_MAXVALUE => true,
                #[expect(clippy::cast_possible_wrap, reason = "a by-value 64-bit timestamp")]
                _ => (**bounds.datums.add(*place)).value() as i64 > timestamp,
            }
        };
        let place = (0..count).find(is_above).unwrap_or(count);
        let index = match *bounds.indexes.add(place) {
            -1 => bounds.default_index,
            index => index,
        };
        match usize::try_from(index) {
            Ok(index) => *descriptor.oids.add(index),
            Err(_) => raise(&incomplete("the partition of awgp.audit_logs for the present")),
        }
    }
}

/// The link at `seq` of a lane, in whichever partition its row is.
pub fn link_at(lane: Lane, seq: i64) -> Option<Link> {
    // SAFETY: the parent is open.
    let partitions = with_parent(|parent| unsafe { partitions_of(parent) });
    let at = partitions.into_iter().rev().find_map(|oid| row_in(oid, lane, Which::At(seq)))?;
    Some(at.link)
}

/// The link at `seq` of a lane in one partition.
pub fn link_in(partition: pg_sys::Oid, lane: Lane, seq: i64) -> Option<Link> {
    row_in(partition, lane, Which::At(seq)).map(|at| at.link)
}

/// The number of the last row of a lane that is attached; 0 where it has none.
pub fn last_seq(lane: Lane) -> i64 {
    // SAFETY: the parent is open.
    let newest = with_parent(|parent| unsafe { newest_in(parent, lane) });
    newest.map_or(0, |head| head.link.seq)
}

/// The lanes of a tenant that have a row, in ascending order: a few look-ups in each partition that has rows.
pub fn lanes_of(tenant: Uuid) -> BTreeSet<i16> {
    let mut lanes = BTreeSet::new();
    // SAFETY: the parent is open.
    for oid in with_parent(|parent| unsafe { partitions_of(parent) }) {
        with_chain_index(oid, |relation, index| {
            let mut after = -1;
            // SAFETY: both are open, and the index is the relation's.
            while let Some(lane) = unsafe { lane_row::lane_after(relation, index, tenant, after) } {
                lanes.insert(lane);
                after = lane;
            }
            None::<()>
        });
    }
    lanes
}

fn with_parent<T>(read: impl FnOnce(pg_sys::Relation) -> T) -> T {
    // SAFETY: the parent is open while it is read.
    unsafe {
        let parent = relation::open(c"audit_logs", pg_sys::AccessShareLock);
        let answer = read(parent);
        pg_sys::table_close(parent, pg_sys::NoLock as pg_sys::LOCKMODE);
        answer
    }
}

/// The last row of a lane, in whichever partition it is.
///
/// # Safety
/// The parent is open.
unsafe fn newest_in(parent: pg_sys::Relation, lane: Lane) -> Option<Head> {
    // SAFETY: the parent is open.
    let (partitions, default) = unsafe {
        let descriptor = pg_sys::RelationGetPartitionDesc(parent, true);
        (partitions_of(parent), pg_sys::get_default_oid_from_partdesc(descriptor))
    };
    // The oids are in the order of the partitions' bounds, with the default partition last. The default
    // partition may hold later rows than any other, so it is compared with the newest other partition that
    // has a row. Within a lane time never runs backwards, so an older partition has nothing newer.
    let mut newest: Option<Head> = None;
    for oid in partitions.into_iter().rev() {
        let found = row_in(oid, lane, Which::Last);
        let is_newer = match (&newest, &found) {
            (Some(known), Some(found)) => found.link.seq > known.link.seq,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        let decided = found.is_some() && oid != default;
        if is_newer {
            newest = found;
        }
        if decided {
            break;
        }
    }
    newest
}

/// The partitions' oids in the order of their bounds, with the default partition last.
unsafe fn partitions_of(parent: pg_sys::Relation) -> Vec<pg_sys::Oid> {
    // SAFETY: the parent is open.
    unsafe {
        let descriptor = pg_sys::RelationGetPartitionDesc(parent, true);
        let count = usize::try_from((*descriptor).nparts).unwrap_or(0);
        if count == 0 { Vec::new() } else { std::slice::from_raw_parts((*descriptor).oids, count).to_vec() }
    }
}

/// A row of a lane in one partition, found by the partition's chain index.
fn row_in(partition: pg_sys::Oid, lane: Lane, which: Which) -> Option<Head> {
    // SAFETY: the chain index is on (tenant_id, chain_lane, chain_seq) of the partition; both are open.
    with_chain_index(partition, |relation, index| unsafe {
        lane_row::find(relation, index, lane, which, |row| Head {
            lane: lane.chain_lane,
            link: lane_row::link(row, c"chain_seq", c"integrity_hash"),
            timestamp: row.bigint(c"timestamp").unwrap_or(pg_sys::TimestampTz::MIN),
        })
    })
}

/// Opens a partition and its chain index, unless it is empty. The lock is held until the transaction ends.
fn with_chain_index<T>(
    partition: pg_sys::Oid,
    read: impl FnOnce(pg_sys::Relation, pg_sys::Relation) -> Option<T>,
) -> Option<T> {
    // SAFETY: both are closed again, or by the resource owner after an error.
    unsafe {
        wait::lock_relation(partition, pg_sys::AccessShareLock);
        let relation = pg_sys::table_open(partition, pg_sys::NoLock as pg_sys::LOCKMODE);
        let blocks = pg_sys::RelationGetNumberOfBlocksInFork(relation, pg_sys::ForkNumber::MAIN_FORKNUM);
        let answer = if blocks == 0 {
            None
        } else {
            let index = chain_index(relation);
            let answer = read(relation, index);
            pg_sys::index_close(index, pg_sys::NoLock as pg_sys::LOCKMODE);
            answer
        };
        pg_sys::table_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
        answer
    }
}

/// The partition's unique index on (tenant_id, chain_lane, chain_seq). Without it, tails are found too slowly
/// and nothing prevents a fork, so no row is written.
unsafe fn chain_index(partition: pg_sys::Relation) -> pg_sys::Relation {
    // SAFETY: the partition is open; its name is a C string.
    unsafe {
        let name = CStr::from_ptr((*(*partition).rd_rel).relname.data.as_ptr());
        let index = CString::new([name.to_bytes(), b"_chain_key"].concat()).unwrap_or_default();
        let oid = pg_sys::get_relname_relid(index.as_ptr(), (*(*partition).rd_rel).relnamespace);
        if oid == pg_sys::InvalidOid {
            raise(&incomplete(&format!("the index awgp.{}", index.to_string_lossy())));
        }
        pg_sys::index_open(oid, pg_sys::AccessShareLock as pg_sys::LOCKMODE)
    }
}
