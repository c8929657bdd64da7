//! What trails prove of stops: that nothing began between each and its end.
//!
//! The trail of a tenant has lanes, each with an order of its own; there is no order across lanes. The
//! event of a stop names the last link of each lane of its tenant (its *heads*), read while no beginning
//! could commit. What a lane has up to the head was committed before the stop, what begins something after
//! it was committed later. The event of the end names the heads then. So in each lane, after the head of
//! the stop and up to the head of the end, every row must be there and none may begin something in the
//! scope; without an end, none at all may after the head.
//!
//! The event's hash covers the heads, and a head's hash covers its lane up to it. So rows before the stop
//! cannot be changed, moved or invented later without the chain or a head contradicting. This module
//! compares heads with rows; that the rows follow each other, [`crate::audit::verify`] checks.
//!
//! Failure handling: what is lacking or cannot be read is a finding, so that a proof never holds for want of
//! something.

use super::beginning::{Beginning, beginning, has};
use super::event::Event;
use super::verdict::{Found, Kind, Verdict};
use super::{BEGAN, ENDED, ENTITY};
use crate::audit::chain::Lane;
use crate::audit::export::{Line, Mark as LaneMark};
use crate::audit::ranges::{self, Ranges, lacking};
use crate::audit::row::RowRef;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A hash, and the id of the row that has it where it is one.
type Known = (String, Option<i64>);

/// An event, and where it is.
#[derive(Clone, Debug)]
struct Mark {
    event: Event,
    lane: i16,
    seq: i64,
    hash: Vec<u8>,
    at_us: i64,
}

/// The two events in one tenant's trail.
#[derive(Clone, Debug, Default)]
struct Marks {
    began: Option<Mark>,
    ended: Option<Mark>,
}

/// What was read of one stop.
#[derive(Debug, Default)]
struct Stop {
    marks: BTreeMap<Uuid, Marks>,
    found: BTreeSet<Found>,
}

/// The proofs of stops. First every row is passed to [`Proofs::learn`], then every row to [`Proofs::judge`].
/// A row may come twice, from two files.
#[derive(Debug, Default)]
pub struct Proofs {
    only: Option<Uuid>,
    stops: BTreeMap<Uuid, Stop>,
    of_tenant: BTreeMap<Uuid, BTreeSet<Uuid>>,
    /// The tenants that have rows.
    shown: BTreeSet<Uuid>,
    /// The numbers that are there, of tenants that have a stop.
    there: BTreeMap<Lane, Ranges>,
    /// What is known at the numbers of heads.
    links: BTreeMap<(Lane, i64), BTreeSet<Known>>,
    begun: BTreeMap<Uuid, u64>,
}

impl Proofs {
    /// The proof of one stop.
    pub fn of(stop: Uuid) -> Self {
        Self { only: Some(stop), ..Self::default() }
    }

    /// True where an event of a stop has come by.
    pub fn has_stops(&self) -> bool {
        !self.stops.is_empty()
    }

    /// First pass: finds the events of stops.
    pub fn learn(&mut self, row: &RowRef<'_>) {
        self.shown.insert(row.tenant_id);
        let is_end = row.action == ENDED.as_bytes();
        if row.entity_type != ENTITY.as_bytes() || !(is_end || row.action == BEGAN.as_bytes()) {
            return;
        }
        let Some(id) = row.entity_id.filter(|id| self.only.is_none_or(|only| only == *id)) else { return };
        // What a client has logged under the same name is no event of a stop.
        if has(row.metadata, "origin") {
            return;
        }
        let stop = self.stops.entry(id).or_default();
        let Some(event) = row.after_state.and_then(Event::parse) else {
            stop.find(Kind::Unreadable, row, "the event of the stop cannot be read".to_owned());
            return;
        };
        let marks = stop.marks.entry(row.tenant_id).or_default();
        let mark = if is_end { &mut marks.ended } else { &mut marks.began };
        if let Some(known) = mark {
            let is_same = (known.lane, known.seq, known.hash.as_slice())
                == (row.chain_lane, row.chain_seq, row.integrity_hash);
            if !is_same {
                stop.find(Kind::SaidTwice, row, "the trail has this event of the stop twice".to_owned());
            }
            return;
        }
        for (chain_lane, (number, _)) in &event.heads {
            let lane = Lane { tenant_id: row.tenant_id, chain_lane: *chain_lane };
            self.links.entry((lane, *number)).or_default();
        }
        *mark = Some(Mark {
            event,
            lane: row.chain_lane,
            seq: row.chain_seq,
            hash: row.integrity_hash.to_vec(),
            at_us: row.timestamp_us,
        });
        self.of_tenant.entry(row.tenant_id).or_default().insert(id);
    }

