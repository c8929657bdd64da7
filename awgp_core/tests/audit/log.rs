//! An unchanged log in memory, for tests to tamper with.

use awgp_core::audit::chain::{Digest, Lane, Link, Linker, genesis};
use awgp_core::audit::finding::Finding;
use awgp_core::audit::heap_order::{Again, Bounds, Followed, HeapOrder, Source};
use awgp_core::audit::lane::LaneVerifier;
use awgp_core::audit::lane_facts::{Head, LaneFacts};
use awgp_core::audit::reconcile::Reconciler;
use awgp_core::audit::row::{AuditRow, RowRef};
use awgp_core::audit::verify::LogVerifier;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

pub const INSTALL: Uuid = Uuid::from_u128(0x0a0b_0c0d_1111_4222_8333_4444_5555_6666);

pub fn tenant(number: u128) -> Uuid {
    Uuid::from_u128(0x7e00_0000_0000_4000_8000_0000_0000_0000 + number)
}

pub fn lane(tenant_number: u128, chain_lane: i16) -> Lane {
    Lane { tenant_id: tenant(tenant_number), chain_lane }
}

/// Rows, what the database knows about its lanes, and which rows the storage shows as updated.
#[derive(Clone)]
pub struct Log {
    pub rows: Vec<AuditRow>,
    pub known: BTreeMap<Lane, LaneFacts>,
    pub updated: HashSet<i64>,
}

pub fn row(lane: Lane, seq: i64, id: i64) -> AuditRow {
    AuditRow {
        id,
        timestamp_us: 1_770_000_000_000_000 + id * 1_000,
        tenant_id: lane.tenant_id,
        actor_type: "user".into(),
        actor_id: Some(Uuid::from_u128(0xac)),
        action: "update".into(),
        entity_type: "work_items".into(),
        entity_id: Some(Uuid::from_u128(0xe0 + u128::from(id.unsigned_abs()))),
        before_state: Some(format!("{{\"n\": {id}}}")),
        after_state: Some(format!("{{\"n\": {}}}", id + 1)),
        metadata: None,
        chain_lane: lane.chain_lane,
        chain_seq: seq,
        integrity_hash: String::new(),
    }
}

/// The hash a row has after `previous`.
pub fn hash(row: &AuditRow, previous: Digest) -> Digest {
    Linker::default().link(previous, &row.borrowed())
}

pub fn stored(row: &AuditRow) -> Digest {
    Digest::from_hex(row.integrity_hash.as_bytes()).unwrap()
}

impl Log {
    /// Lanes of the given lengths. Ids are dense, from 1.
    pub fn honest(lanes: &[(Lane, i64)]) -> Self {
        let mut log = Self { rows: Vec::new(), known: BTreeMap::new(), updated: HashSet::new() };
        for (lane, length) in lanes {
            let mut last = Link { seq: 0, hash: genesis(INSTALL, *lane) };
            for seq in 1..=*length {
                let mut row = row(*lane, seq, i64::try_from(log.rows.len()).unwrap() + 1);
                last = Link { seq, hash: hash(&row, last.hash) };
                row.integrity_hash = last.hash.to_string();
                log.rows.push(row);
            }
            log.known.insert(*lane, LaneFacts::from_genesis(INSTALL, *lane).with_head(Head::Exactly(last)));
        }
        log
    }

    /// Forgets the lanes' heads, like a file without lane lines.
    pub fn without_heads(mut self) -> Self {
        self.known.values_mut().for_each(|known| known.head = Head::Unknown);
        self
    }

    pub fn by_id(&mut self, id: i64) -> &mut AuditRow {
        self.rows.iter_mut().find(|row| row.id == id).unwrap()
    }

    pub fn remove(&mut self, id: i64) -> AuditRow {
        let at = self.rows.iter().position(|row| row.id == id).unwrap();
        self.rows.remove(at)
    }

    /// Computes the hash of a row, and of `following` rows after it, again.
    pub fn rehash(&mut self, id: i64, following: usize) {
        let row = self.by_id(id).clone();
        let lane = Lane { tenant_id: row.tenant_id, chain_lane: row.chain_lane };
        let before = self.rows.iter().find(|r| in_lane(r, lane) && r.chain_seq == row.chain_seq - 1);
        let mut previous = before.map_or_else(|| genesis(INSTALL, lane), stored);
        let rest = self.rows.iter_mut().filter(|r| in_lane(r, lane) && r.chain_seq >= row.chain_seq);
        for row in rest.take(following + 1) {
            previous = hash(row, previous);
            row.integrity_hash = previous.to_string();
        }
    }

