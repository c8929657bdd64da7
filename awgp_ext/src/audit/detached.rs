//! Whether the rows of a detached month are the ones that were sealed.

use super::append;
use super::lane_records;
use super::lineage;
use super::partition_sum::PartitionSum;
use super::read::{self, Scope};
use crate::audit::installation;
use crate::pg::raise::raise;
use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::finding::Severity;
use awgp_core::audit::integrity;
use awgp_core::audit::lane_facts::{Head, LaneFacts};
use awgp_core::audit::lineage::Lineage;
use awgp_core::audit::verify::LogVerifier;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::prelude::*;

/// Verifies the rows of a detached table, and returns their number. Each lane must follow the link before it
/// and end at its anchor, and all rows together must yield the seal. Raises an error where they do not. A
/// warning did not keep the month from being sealed and retired, so it does not matter here either.
pub fn verify(name: &str) -> u64 {
    let mut verifier = LogVerifier::new(installation::id());
    let lineage = lineage::of(Scope::default());
    let mut sum = PartitionSum::default();
    let mut current = None;
    read::for_each_row_beside(name, |row| {
        let lane = row.position().lane();
        if current != Some(lane) {
            current = Some(lane);
            verifier.lane(lane, known(name, &lineage, lane, row.chain_seq));
        }
        verifier.row(row);
        if let Some(hash) = Digest::from_hex(row.integrity_hash) {
            sum.add(lane, row.id, Link { seq: row.chain_seq, hash }, false);
        }
    });
    sum.end_lane(false);
    let rows = verifier.rows();
    let errors = verifier.finish().iter().filter(|finding| finding.severity == Severity::Error).count();
    let misfit =
        integrity::check(name, stored_seal(name).as_ref().map(|(id, hash)| (*id, &**hash)), true, sum.seal());
    if errors > 0 || misfit.is_some() {
        raise(
            &Refusal::new(
                Reason::AuditFindings,
                "the rows are not the ones that were sealed",
                "Check the exported file with awgp audit verify --file FILE, and restore it again.",
            )
            .with("partition_name", name)
            .with("findings", errors + usize::from(misfit.is_some())),
        );
    }
    rows
}

fn known(name: &str, lineage: &Lineage, lane: Lane, first_seq: i64) -> LaneFacts {
    let whole = lineage.facts(lane);
    let before = (first_seq > 1).then_some(first_seq - 1);
    let recorded = |seq| append::link_at(lane, seq).or_else(|| lane_records::anchored(lane, seq));
    let start = before.and_then(|seq| recorded(seq).or_else(|| lineage.at(lane, seq)));
    let known = LaneFacts { start: start.unwrap_or(whole.start), ..whole };
    match lane_records::anchor_of(name, lane) {
        Some(last) => known.with_head(Head::Exactly(last)),
        None => LaneFacts { head: Head::Unknown, ..known },
    }
}

/// The seal of a partition in audit_log_integrity: highest id and root.
pub fn stored_seal(name: &str) -> Option<(i64, String)> {
    let arguments = [name.into()];
    let stored = Spi::connect(|client| {
        let row = client
            .select(
                "SELECT max(last_sequence_number), max(cumulative_hash) FROM awgp.audit_log_integrity
                 WHERE partition_name = $1",
                Some(1),
                &arguments,
            )?
            .first();
        Ok::<_, spi::Error>(row.get::<i64>(1)?.zip(row.get::<String>(2)?))
    });
    stored.unwrap_or_else(|error| error!("awgp.audit_log_integrity could not be read: {error}"))
}
