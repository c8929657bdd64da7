//! Sealed partitions: their rows, compared with their rows of audit_log_integrity.

use super::plan::{Partition, parse, text};
use crate::audit::tuple::Tuple;
use awgp_client::{Trouble, Work};
use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::finding::Finding;
use awgp_core::audit::integrity::{self, HeadsRoot, Seal};
use std::collections::{BTreeMap, HashMap};

/// What follows from the sealed partitions.
#[derive(Clone, Debug, Default)]
pub struct Seals(HashMap<u32, Yield>);

#[derive(Clone, Debug, Default)]
struct Yield {
    highest_id: i64,
    heads: BTreeMap<Lane, Link>,
}

/// What is stored about a sealed partition.
#[derive(Clone, Debug)]
pub struct Stored {
    partition_name: String,
    /// Its row of audit_log_integrity: highest id and root.
    integrity: Option<(i64, String)>,
    /// Whether its anchors show that it is sealed.
    anchored: bool,
}

const STORED: &str = "
    SELECT coalesce(i.partition_name, a.partition_name) AS partition_name, i.last_sequence_number, i.cumulative_hash,
           a.partition_name IS NOT NULL AS anchored
    FROM awgp.audit_log_integrity AS i
    FULL JOIN (SELECT DISTINCT partition_name FROM awgp.audit_chain_anchors) AS a
        ON a.partition_name = i.partition_name
    ORDER BY 1";

/// What is stored about sealed partitions. The login reads every tenant's trail.
pub async fn stored(work: &Work<'_>) -> Result<Vec<Stored>, Trouble> {
    let rows = work.select(STORED, &[]).await?;
    rows.iter()
        .map(|row| {
            let hash = text(row, "cumulative_hash");
            let integrity = match text(row, "last_sequence_number") {
                empty if empty.is_empty() => None,
                number => Some((parse(&number)?, hash)),
            };
            Ok(Stored {
                partition_name: text(row, "partition_name"),
                integrity,
                anchored: text(row, "anchored") == "true",
            })
        })
        .collect()
}

impl Seals {
    /// Begins, with the partitions that have a row.
    pub fn of(partitions: &[Partition], stored: &[Stored]) -> Self {
        let sealed = partitions
            .iter()
            .filter(|partition| stored.iter().any(|stored| stored.partition_name == partition.name));
        Self(sealed.map(|partition| (partition.oid, Yield::default())).collect())
    }

    /// Takes a row, in any order.
    pub fn take(&mut self, tuple: &Tuple<'_>) {
        if self.0.is_empty() {
            return;
        }
        let Some(found) = self.0.get_mut(&tuple.partition) else { return };
        let row = &tuple.row;
        found.highest_id = found.highest_id.max(row.id);
        let lane = row.position().lane();
        if found.heads.get(&lane).is_none_or(|head| head.seq < row.chain_seq) {
            // A text that is not a hash is reported with its row; here it must not match.
            let hash = Digest::from_hex(row.integrity_hash).unwrap_or(Digest([0; 32]));
            found.heads.insert(lane, Link { seq: row.chain_seq, hash });
        }
    }

    /// Adds the result of another job; jobs share no lane.
    pub fn merge(&mut self, other: Self) {
        for (oid, mut theirs) in other.0 {
            let ours = self.0.entry(oid).or_default();
            ours.highest_id = ours.highest_id.max(theirs.highest_id);
            ours.heads.append(&mut theirs.heads);
        }
    }

    /// Compares. Only where every row was read.
    pub fn check(&self, partitions: &[Partition], stored: &[Stored]) -> Vec<Finding> {
        let check = |stored: &Stored| {
            let name = &stored.partition_name;
            // A partition that is not attached is another finding.
            let partition = partitions.iter().find(|partition| partition.name == *name)?;
            let found = self.0.get(&partition.oid)?;
            let mut root = HeadsRoot::default();
            found.heads.iter().for_each(|(lane, head)| root.add(*lane, *head));
            let actual = Seal { last_sequence_number: found.highest_id, cumulative_hash: root.finish() };
            let row = stored.integrity.as_ref().map(|(last, hash)| (*last, hash.as_str()));
            integrity::check(name, row, stored.anchored, actual)
        };
        stored.iter().filter_map(check).collect()
    }
}
