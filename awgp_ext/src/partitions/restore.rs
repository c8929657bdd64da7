//! `restore_partition()`: brings a retired month back for reading.
//!
//! The month is accepted only after verification against the link before each of its lanes, the anchors and
//! the seal. So it does not matter who supplies the rows, or from where: only the rows that were retired
//! pass. Then the month is attached, read through the policies of the audit trail, verified with it, and
//! immutable like any other month.

use super::hold::is_retired;
use super::{Month, attach, create, protect, retire, waiting};
use crate::audit::permit::LOAD;
use crate::audit::{detached, queue};
use crate::locks::Subject;
use crate::pg::argument;
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use awgp_core::json::storable;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::prelude::*;
use pgrx::{JsonB, pg_sys};
use serde_json::json;
use std::cell::Cell;
use std::ffi::CString;

thread_local! {
    /// The table that this transaction has created for the rows.
    static MADE: Cell<Option<(pg_sys::TransactionId, pg_sys::Oid)>> = const { Cell::new(None) };
}

/// Loads exported rows of a retired month whose table no longer exists, given as lines of the exported file,
/// and returns their number. They are accepted when restore_partition() verifies them, in the same
/// transaction.
///
/// SECURITY DEFINER, because maintainers own no table; it fills a table that is not part of the audit trail.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn load_partition_rows(name: Option<&str>, lines: Option<Vec<Option<String>>>) -> i64 {
    refuse_read_only(c"awgp.load_partition_rows()");
    let lines = argument::texts("lines", argument::needed("lines", lines));
    let name = name.unwrap_or_default();
    lock::lock_until_commit(Subject::Partitions);
    refuse_what_is_not_retired(name);
    for (place, line) in lines.iter().enumerate() {
        if let Err(unstorable) = storable(line) {
            raise(&Refusal::from(unstorable).with("line", place + 1));
        }
    }
    let loaded = role::as_owner_past_row_security(c"audit_logs", || {
        make_table(name);
        let table = spi::quote_qualified_identifier("awgp", name);
        let sql = format!(
            r#"INSERT INTO {table} (id, "timestamp", tenant_id, actor_type, actor_id, action, entity_type, entity_id,
                                   before_state, after_state, metadata, integrity_hash, chain_lane, chain_seq)
               SELECT (row ->> 'id')::bigint, (row ->> 'timestamp')::timestamptz, (row ->> 'tenant_id')::uuid,
                      row ->> 'actor_type', (row ->> 'actor_id')::uuid, row ->> 'action', row ->> 'entity_type',
                      (row ->> 'entity_id')::uuid, (row ->> 'before_state')::jsonb, (row ->> 'after_state')::jsonb,
                      (row ->> 'metadata')::jsonb, row ->> 'integrity_hash', (row ->> 'chain_lane')::smallint,
                      (row ->> 'chain_seq')::bigint
               FROM unnest($1) AS line, LATERAL (SELECT line::jsonb) AS parsed (row)"#
        );
        let arguments = [lines.into()];
        let _loading = LOAD.hold_for(oid_of(name));
        Spi::connect_mut(|client| client.update(&sql, None, &arguments).map(|rows| rows.len()))
    });
    match loaded {
        Ok(rows) => i64::try_from(rows).unwrap_or(i64::MAX),
        Err(error) => error!("the rows could not be loaded: {error}"),
    }
}

/// Verifies a retired month, attaches it again, and returns its name and number of rows.
///
/// SECURITY DEFINER, because maintainers own no table; it attaches only rows that the anchors and the seal
/// prove.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn restore_partition(name: Option<&str>) -> JsonB {
    refuse_read_only(c"awgp.restore_partition()");
    let name = name.unwrap_or_default();
    lock::lock_until_commit(Subject::Partitions);
    refuse_what_is_not_retired(name);
    if oid_of(name) == pg_sys::InvalidOid {
        raise(
            &Refusal::new(
                Reason::PartitionGone,
                "the retired partition's table no longer exists",
                "Restore it from its export: awgp partition restore FILE",
            )
            .with("partition_name", name),
        );
    }
    let rows = role::as_owner_past_row_security(c"audit_logs", || {
        let rows = detached::verify(name);
        waiting::lock(&[(c"audit_logs_default", pg_sys::AccessExclusiveLock)]);
        attach_again(name);
        rows
    });
    let summary = json!({"partition_name": name, "rows": rows});
    queue::push_installation_event("restore_partition", "partition", &summary);
    JsonB(summary)
}

fn attach_again(name: &str) {
    let table = spi::quote_qualified_identifier("awgp", name);
    let mut statements = vec![attach(&Month::named(name))];
    // The clone of the parent's trigger takes its place.
    statements.push(format!("DROP TRIGGER IF EXISTS guard_detached ON {table}"));
    statements.extend(protect(name));
    let arguments = [name.into()];
    let attached = Spi::connect_mut(|client| {
        for statement in statements {
            client.update(&statement, None, &[])?;
        }
        let restored = "UPDATE awgp.audit_retired_partitions SET restored_at = clock_timestamp()
                        WHERE partition_name = $1";
        client.update(restored, None, &arguments).map(|_| ())
    });
    if let Err(error) = attached {
        error!("the partition could not be attached: {error}");
    }
}

fn refuse_what_is_not_retired(name: &str) {
    if !is_retired(name) {
        raise(
            &Refusal::new(
                Reason::PartitionNotRetired,
                "there is no retired partition of this name",
                "List the partitions: SELECT partition_name, state FROM awgp.partition_status;",
            )
            .with("partition_name", name),
        );
    }
}

/// Creates the month's table unless this transaction has already created it; refuses a table that existed
/// before.
fn make_table(name: &str) {
    // SAFETY: reads the backend's own state, and assigns a transaction id.
    let transaction = unsafe { pg_sys::GetTopTransactionId() };
    let oid = oid_of(name);
    if oid != pg_sys::InvalidOid {
        if MADE.get() == Some((transaction, oid)) {
            return;
        }
        raise(
            &Refusal::new(
                Reason::PartitionPresent,
                "the retired partition's table still exists",
                "Restore it without a file: SELECT awgp.restore_partition(…);",
            )
            .with("partition_name", name),
        );
    }
    let statements =
        create(&Month::named(name)).into_iter().chain(protect(name)).chain(retire::close_detached(name));
    let made = Spi::connect_mut(|client| {
        for statement in statements {
            client.update(&statement, None, &[])?;
        }
        Ok::<_, spi::Error>(())
    });
    if let Err(error) = made {
        error!("the partition's table could not be created: {error}");
    }
    MADE.set(Some((transaction, oid_of(name))));
}

fn oid_of(name: &str) -> pg_sys::Oid {
    CString::new(name).map_or(pg_sys::InvalidOid, |name| relation::oid(&name))
}
