//! The installs that a trail has belonged to.
//!
//! A copy of a database that is used beside the original is adopted: it gets an install id of its own, from a
//! point in its trail. In each lane that has rows by then, the number after the last row stays without a row.
//! What stands there instead, the adoption link, is a hash over the new id and the last link. The next row
//! follows it. So the copy's rows after the point fit neither the original nor any other copy, and a lane
//! verifies on both sides of the point. A lane that begins later begins at the genesis value of the new id.

use super::chain::{Digest, Lane, Link, genesis};
use super::lane_facts::{Bridge, Head, LaneFacts};
use crate::reason::Reason;
use crate::refusal::Refusal;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The most bytes that the reason of an adoption may have.
pub const REASON_BYTES_MAX: usize = 1000;

/// The reason of an adoption, without white space around it.
pub fn reason(given: &str) -> Result<&str, Refusal> {
    let reason = given.trim();
    let refusal = if reason.is_empty() {
        Refusal::new(
            Reason::ReasonRequired,
            "an adoption needs a reason",
            "Say in words why this copy is used beside its original.",
        )
    } else if reason.len() > REASON_BYTES_MAX {
        Refusal::new(
            Reason::OutOfRange,
            "the reason of an adoption is too long",
            format!("Say it in at most {REASON_BYTES_MAX} bytes."),
        )
    } else {
        return Ok(reason);
    };
    Err(refusal.with("argument", "reason"))
}

/// The last link of a lane before an adoption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The install that the rows up to here belong to.
    pub previous_id: Uuid,
    /// The install that the rows after it belong to.
    pub install_id: Uuid,
    /// The last link. Where nothing was written between two adoptions, it is the link of the earlier one.
    pub last: Link,
}

impl Point {
    /// What the next row of the lane follows.
    pub fn adoption_link(&self, lane: Lane) -> Link {
        Link {
            seq: self.last.seq.saturating_add(1),
            hash: Digest::of(&adoption_bytes(self.install_id, lane, self.last)),
        }
    }
}

/// The bytes whose digest is the hash of an adoption link: tag and version, then install, tenant, lane,
/// number and hash of the last link, each after its length.
pub fn adoption_bytes(install_id: Uuid, lane: Lane, last: Link) -> Vec<u8> {
    let mut bytes = b"awgp-audit-adp\x00\x01".to_vec();
    let (chain_lane, seq) = (lane.chain_lane.to_be_bytes(), last.seq.to_be_bytes());
    let fields: [&[u8]; 5] =
        [install_id.as_bytes(), lane.tenant_id.as_bytes(), &chain_lane, &seq, &last.hash.0];
    for field in fields {
        bytes.extend_from_slice(&[0, 0, 0, u8::try_from(field.len()).unwrap_or(u8::MAX)]);
        bytes.extend_from_slice(field);
    }
    bytes
}

/// The install id that a trail has now. It has or had the known one; the successors are the previous id and
/// the next one of each adoption, in any order.
pub fn newest_id(known: Uuid, successors: impl IntoIterator<Item = (Uuid, Uuid)>) -> Uuid {
    let mut successors: BTreeMap<Uuid, Uuid> = successors.into_iter().collect();
    let mut newest = known;
    // Removed as it is followed, so that a circle ends.
    while let Some(next) = successors.remove(&newest) {
        newest = next;
    }
    newest
}

/// The installs of a trail: the present one, and for each lane the points at which it was adopted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    install_id: Uuid,
    points: BTreeMap<Lane, Vec<Point>>,
}

impl Lineage {
    /// A trail that was always this install's.
    pub fn of(install_id: Uuid) -> Self {
        Self { install_id, points: BTreeMap::new() }
    }

    /// The present install.
    pub fn install_id(&self) -> Uuid {
        self.install_id
    }

    /// Adds a point of a lane; a lane's points come in ascending order.
    pub fn add(&mut self, lane: Lane, point: Point) {
        self.points.entry(lane).or_default().push(point);
    }

    /// True where the trail was adopted after rows were written.
    pub fn was_adopted(&self) -> bool {
        !self.points.is_empty()
    }

    /// True for the present install and for each one before it.
    pub fn has(&self, install_id: Uuid) -> bool {
        install_id == self.install_id
            || self.points.values().flatten().any(|point| point.previous_id == install_id)
    }

    /// True where this install was the last to adopt a lane.
    pub fn ends_with(&self, install_id: Uuid) -> bool {
        self.points.values().filter_map(|points| points.last()).any(|point| point.install_id == install_id)
    }

    /// The lanes that have points.
    pub fn lanes(&self) -> impl Iterator<Item = Lane> {
        self.points.keys().copied()
    }

    /// The points of a lane.
    pub fn points(&self, lane: Lane) -> &[Point] {
        self.points.get(&lane).map_or(&[], Vec::as_slice)
    }

    /// What the first row of a lane follows.
    pub fn start(&self, lane: Lane) -> Link {
        let began_as = self.points(lane).first().map_or(self.install_id, |point| point.previous_id);
        Link { seq: 0, hash: genesis(began_as, lane) }
    }

