//! `seal_due_partitions()`: seals the months that are over and not yet sealed.

use super::waiting;
use crate::audit::seal;
use crate::pg::clock;
use crate::pg::guc::Setting;
use crate::pg::subtransaction;
use crate::pg::transaction::refuse_read_only;
use pgrx::JsonB;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use serde_json::{Value, json};

/// How long to wait for writers of the month that has just ended; after that, sealing is left to the next
/// run.
const WAIT_MILLISECONDS: u32 = 10_000;

/// Seals every partition whose month ended at least an hour before `at` (default: now, which is also the
/// maximum). Each is sealed in its own subtransaction. Returns which were sealed and which could not be.
///
/// SECURITY DEFINER, because maintainers own no table; it does the same as seal_partition().
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn seal_due_partitions(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> JsonB {
    refuse_read_only(c"awgp.seal_due_partitions()");
    let (mut sealed, mut failed) = (Vec::new(), Vec::new());
    let due = due(clock::given_until_now("at", at));
    if waiting::holds_writers_out() && !due.is_empty() {
        // Sealing reads every row. Writers already wait until this transaction ends, and must not wait for
        // that as well.
        return JsonB(json!({"sealed": [], "failed": [], "left_to_the_next_run": due}));
    }
    for name in due {
        let _setting = Setting::giving_way(WAIT_MILLISECONDS);
        match subtransaction::within(|| seal::seal(&name)) {
            Ok(_) => sealed.push(Value::from(name)),
            Err(error) => failed.push(json!({"partition_name": name, "error": error.to_json()})),
        }
    }
    JsonB(json!({"sealed": sealed, "failed": failed}))
}

/// The names of the partitions that are due for sealing.
fn due(at: TimestampWithTimeZone) -> Vec<String> {
    const DUE: &str = r"
        SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'awgp.audit_logs'::regclass AND relname ~ '^audit_logs_[0-9]{4}_[0-9]{2}$'
          AND (to_date(substr(relname, 12), 'YYYY_MM') + interval '1 month 1 hour') AT TIME ZONE 'UTC'
              <= $1
          AND NOT EXISTS (SELECT FROM awgp.audit_log_integrity WHERE partition_name = relname)
        ORDER BY relname";
    let arguments = [at.into()];
    let names = Spi::connect(|client| {
        client
            .select(DUE, None, &arguments)?
            .map(|row| row.get(1))
            .collect::<spi::Result<Vec<Option<String>>>>()
    });
    match names {
        Ok(names) => names.into_iter().flatten().collect(),
        Err(error) => error!("the partitions could not be read: {error}"),
    }
}