    pub fn verify(&self) -> Vec<Finding> {
        let mut rows = self.rows.clone();
        rows.sort_by_key(|row| (row.tenant_id, row.chain_lane, row.chain_seq, row.id));
        let mut lanes: BTreeMap<Lane, Vec<AuditRow>> =
            self.known.keys().map(|lane| (*lane, Vec::new())).collect();
        for row in rows {
            lanes.entry(Lane { tenant_id: row.tenant_id, chain_lane: row.chain_lane }).or_default().push(row);
        }
        let mut verifier = LogVerifier::new(INSTALL);
        for (lane, rows) in lanes {
            verifier.lane(lane, self.facts(lane));
            for row in &rows {
                let mut borrowed = row.borrowed();
                borrowed.updated = self.updated.contains(&row.id);
                verifier.row(&borrowed);
            }
        }
        let found = verifier.finish();
        let (ample, none) = (Bounds { lanes: 1000, waiting: usize::MAX, suspicions: usize::MAX }, 0);
        for bounds in [ample, Bounds { waiting: none, ..ample }, Bounds { waiting: 300, ..ample }] {
            for rows in self.in_some_orders() {
                assert_eq!(self.verify_in_heap_order(&rows, bounds), found, "{bounds:?}");
            }
        }
        found
    }

    /// The rows as they stand, and in orders in which they may stand in a heap.
    fn in_some_orders(&self) -> Vec<Vec<AuditRow>> {
        let mut by_time = self.rows.clone();
        by_time.sort_by_key(|row| (row.chain_seq, row.id));
        let mut swapped = by_time.clone();
        swapped.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
        let backwards = self.rows.iter().rev().cloned().collect();
        vec![self.rows.clone(), by_time, swapped, backwards]
    }

    /// The same findings, from rows that are not sorted.
    fn verify_in_heap_order(&self, rows: &[AuditRow], bounds: Bounds) -> Vec<Finding> {
        let mut order = HeapOrder::new(bounds);
        let mut source = Heap(self);
        let borrowed = |row: &AuditRow| self.updated.contains(&row.id);
        for row in rows {
            order.take(&RowRef { updated: borrowed(row), ..row.borrowed() }, || row.clone(), &mut source);
        }
        let (Followed { mut lanes, mut from_genesis }, again) = order.finish(&mut source);
        let Again::Lanes(again) = again else { panic!("it gave up") };
        let unseen: Vec<Lane> = self
            .known
            .keys()
            .filter(|lane| !lanes.contains_key(lane) && !again.contains(lane))
            .copied()
            .collect();
        for lane in again.into_iter().chain(unseen) {
            let mut verifier = LaneVerifier::new(lane, self.facts(lane));
            from_genesis += usize::from(verifier.facts().start.seq == 0);
            let mut of_lane: Vec<&AuditRow> = rows.iter().filter(|row| in_lane(row, lane)).collect();
            of_lane.sort_by_key(|row| (row.chain_seq, row.id));
            let mut suspicions = Vec::new();
            for row in of_lane {
                verifier.push(&RowRef { updated: borrowed(row), ..row.borrowed() }, &mut suspicions);
            }
            verifier.finish(&mut suspicions);
            lanes.insert(lane, suspicions);
        }
        let mut reconciler = Reconciler::default();
        (0..from_genesis).for_each(|_| reconciler.note_lane_from_genesis());
        lanes.into_values().flatten().for_each(|suspicion| reconciler.add(suspicion));
        reconciler.finish()
    }

    fn facts(&self, lane: Lane) -> LaneFacts {
        let never = || {
            let none = Link { seq: 0, hash: genesis(INSTALL, lane) };
            LaneFacts::from_genesis(INSTALL, lane).with_head(Head::Exactly(none))
        };
        self.known.get(&lane).cloned().unwrap_or_else(never)
    }

    /// Findings as (kind, chain_seq, audit_id).
    pub fn found(&self) -> Vec<(&'static str, Option<i64>, Option<i64>)> {
        self.verify()
            .iter()
            .map(|finding| (finding.kind.name(), finding.chain_seq, finding.audit_id))
            .collect()
    }
}

/// The rows of a log as a heap has them.
struct Heap<'a>(&'a Log);

impl Source for Heap<'_> {
    type Kept = AuditRow;

    fn facts(&mut self, row: &RowRef<'_>) -> LaneFacts {
        self.0.facts(row.position().lane())
    }

    fn size(_: &AuditRow) -> usize {
        100
    }

    fn again(&mut self, kept: &AuditRow, visit: &mut dyn FnMut(&RowRef<'_>)) {
        visit(&RowRef { updated: self.0.updated.contains(&kept.id), ..kept.borrowed() });
    }
}

fn in_lane(row: &AuditRow, lane: Lane) -> bool {
    row.tenant_id == lane.tenant_id && row.chain_lane == lane.chain_lane
}