    /// What follows a link: the link itself, or where the lane was adopted after it, the adoption link.
    pub fn after(&self, lane: Lane, link: Link) -> Link {
        self.points(lane).iter().fold(link, |link, point| {
            if point.last.seq == link.seq { point.adoption_link(lane) } else { link }
        })
    }

    /// The install whose row has this number.
    pub fn install_of(&self, lane: Lane, seq: i64) -> Uuid {
        let next = self.points(lane).iter().find(|point| point.last.seq >= seq);
        next.map_or(self.install_id, |point| point.previous_id)
    }

    /// The installs that adopted a lane after the row at `last` and before the one at `next`.
    pub fn adopted_between(&self, lane: Lane, last: i64, next: i64) -> Vec<Uuid> {
        let between = self.points(lane).iter().filter(|point| (last..next).contains(&point.last.seq));
        between.map(|point| point.install_id).collect()
    }

    /// The link at this number, where it is an adoption's.
    pub fn at(&self, lane: Lane, seq: i64) -> Option<Link> {
        self.points(lane).iter().map(|point| point.adoption_link(lane)).find(|link| link.seq == seq)
    }

    /// The numbers of adoptions, which have no row.
    pub fn bridges(&self, lane: Lane) -> Vec<Bridge> {
        let bridge = |point: &Point| {
            let last = point.adoption_link(lane);
            Bridge { first_seq: last.seq, last }
        };
        self.points(lane).iter().map(bridge).collect()
    }

    /// The last links of rows that adoptions have recorded.
    pub fn recorded(&self, lane: Lane) -> Vec<Link> {
        self.points(lane).iter().map(|point| point.last).collect()
    }

    /// What is known about a lane from its first row on.
    pub fn facts(&self, lane: Lane) -> LaneFacts {
        let points = self.recorded(lane);
        LaneFacts {
            bridges: self.bridges(lane),
            head: points.last().map_or(Head::Unknown, |last| Head::AtLeast(*last)),
            points,
            ..LaneFacts::after(self.start(lane))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANE: Lane = Lane { tenant_id: Uuid::from_u128(1), chain_lane: 0 };
    const FIRST: Uuid = Uuid::from_u128(7);
    const SECOND: Uuid = Uuid::from_u128(8);
    const THIRD: Uuid = Uuid::from_u128(9);

    fn adopted_twice_without_a_row_between() -> (Lineage, Link) {
        let mut lineage = Lineage::of(THIRD);
        let last = Link { seq: 4, hash: Digest::of(b"row 4") };
        let first = Point { previous_id: FIRST, install_id: SECOND, last };
        lineage.add(LANE, first);
        let second = Point { previous_id: SECOND, install_id: THIRD, last: first.adoption_link(LANE) };
        lineage.add(LANE, second);
        (lineage, last)
    }

    #[test]
    fn a_reason_is_said_and_short() {
        assert_eq!(reason(" test bed "), Ok("test bed"));
        assert!(matches!(reason(" \n"), Err(refusal) if refusal.reason == Reason::ReasonRequired));
        let long = "x".repeat(REASON_BYTES_MAX + 1);
        assert!(matches!(reason(&long), Err(refusal) if refusal.reason == Reason::OutOfRange));
    }

    #[test]
    fn a_lane_begins_with_the_install_that_it_began_in() {
        let (lineage, _) = adopted_twice_without_a_row_between();
        assert_eq!(lineage.start(LANE).hash, genesis(FIRST, LANE));
        let later = Lane { chain_lane: 1, ..LANE };
        assert_eq!(lineage.start(later).hash, genesis(THIRD, later));
        assert!(lineage.has(FIRST) && lineage.has(SECOND) && lineage.has(THIRD));
        assert!(!Lineage::of(THIRD).has(FIRST));
    }

    #[test]
    fn each_adoption_takes_a_number_and_names_its_install() {
        let (lineage, last) = adopted_twice_without_a_row_between();
        let after = lineage.after(LANE, last);
        assert_eq!(after.seq, 6);
        assert_eq!(lineage.after(LANE, Link { seq: 3, ..last }).seq, 3);
        assert_eq!(lineage.bridges(LANE).iter().map(|bridge| bridge.last.seq).collect::<Vec<_>>(), [5, 6]);
        assert_eq!(lineage.at(LANE, 6), Some(after));
        assert_eq!(lineage.at(LANE, 4), None);
        assert_eq!(lineage.adopted_between(LANE, 4, 7), [SECOND, THIRD]);
        assert!(lineage.adopted_between(LANE, 3, 4).is_empty());
        assert_eq!((lineage.install_of(LANE, 4), lineage.install_of(LANE, 7)), (FIRST, THIRD));
        let elsewhere = Point { previous_id: FIRST, install_id: THIRD, last }.adoption_link(LANE);
        assert_ne!(lineage.at(LANE, 5).map(|link| link.hash), Some(elsewhere.hash), "another copy");
    }
}
