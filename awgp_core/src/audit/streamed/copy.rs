//! All events of a copy, in the order of the trail, read as an exported log: so there is one verifier.
//!
//! A copy has events in any order, and some of them twice, since they are sent at least once. Whoever reads
//! it sorts them; here each is taken once, and a lane begins where its first event says.

use super::Event;
use crate::audit::chain::{Lane, Link, genesis};
use crate::audit::export::{Asked, Contents, ExportError, FORMAT, FileVerifier, Mark};
use crate::audit::finding::Finding;
use crate::audit::lineage::Point;
use crate::audit::row::AuditRow;
use uuid::Uuid;

/// A verification of events that come sorted by tenant, lane, number and id.
#[derive(Debug)]
pub struct Copy {
    verifier: FileVerifier,
    install_id: Uuid,
    last: Option<Event>,
    rows: u64,
    doubled: u64,
}

/// What a copy has.
#[derive(Debug)]
pub struct Verified {
    /// Its rows, as those of a file.
    pub contents: Contents,
    /// What is wrong with them.
    pub findings: Vec<Finding>,
    /// How many events it has more than once.
    pub doubled: u64,
}

impl Copy {
    /// Begins. `install_id` is that of the newest event.
    pub fn begin(install_id: Uuid, expected: Option<Uuid>, asked: Asked) -> Result<Self, ExportError> {
        let mut verifier = FileVerifier::new(expected).asking(asked);
        verifier.line(&Mark::Header { format: FORMAT, install_id }.to_line())?;
        Ok(Self { verifier, install_id: expected.unwrap_or(install_id), last: None, rows: 0, doubled: 0 })
    }

    /// Takes the next event.
    pub fn push(&mut self, event: Event) -> Result<(), ExportError> {
        if self.last.as_ref().is_some_and(|last| last.row == event.row) {
            self.doubled += 1;
            return Ok(());
        }
        if let Some(mark) = self.begins(&event) {
            self.verifier.line(&mark.to_line())?;
        }
        self.verifier.line(&event.row.to_line())?;
        self.rows += 1;
        self.last = Some(event);
        Ok(())
    }

    /// The line that stands before an event: where its lane begins, and where the lane was adopted.
    fn begins(&self, event: &Event) -> Option<Mark> {
        let row = &event.row;
        let lane = lane_of(row);
        let after_seq = row.chain_seq.saturating_sub(1).max(0);
        let is_genesis = after_seq == 0 && event.after_hash == genesis(self.install_id, lane);
        let mark = Mark::Lane {
            tenant_id: lane.tenant_id,
            chain_lane: lane.chain_lane,
            after_seq,
            after_hash: (!is_genesis).then_some(event.after_hash),
            head_seq: None,
            head_hash: None,
        };
        let Some(last) = self.last.as_ref().filter(|last| lane_of(&last.row) == lane) else {
            return Some(mark);
        };
        let hash = super::Digest::from_hex(last.row.integrity_hash.as_bytes())?;
        let link = event.adopted_by.iter().fold(Link { seq: last.row.chain_seq, hash }, |last, id| {
            Point { previous_id: *id, install_id: *id, last }.adoption_link(lane)
        });
        let is_adopted =
            !event.adopted_by.is_empty() && link == Link { seq: after_seq, hash: event.after_hash };
        is_adopted.then_some(mark)
    }

    /// Ends.
    pub fn finish(mut self) -> Result<Verified, ExportError> {
        self.verifier.line(&Mark::End { rows: self.rows }.to_line())?;
        let (contents, findings) = self.verifier.finish_with_contents()?;
        Ok(Verified { contents, findings, doubled: self.doubled })
    }
}

fn lane_of(row: &AuditRow) -> Lane {
    Lane { tenant_id: row.tenant_id, chain_lane: row.chain_lane }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{INSTALL, events};
    use super::*;
    use crate::audit::chain::Linker;
    use crate::audit::finding::Kind;

    const LANE: Lane = Lane { tenant_id: Uuid::from_u128(1), chain_lane: 0 };

    fn verified(events: impl IntoIterator<Item = Event>) -> (Vec<Kind>, u64) {
        let mut copy = Copy::begin(INSTALL, None, Asked::default()).expect("a header");
        events.into_iter().for_each(|event| copy.push(event).expect("sorted"));
        let done = copy.finish().expect("an end");
        (done.findings.iter().map(|finding| finding.kind).collect(), done.doubled)
    }

    #[test]
    fn a_whole_copy_has_no_finding_also_where_events_come_twice_or_it_begins_later() {
        let all = events(LANE, 6);
        assert_eq!(verified(all.clone()), (vec![], 0));
        let twice = all.iter().flat_map(|event| [event.clone(), event.clone()]);
        assert_eq!(verified(twice), (vec![], 6));
        assert_eq!(verified(all[3..].to_vec()), (vec![], 0));
        assert_eq!(verified([]), (vec![], 0));
    }

    #[test]
    fn what_is_missing_or_changed_is_named() {
        let all = events(LANE, 6);
        let mut missing = all.clone();
        missing.remove(2);
        assert_eq!(verified(missing).0, [Kind::MissingRow]);
        let mut changed = all.clone();
        changed[3].row.action = "delete".to_owned();
        assert_eq!(verified(changed).0, [Kind::ChangedRow]);
        let mut two = all.clone();
        two[3].row.action = "delete".to_owned();
        two.insert(3, all[3].clone());
        assert!(!verified(two).0.is_empty());
        let mut begins = all.clone();
        begins[0].after_hash = super::super::Digest([9; 32]);
        assert!(!verified(begins).0.is_empty());
    }

    #[test]
    fn an_adoption_takes_a_number_that_has_no_event() {
        let all = events(LANE, 3);
        let other = Uuid::from_u128(8);
        let last = Link {
            seq: 3,
            hash: super::super::Digest::from_hex(all[2].row.integrity_hash.as_bytes()).expect("a hash"),
        };
        let link = Point { previous_id: INSTALL, install_id: other, last }.adoption_link(LANE);
        let third = Uuid::from_u128(9);
        let link = Point { previous_id: other, install_id: third, last: link }.adoption_link(LANE);
        let adopted_by = vec![other, third];
        let mut next = Event { install_id: third, after_hash: link.hash, adopted_by, ..all[2].clone() };
        next.row.chain_seq = 6;
        next.row.integrity_hash = Linker::default().link(link.hash, &next.row.borrowed()).to_string();
        assert_eq!(verified(all.iter().cloned().chain([next.clone()])).0, []);
        next.adopted_by = vec![third];
        assert_eq!(verified(all.into_iter().chain([next])).0.len(), 1);
    }
}