    /// Second pass: notes what is there, and finds what began.
    pub fn judge(&mut self, row: &RowRef<'_>) {
        let Some(stops) = self.of_tenant.get(&row.tenant_id) else { return };
        let lane = row.position().lane();
        let is_new = ranges::add(self.there.entry(lane).or_default(), row.chain_seq);
        if let Some(known) = self.links.get_mut(&(lane, row.chain_seq)) {
            known.insert((String::from_utf8_lossy(row.integrity_hash).into_owned(), Some(row.id)));
        }
        let beginning = beginning(row);
        if beginning == Beginning::Nothing {
            return;
        }
        if is_new {
            *self.begun.entry(row.tenant_id).or_default() += 1;
        }
        for id in stops {
            if let Some(stop) = self.stops.get_mut(id) {
                stop.judge(row, &beginning);
            }
        }
    }

    /// The numbers that the events name as heads and whose links have not come by.
    pub fn missing_heads(&self) -> Vec<(Lane, i64)> {
        self.links.iter().filter(|(_, known)| known.is_empty()).map(|(place, _)| *place).collect()
    }

    /// The same for a line of a file: a row, or what a lane line says that rows follow.
    pub fn judge_line(&mut self, line: &Line) {
        match line {
            Line::Row(row) => self.judge(&row.borrowed()),
            Line::Mark(LaneMark::Lane {
                tenant_id, chain_lane, after_seq, after_hash: Some(hash), ..
            }) => {
                let lane = Lane { tenant_id: *tenant_id, chain_lane: *chain_lane };
                self.link(lane, *after_seq, &hash.to_string());
            }
            Line::Mark(_) => {}
        }
    }

    /// A link that rows follow and that need not be a row: what a lane line says, or the anchor of a retired
    /// month.
    pub fn link(&mut self, lane: Lane, seq: i64, hash: &str) {
        if let Some(known) = self.links.get_mut(&(lane, seq)) {
            known.insert((hash.to_owned(), None));
        }
    }

    /// The number of an adoption, which has no row.
    pub fn adopted(&mut self, lane: Lane, seq: i64) {
        if self.of_tenant.contains_key(&lane.tenant_id) {
            ranges::add(self.there.entry(lane).or_default(), seq);
        }
    }

    /// What the rows say of each stop, in the order of the stops' ids.
    pub fn finish(mut self) -> Vec<Verdict> {
        let stops = std::mem::take(&mut self.stops);
        stops.into_iter().map(|(id, stop)| self.verdict(id, stop)).collect()
    }

    fn verdict(&self, id: Uuid, mut stop: Stop) -> Verdict {
        let marks = std::mem::take(&mut stop.marks);
        for (tenant, marks) in &marks {
            self.compare(*tenant, marks, &mut stop.found);
        }
        let began = || marks.values().filter_map(|marks| marks.began.as_ref());
        let covered: BTreeSet<Uuid> = began().flat_map(|mark| mark.event.tenants.iter().copied()).collect();
        for tenant in covered.iter().filter(|tenant| self.shown.contains(tenant)) {
            if marks.get(tenant).is_none_or(|marks| marks.began.is_none()) {
                stop.found.insert(Found {
                    kind: Kind::NotSaid,
                    tenant: *tenant,
                    lane: None,
                    seq: None,
                    audit_id: None,
                    detail: "the stop covers this tenant, and its trail does not have the event".to_owned(),
                });
            }
        }
        let is_half = |marks: &Marks| marks.began.is_some() != marks.ended.is_some();
        let half = marks.iter().filter(|(_, marks)| is_half(marks)).map(|(tenant, _)| *tenant).collect();
        let is_ended = !marks.is_empty() && marks.values().all(|marks| marks.ended.is_some());
        let ended = marks.values().filter_map(|marks| marks.ended.as_ref()).map(|mark| mark.at_us).max();
        let all = || marks.values().flat_map(|marks| marks.began.iter().chain(&marks.ended));
        let first = all().next().map(|mark| &mark.event);
        let places = marks.iter().flat_map(|(tenant, marks)| {
            marks.began.iter().chain(&marks.ended).map(|mark| (*tenant, mark.lane, mark.seq))
        });
        Verdict {
            stop: id,
            scope: first.map(|event| event.scope),
            tenant: first.and_then(|event| event.tenant),
            assistant: first.and_then(|event| event.assistant),
            reason: began().next().and_then(|mark| mark.event.reason.clone()),
            began_us: began().map(|mark| mark.at_us).min(),
            ended_us: ended.filter(|_| is_ended),
            found: stop.found.into_iter().collect(),
            said: marks.keys().copied().collect(),
            half,
            is_ended,
            not_shown: covered.into_iter().filter(|tenant| !self.shown.contains(tenant)).collect(),
            begun: marks.keys().filter_map(|tenant| self.begun.get(tenant)).sum(),
            events: places.collect(),
        }
    }

