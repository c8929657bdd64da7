//! The default partition, which takes rows of a month that has no partition, and how it is emptied.
//!
//! Rows move unchanged, with their hashes, into a new partition of their month, which is then attached. Until
//! the transaction ends nobody writes to the audit trail: a writer that read a lane's tail in between would
//! fork the lane.

use super::{Month, attach, columns, create, protect, record, waiting};
use crate::audit;
use crate::audit::permit::DRAIN;
use crate::locks::Subject;
use crate::pg::lock;
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use crate::pg::{relation, subtransaction};
use pgrx::datum::Timestamp;
use pgrx::prelude::*;
use pgrx::{JsonB, pg_sys};
use serde_json::json;

/// Creates the partitions of missed months, moves the rows of the default partition into them, and returns
/// what was made, moved, and could not be moved.
///
/// SECURITY DEFINER, because maintainers own no table; it moves rows between partitions of the audit trail,
/// unchanged.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn drain_default_partition() -> JsonB {
    refuse_read_only(c"awgp.drain_default_partition()");
    lock::lock_until_commit(Subject::Partitions);
    let (with_rows, empty): (Vec<_>, Vec<_>) = role::as_owner_past_row_security(c"audit_logs", missed)
        .into_iter()
        .partition(|missed| missed.has_rows);
    // The stronger locks first: a writer waiting for the weaker one would hold what the stronger ones wait
    // for.
    if !with_rows.is_empty() {
        waiting::lock(&[
            (c"audit_logs", pg_sys::ShareRowExclusiveLock),
            (c"audit_logs_default", pg_sys::AccessExclusiveLock),
        ]);
    }
    let made = super::make(&empty.into_iter().map(|missed| missed.month).collect::<Vec<_>>());
    let (mut moved, mut failed) = (Vec::new(), Vec::new());
    for Missed { month, .. } in with_rows {
        let outcome =
            subtransaction::within(|| role::as_owner_past_row_security(c"audit_logs", || move_rows(&month)));
        match outcome {
            Ok(rows) => moved.push(json!({"partition_name": month.name, "rows": rows})),
            Err(error) => failed.push(json!({"partition_name": month.name, "error": error.to_json()})),
        }
    }
    // In a copy the trail is the original's, which does not record what happens here.
    if !moved.is_empty() && !audit::installation::is_copy() {
        audit::queue::push_installation_event(
            "drain_default_partition",
            "partition",
            &json!({"moved": moved}),
        );
    }
    JsonB(json!({"made": made, "moved": moved, "failed": failed}))
}

/// A month without a partition.
struct Missed {
    month: Month,
    /// True where the default partition has rows of the month.
    has_rows: bool,
}

/// The months without a partition, from the first to the last of: attached months, months with rows in the
/// default partition, and the present. Limited to months that ensure_partitions() can create, whatever
/// timestamps the rows have; rows of other months stay where they are.
fn missed() -> Vec<Missed> {
    const MISSED: &str = "
        WITH attached (month) AS (
            SELECT to_date(substr(relname, 12), 'YYYY_MM')::timestamp
            FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
            WHERE inhparent = 'awgp.audit_logs'::regclass AND relname ~ '^audit_logs_[0-9]{4}_[0-9]{2}$'
        ), waiting (month) AS (
            SELECT DISTINCT date_trunc('month', \"timestamp\" AT TIME ZONE 'UTC') FROM awgp.audit_logs_default
        )
        SELECT month, EXISTS (SELECT FROM waiting WHERE waiting.month = missed.month)
        FROM (SELECT generate_series(min(month), max(month), interval '1 month')
              FROM (SELECT month FROM attached UNION ALL SELECT month FROM waiting
                    UNION ALL SELECT date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')) AS known
              WHERE month BETWEEN '1970-01-01' AND (clock_timestamp() AT TIME ZONE 'UTC') + interval '100 years'
              ) AS missed (month)
        WHERE month NOT IN (SELECT month FROM attached)
          AND (to_regclass(format('awgp.%I', to_char(month, '\"audit_logs_\"YYYY_MM'))) IS NULL
               OR EXISTS (SELECT FROM waiting WHERE waiting.month = missed.month))
        ORDER BY month";
    let read = Spi::connect(|client| {
        client
            .select(MISSED, None, &[])?
            .map(|row| {
                let month = row.get::<Timestamp>(1)?.and_then(Month::of);
                Ok(month.zip(row.get(2)?).map(|(month, has_rows)| Missed { month, has_rows }))
            })
            .collect::<spi::Result<Vec<_>>>()
    });
    match read {
        Ok(months) => months.into_iter().flatten().collect(),
        Err(error) => error!("the default partition could not be read: {error}"),
    }
}

fn move_rows(month: &Month) -> i64 {
    let table = spi::quote_qualified_identifier("awgp", &month.name);
    let columns = columns();
    let range = format!(
        "\"timestamp\" >= {} AND \"timestamp\" < {}",
        spi::quote_literal(&month.from),
        spi::quote_literal(&month.to)
    );
    let moved = Spi::connect_mut(|client| {
        for statement in create(month) {
            client.update(&statement, None, &[])?;
        }
        let copy = format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM awgp.audit_logs_default WHERE {range} ORDER BY id"
        );
        let copied = client.update(&copy, None, &[])?.len();
        let moving = DRAIN.hold_for(relation::oid(c"audit_logs_default"));
        let gone =
            client.update(&format!("DELETE FROM awgp.audit_logs_default WHERE {range}"), None, &[])?.len();
        drop(moving);
        if copied != gone {
            error!("{copied} audit rows were copied, but {gone} would be deleted");
        }
        for statement in protect(&month.name).into_iter().chain([attach(month)]) {
            client.update(&statement, None, &[])?;
        }
        Ok::<_, spi::Error>(i64::try_from(copied).unwrap_or(i64::MAX))
    });
    record(month);
    moved.unwrap_or_else(|error| error!("the rows of {} could not be moved: {error}", month.name))
}
