//! The rows of the trail, verified: in the order of the heap, and sorted where that does not decide.
//!
//! `awgp_core` judges the rows. This module reads them, and looks up what is known about their lanes.

use super::addresses::Address;
use super::installation;
use super::lane_records::{self, Anchor};
use super::lineage;
use super::partition_sum::{PartitionSum, Unsorted};
use super::read::{self, Reader, Scope};
use crate::pg::query;
use crate::pg::relation;
use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::finding::Finding;
use awgp_core::audit::heap_order::{Again, Bounds, Followed, HeapOrder, Source};
use awgp_core::audit::lane::LaneVerifier;
use awgp_core::audit::lane_facts::LaneFacts;
use awgp_core::audit::lineage::Lineage;
use awgp_core::audit::reconcile::Reconciler;
use awgp_core::audit::row::RowRef;
use awgp_core::audit::suspicion::Suspicion;
use awgp_core::audit::verify::LogVerifier;
use pgrx::pg_sys;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is kept in heap order; beyond it the server sorts, within `work_mem`.
const BOUNDS: Bounds = Bounds { lanes: 32_768, waiting: 16 << 20, suspicions: 16 << 20 };

/// The sum of each partition's rows.
type Sums = HashMap<pg_sys::Oid, PartitionSum>;

/// The findings in the rows alone, and the sum of each partition.
pub fn verify_rows(scope: Scope<'_>, keep_lanes: bool) -> (Vec<Finding>, BTreeMap<String, PartitionSum>) {
    let records = Records::read(scope);
    let (mut findings, sums) = match in_heap_order(&records, keep_lanes) {
        (followed, Again::Lanes(again), sums) => (records.conclude(followed, &again), sums),
        (_, Again::All, _) => sorted(&records, keep_lanes),
    };
    for finding in &mut findings {
        finding.partition_name = match finding.audit_id {
            Some(id) => partition_of(id),
            None => lane_records::sealed_partition_of(finding),
        };
    }
    (findings, sums.into_iter().map(|(oid, sum)| (relation::name_of(oid), sum)).collect())
}

/// What is known about the lanes of the scope besides their rows.
struct Records<'a> {
    scope: Scope<'a>,
    lineage: Lineage,
    anchors: BTreeMap<Lane, Vec<Anchor>>,
    leaves: BTreeMap<Lane, Link>,
}

impl<'a> Records<'a> {
    fn read(scope: Scope<'a>) -> Self {
        Self {
            scope,
            lineage: lineage::of(scope),
            anchors: lane_records::anchors(scope),
            leaves: lane_records::last_leaves(scope),
        }
    }

    /// Of a lane whose rows in the scope begin with this number.
    fn facts(&self, lane: Lane, first_seq: i64) -> LaneFacts {
        let anchors = self.anchors.get(&lane).map_or(&[][..], Vec::as_slice);
        let leaf = self.leaves.get(&lane).copied();
        lane_records::known(self.scope, &self.lineage, lane, first_seq, (anchors, leaf))
    }

    /// The lanes that have a record and none of these rows, each with what is known about it.
    fn without_rows(&self, has_rows: impl Fn(&Lane) -> bool) -> Vec<(Lane, LaneFacts)> {
        let mut lanes: BTreeSet<Lane> = self.anchors.keys().chain(self.leaves.keys()).copied().collect();
        // Adopted lanes; a partition need not have any of them.
        lanes.extend(self.lineage.lanes().filter(|_| self.scope.partition.is_none()));
        lanes.retain(|lane| !has_rows(lane));
        let first_seq = |lane: &Lane| match self.anchors.get(lane).and_then(|anchors| anchors.first()) {
            Some(anchor) => anchor.first_seq,
            None => self.leaves.get(lane).map_or(0, |leaf| leaf.seq),
        };
        lanes.into_iter().map(|lane| (lane, self.facts(lane, first_seq(&lane)))).collect()
    }

