//! A whole log in one pass.

use super::chain::{Digest, Lane};
use super::finding::Finding;
use super::lane::LaneVerifier;
use super::lane_facts::LaneFacts;
use super::reconcile::Reconciler;
use super::row::RowRef;
use super::suspicion::Suspicion;
use uuid::Uuid;

/// Verifies rows that come sorted by tenant, lane and number: from the server, or from a file. Memory is
/// bounded by the findings.
#[derive(Debug)]
pub struct LogVerifier {
    install_id: Uuid,
    current: Option<LaneVerifier>,
    suspicions: Vec<Suspicion>,
    reconciler: Reconciler,
    rows: u64,
}

impl LogVerifier {
    /// A log of this install. Lanes begin at its genesis values unless [`Self::lane`] gives another start.
    pub fn new(install_id: Uuid) -> Self {
        Self { install_id, current: None, suspicions: Vec::new(), reconciler: Reconciler::default(), rows: 0 }
    }

    /// Begins a lane about which something is known. A lane whose rows are all missing is reported only if it
    /// is begun.
    pub fn lane(&mut self, lane: Lane, facts: LaneFacts) {
        self.end_lane();
        if facts.start.seq == 0 {
            self.reconciler.note_lane_from_genesis();
        }
        self.current = Some(LaneVerifier::new(lane, facts));
    }

    /// Takes the next row. A row of a lane that was not begun begins it at its genesis value, with an unknown
    /// end.
    ///
    /// # Panics
    /// Never: the lane is begun just before.
    pub fn row(&mut self, row: &RowRef<'_>) {
        self.row_linked(row, None);
    }

    /// The same for a row that was hashed already: what it was hashed after, and what that yields.
    ///
    /// # Panics
    /// Never: the lane is begun just before.
    pub fn row_linked(&mut self, row: &RowRef<'_>, linked: Option<(Digest, Digest)>) {
        let lane = row.position().lane();
        if self.current.as_ref().is_none_or(|current| current.lane() != lane) {
            self.lane(lane, LaneFacts::from_genesis(self.install_id, lane));
        }
        self.rows += 1;
        let current = self.current.as_mut().expect("begun above");
        current.push_linked(row, linked, &mut self.suspicions);
        if !self.suspicions.is_empty() {
            self.suspicions.drain(..).for_each(|suspicion| self.reconciler.add(suspicion));
        }
    }

    /// Rows taken so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// All findings; an unchanged log has no findings.
    pub fn finish(mut self) -> Vec<Finding> {
        self.end_lane();
        self.reconciler.finish()
    }

    fn end_lane(&mut self) {
        if let Some(current) = self.current.take() {
            current.finish(&mut self.suspicions);
            self.suspicions.drain(..).for_each(|suspicion| self.reconciler.add(suspicion));
        }
    }
}