    /// Compares the heads that the events name with what is there, and finds what is lacking between them.
    fn compare(&self, tenant: Uuid, marks: &Marks, found: &mut BTreeSet<Found>) {
        let lanes = marks.began.iter().chain(&marks.ended).flat_map(|mark| mark.event.heads.keys().copied());
        let there = |chain_lane| Lane { tenant_id: tenant, chain_lane };
        let shown = self.there.range(there(i16::MIN)..=there(i16::MAX)).map(|(lane, _)| lane.chain_lane);
        for chain_lane in lanes.chain(shown).collect::<BTreeSet<i16>>() {
            let lane = there(chain_lane);
            let mut find = |kind, seq, audit_id, detail| {
                let (lane, seq) = (Some(chain_lane), Some(seq));
                found.insert(Found { tenant, lane, seq, kind, audit_id, detail });
            };
            let head = |mark: &Option<Mark>| {
                mark.as_ref().and_then(|mark| mark.event.heads.get(&chain_lane)).cloned()
            };
            let (began, ended) = (head(&marks.began), head(&marks.ended));
            for (number, hash) in [&began, &ended].into_iter().flatten() {
                for (other, id) in self.links.get(&(lane, *number)).into_iter().flatten() {
                    if other != hash {
                        let detail = format!("the stop names the hash {hash} for this row");
                        find(Kind::HeadDiffers, *number, *id, detail);
                    }
                }
            }
            let from = began.as_ref().map_or(0, |(number, _)| *number);
            let ranges = self.there.get(&lane).map_or(&[][..], Vec::as_slice);
            let to = match &marks.ended {
                Some(mark) => mark.event.head(chain_lane),
                None => ranges.last().map_or(0, |(_, last)| *last),
            };
            if marks.ended.is_some() && (to < from || (to == from && began != ended)) {
                let detail = "the end of the stop names an earlier or another last row of this lane";
                find(Kind::HeadDiffers, to, None, detail.to_owned());
            }
            // Between the same link twice nothing can be.
            if marks.ended.is_some() && to <= from {
                continue;
            }
            let is_known = |number| self.links.get(&(lane, number)).is_some_and(|known| !known.is_empty());
            if from > 0 && !is_known(from) {
                let detail = "the stop names this row as the last of its lane, and it is not there";
                find(Kind::HeadMissing, from, None, detail.to_owned());
            }
            for (first, last) in lacking(ranges, from.saturating_add(1), to) {
                let detail = format!("rows {first} to {last} of the lane, after the stop, are not there");
                find(Kind::RowsMissing, first, None, detail);
            }
        }
    }
}

impl Stop {
    fn judge(&mut self, row: &RowRef<'_>, beginning: &Beginning) {
        let Some(marks) = self.marks.get(&row.tenant_id) else { return };
        let head = |mark: &Mark| mark.event.head(row.chain_lane);
        // A tenant that was made while the stop was in force and has only the end: all before it counts.
        let after = marks.began.as_ref().is_none_or(|mark| row.chain_seq > head(mark));
        let before = marks.ended.as_ref().is_none_or(|mark| row.chain_seq <= head(mark));
        if !after || !before {
            return;
        }
        let stopped = marks.began.as_ref().or(marks.ended.as_ref()).and_then(|mark| mark.event.assistant);
        match (beginning, stopped) {
            (Beginning::Of(assistants), Some(stopped))
                if !assistants.is_empty() && !assistants.contains(&stopped) => {}
            (Beginning::Of(assistants), stopped) if stopped.is_none() || !assistants.is_empty() => {
                let what = String::from_utf8_lossy(row.entity_type);
                let detail = format!("something began while it was stopped: {what}");
                self.find(Kind::Begun, row, detail);
            }
            _ => {
                let detail = "it cannot be told whether this row begins something in the scope".to_owned();
                self.find(Kind::Unreadable, row, detail);
            }
        }
    }

    fn find(&mut self, kind: Kind, row: &RowRef<'_>, detail: String) {
        self.found.insert(Found {
            kind,
            tenant: row.tenant_id,
            lane: Some(row.chain_lane),
            seq: Some(row.chain_seq),
            audit_id: Some(row.id),
            detail,
        });
    }
}