    /// From what was found in heap order, and the lanes to be read again, to findings.
    fn conclude(&self, followed: Followed, again: &[Lane]) -> Vec<Finding> {
        let Followed { mut lanes, mut from_genesis } = followed;
        let mut end = |verifier: LaneVerifier, mut suspicions: Vec<Suspicion>| {
            from_genesis += usize::from(verifier.facts().start.seq == 0);
            let lane = verifier.lane();
            verifier.finish(&mut suspicions);
            lanes.insert(lane, suspicions);
        };
        let mut current: Option<(LaneVerifier, Vec<Suspicion>)> = None;
        read::for_each_row_of(self.scope, again, |row| {
            let lane = row.position().lane();
            if current.as_ref().is_none_or(|(verifier, _)| verifier.lane() != lane) {
                if let Some((verifier, suspicions)) = current.take() {
                    end(verifier, suspicions);
                }
                current = Some((LaneVerifier::new(lane, self.facts(lane, row.chain_seq)), Vec::new()));
            }
            if let Some((verifier, suspicions)) = &mut current {
                verifier.push(row, suspicions);
            }
        });
        if let Some((verifier, suspicions)) = current {
            end(verifier, suspicions);
        }
        let mut reconciler = Reconciler::default();
        for (lane, facts) in self.without_rows(|lane| lanes.contains_key(lane)) {
            from_genesis += usize::from(facts.start.seq == 0);
            let mut suspicions = Vec::new();
            LaneVerifier::new(lane, facts).finish(&mut suspicions);
            lanes.insert(lane, suspicions);
        }
        (0..from_genesis).for_each(|_| reconciler.note_lane_from_genesis());
        lanes.into_values().flatten().for_each(|suspicion| reconciler.add(suspicion));
        reconciler.finish()
    }
}

/// The rows in heap order: what waits is kept as its address, and fetched again.
struct Heap<'a> {
    records: &'a Records<'a>,
    reader: Reader,
}

impl Source for Heap<'_> {
    type Kept = Address;

    fn facts(&mut self, row: &RowRef<'_>) -> LaneFacts {
        self.records.facts(row.position().lane(), row.chain_seq)
    }

    fn size(_: &Address) -> usize {
        // With its share of the map that it is in.
        64
    }

    fn again(&mut self, kept: &Address, visit: &mut dyn FnMut(&RowRef<'_>)) {
        self.reader.fetch(*kept, visit);
    }
}

/// Follows all lanes at once, in one pass over the heap.
fn in_heap_order(records: &Records<'_>, keep_lanes: bool) -> (Followed, Again, Sums) {
    let mut heap = Heap { records, reader: Reader::new() };
    let mut order = HeapOrder::new(BOUNDS);
    let mut sums = Sums::new();
    let mut open: Option<(pg_sys::Oid, Unsorted)> = None;
    read::for_each_row_in_heap_order(records.scope, |address, row| {
        // A partition is read to its end before the next.
        if open.as_ref().is_none_or(|(partition, _)| *partition != address.partition) {
            let ended = open.replace((address.partition, Unsorted::default()));
            sums.extend(ended.map(|(partition, rows)| (partition, rows.sum(keep_lanes))));
        }
        if let Some((_, rows)) = &mut open {
            rows.add(row);
        }
        order.take(row, || address, &mut heap);
        !order.has_given_up()
    });
    sums.extend(open.map(|(partition, rows)| (partition, rows.sum(keep_lanes))));
    let (followed, again) = order.finish(&mut heap);
    heap.reader.close();
    (followed, again, sums)
}

/// The same rows sorted by lane, number and id: for more lanes than are followed, or more suspicions than are
/// kept.
fn sorted(records: &Records<'_>, keep_lanes: bool) -> (Vec<Finding>, Sums) {
    let mut verifier = LogVerifier::new(installation::id());
    let mut sums = Sums::new();
    let mut current = None;
    let mut seen = BTreeSet::new();
    read::for_each_row(records.scope, |partition, row| {
        let lane = row.position().lane();
        if current != Some(lane) {
            current = Some(lane);
            seen.insert(lane);
            verifier.lane(lane, records.facts(lane, row.chain_seq));
        }
        verifier.row(row);
        if let Some(hash) = Digest::from_hex(row.integrity_hash) {
            let link = Link { seq: row.chain_seq, hash };
            let sum = sums.entry(partition).or_default();
            sum.add(lane, row.id, link, keep_lanes);
            sum.has_erasable = sum.has_erasable || row.may_have_erasable();
        }
    });
    sums.values_mut().for_each(|sum| sum.end_lane(keep_lanes));
    for (lane, facts) in records.without_rows(|lane| seen.contains(lane)) {
        verifier.lane(lane, facts);
    }
    (verifier.finish(), sums)
}

fn partition_of(audit_id: i64) -> Option<String> {
    let arguments = [audit_id.into()];
    let found = query::one::<String>(
        "SELECT relname::text FROM awgp.audit_logs JOIN pg_class ON pg_class.oid = audit_logs.tableoid
         WHERE id = $1 LIMIT 1",
        &arguments,
    );
    found.ok().flatten()
}
