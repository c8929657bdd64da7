//! `seal_partition()`: records the state of a month that is over.
//!
//! The seal is the partition's row in audit_log_integrity and an anchor for each lane. Verification compares
//! the rows with both. Once a month is retired, the next one is verified from the anchors.

use super::partition_sum::PartitionSum;
use super::read::Scope;
use super::verify_rows::verify_rows;
use super::{detached, queue, sealed};
use crate::locks::Subject;
use crate::pg::clock;
use crate::pg::datum::to_sql;
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::transaction::refuse_read_only;
use awgp_core::audit::finding::Severity;
use awgp_core::audit::integrity;
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::month::Month;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::prelude::*;
use pgrx::{JsonB, pg_sys};
use serde_json::json;
use std::ffi::CString;

/// Seals the partition of a month that is over: waits for open writers, verifies the partition, and records
/// its highest id, the root over its lane heads, and each lane's first and last link. Sealing again verifies
/// again.
///
/// SECURITY DEFINER, because maintainers own no table; it reads one partition and writes its seal.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn seal_partition(name: Option<&str>) -> JsonB {
    refuse_read_only(c"awgp.seal_partition()");
    JsonB(seal(name.unwrap_or_default()))
}

/// Does the work of `seal_partition()`.
pub fn seal(name: &str) -> serde_json::Value {
    seal_because(name, &json!({}))
}

/// The same, with more that the event says.
pub fn seal_because(name: &str, why: &serde_json::Value) -> serde_json::Value {
    lock::lock_until_commit(Subject::Partitions);
    refuse_open_month(name);
    let partition = lock_writers_out(name);
    let sum = verified_sum(name);
    write(name, &sum);
    sealed::announce(partition);
    let seal = sum.seal();
    let summary = json!({
        "partition_name": name,
        "last_sequence_number": seal.last_sequence_number,
        "cumulative_hash": seal.cumulative_hash.to_string(),
        "lanes": sum.lanes.len(),
    });
    let mut event = summary.clone();
    if let (Some(event), Some(why)) = (event.as_object_mut(), why.as_object()) {
        event.extend(why.clone());
    }
    queue::push_installation_event("seal_partition", "partition", &event);
    summary
}

fn refuse_open_month(name: &str) {
    let now = timestamp_from_postgres(clock::timestamp()).unwrap_or(i64::MAX);
    let over = Month::of_partition(name).is_some_and(|month| month.end_us() <= now);
    if !over {
        raise(
            &Refusal::new(
                Reason::PartitionOpen,
                "only the partition of a month that is over can be sealed",
                "Seal it after the end of its month, in UTC.",
            )
            .with("partition_name", name),
        );
    }
}

/// Waits for open writers of the partition, and blocks writes until the transaction ends.
fn lock_writers_out(name: &str) -> pg_sys::Oid {
    let oid = CString::new(name).map_or(pg_sys::InvalidOid, |name| relation::oid(&name));
    if oid == pg_sys::InvalidOid {
        super::verify::refuse_unknown_partition(name);
    }
    // SAFETY: the lock is released with the transaction.
    unsafe { pg_sys::LockRelationOid(oid, pg_sys::ShareLock as pg_sys::LOCKMODE) };
    super::verify::refuse_unknown_partition(name);
    oid
}

/// The sum of the partition's rows, verified. Reads with a snapshot taken after the wait.
fn verified_sum(name: &str) -> PartitionSum {
    // SAFETY: pushed and popped in pairs; after an error the end of the transaction pops it.
    let (findings, mut sums) = unsafe {
        pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot());
        let read = verify_rows(Scope { tenant: None, partition: Some(name) }, true);
        pg_sys::PopActiveSnapshot();
        read
    };
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if errors > 0 {
        raise(
            &Refusal::new(
                Reason::AuditFindings,
                "verification of the partition found errors",
                "List the findings: SELECT * FROM awgp.verify_audit(partition_name => …);",
            )
            .with("partition_name", name)
            .with("findings", errors),
        );
    }
    sums.remove(name).unwrap_or_default()
}

/// Raises an error where the rows of a sealed partition do not match its seal.
pub fn refuse_unlike_its_seal(name: &str) {
    let seal = verified_sum(name).seal();
    let stored = detached::stored_seal(name);
    let stored = stored.as_ref().map(|(last, hash)| (*last, hash.as_str()));
    if let Some(finding) = integrity::check(name, stored, true, seal) {
        raise(
            &Refusal::new(
                Reason::AuditFindings,
                "the partition's rows are not the ones that were sealed",
                "List the findings: SELECT * FROM awgp.verify_audit(partition_name => …);",
            )
            .with("partition_name", name)
            .with("finding", finding.kind.name()),
        );
    }
}

fn write(name: &str, sum: &PartitionSum) {
    let seal = sum.seal();
    let hash = seal.cumulative_hash.to_string();
    let tenants: Vec<_> = sum.lanes.iter().map(|(lane, _, _)| to_sql(lane.tenant_id)).collect();
    let lanes: Vec<_> = sum.lanes.iter().map(|(lane, _, _)| lane.chain_lane).collect();
    let firsts: Vec<_> = sum.lanes.iter().map(|(_, first, _)| *first).collect();
    let lasts: Vec<_> = sum.lanes.iter().map(|(_, _, last)| last.seq).collect();
    let hashes: Vec<_> = sum.lanes.iter().map(|(_, _, last)| last.hash.to_string()).collect();
    let written = Spi::connect_mut(|client| {
        client.update(
            "INSERT INTO awgp.audit_log_integrity AS sealed
                 (partition_name, last_sequence_number, cumulative_hash, verified_at)
             VALUES ($1, $2, $3, clock_timestamp())
             ON CONFLICT (partition_name) DO UPDATE
             SET last_sequence_number = excluded.last_sequence_number,
                 cumulative_hash = excluded.cumulative_hash, verified_at = excluded.verified_at",
            None,
            &[name.into(), seal.last_sequence_number.into(), hash.into()],
        )?;
        client.update(
            "DELETE FROM awgp.audit_chain_anchors WHERE partition_name = $1
               AND (tenant_id, chain_lane) NOT IN (SELECT * FROM unnest($2::uuid[], $3::smallint[]))",
            None,
            &[name.into(), tenants.clone().into(), lanes.clone().into()],
        )?;
        client.update(
            "INSERT INTO awgp.audit_chain_anchors
                 (partition_name, tenant_id, chain_lane, first_seq, last_seq, last_hash)
             SELECT $1, * FROM unnest($2::uuid[], $3::smallint[], $4::bigint[], $5::bigint[], $6::text[])
             ON CONFLICT (partition_name, tenant_id, chain_lane) DO UPDATE
             SET first_seq = excluded.first_seq, last_seq = excluded.last_seq, last_hash = excluded.last_hash,
                 sealed_at = excluded.sealed_at",
            None,
            &[name.into(), tenants.into(), lanes.into(), firsts.into(), lasts.into(), hashes.into()],
        )?;
        Ok::<_, spi::Error>(())
    });
    if let Err(error) = written {
        error!("the seal could not be written: {error}");
    }
}
