//! Rows of a month that stands beside the trail: whether they are the ones that were sealed.

use super::read;
use super::verify::{self, PartitionSum};
use super::{append, queue};
use crate::raise::raise;
use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::integrity;
use awgp_core::audit::lane_facts::{Head, LaneFacts};
use awgp_core::audit::verify::LogVerifier;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::prelude::*;

/// Verifies the rows of a table beside the trail and returns how many they are: each lane follows the link before it and
/// ends at its anchor, and all of them yield the seal. Raises where they do not.
pub fn verify(name: &str) -> u64 {
    let mut verifier = LogVerifier::new(queue::installation());
    let mut sum = PartitionSum::default();
    let mut current = None;
    read::for_each_row_beside(name, |row| {
        let lane = row.position().lane();
        if current != Some(lane) {
            current = Some(lane);
            verifier.lane(lane, lane_facts(name, lane, row.chain_seq));
        }
        verifier.row(row);
        if let Some(hash) = Digest::from_hex(row.integrity_hash) {
            sum.add(lane, row.id, Link { seq: row.chain_seq, hash }, false);
        }
    });
    sum.end_lane(false);
    let rows = verifier.rows();
    let errors = verifier.finish().len();
    let misfit =
        integrity::check(name, stored_seal(name).as_ref().map(|(id, hash)| (*id, &**hash)), true, sum.seal());
    if errors > 0 || misfit.is_some() {
        raise(
            &Refusal::new(
                Reason::AuditFindings,
                "these are not the rows that were sealed",
                "Restore the file that was exported: awgp audit verify --file FILE",
            )
            .with("partition_name", name)
            .with("findings", errors + usize::from(misfit.is_some())),
        );
    }
    rows
}

fn lane_facts(name: &str, lane: Lane, first_seq: i64) -> LaneFacts {
    let genesis = LaneFacts::from_genesis(queue::installation(), lane);
    let before = (first_seq > 1).then_some(first_seq - 1);
    let start = before.and_then(|seq| append::link_at(lane, seq).or_else(|| verify::anchored(lane, seq)));
    let facts = LaneFacts { start: start.unwrap_or(genesis.start), ..genesis };
    match verify::anchor_of(name, lane) {
        Some(last) => facts.with_head(Head::Exactly(last)),
        None => facts,
    }
}

/// What audit_log_integrity says of a partition: highest id and root.
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
