//! `retire_partition()`: removes a month from the audit trail, by the rules and on the record.
//!
//! The month is verified once more, and its table is detached and closed; its anchors stay. The owner drops
//! the table once the export is safe; nobody else can touch it.

use super::waiting;
use crate::audit::checkpoint::covers_partition;
use crate::audit::permit::FORGET;
use crate::audit::settings;
use crate::audit::{queue, seal, verify};
use crate::locks::Subject;
use crate::pg::clock;
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use awgp_core::month::Month;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use awgp_core::retention::{self, Facts};
use pgrx::JsonB;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde_json::json;

/// The erasable values of a month leave with it: what is exported has their commitments.
const FORGET_VALUES: &str = "
    DELETE FROM awgp.audit_erasable_values
    WHERE chained_at >= $1::timestamptz AND chained_at < $2::timestamptz";

/// Removes a month from the audit trail: verifies it against its seal, detaches it, keeps its anchors, and
/// records that.
///
/// SECURITY DEFINER, because maintainers own no table; it detaches only what retention, holds, seal and
/// checkpoints allow.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn retire_partition(name: Option<&str>, at: default!(Option<TimestampWithTimeZone>, "NULL")) -> JsonB {
    refuse_read_only(c"awgp.retire_partition()");
    let name = name.unwrap_or_default();
    let at = clock::given("at", at);
    if clock::microseconds(at) > clock::microseconds(clock::now()) {
        raise(
            &Refusal::new(
                Reason::OutOfRange,
                "the moment of a retirement cannot be in the future",
                "Omit the argument at: the default is the present moment.",
            )
            .with("at", clock::text(at)),
        );
    }
    lock::lock_until_commit(Subject::Partitions);
    verify::refuse_unknown_partition(name);
    let may = role::as_owner_past_row_security(c"audit_logs", || facts(name, at));
    if let Err(refusal) = retention::check(name, &may) {
        raise(&refusal);
    }
    seal::refuse_unlike_its_seal(name);
    // Detaching locks the whole audit trail. Locking in this order cannot deadlock with writers.
    waiting::lock(&[
        (c"audit_logs", pg_sys::AccessExclusiveLock),
        (c"audit_logs_default", pg_sys::AccessExclusiveLock),
    ]);
    role::as_owner_past_row_security(c"audit_logs", || detach(name, may.retention_days));
    let summary = json!({
        "partition_name": name,
        "retention_days": may.retention_days,
        "at": clock::text(at),
    });
    queue::push_installation_event("retire_partition", "partition", &summary);
    JsonB(summary)
}

/// The reason why a partition could not be retired at `at` (default: now); NULL where it could be.
///
/// SECURITY DEFINER, because auditors and maintainers cannot read everything it depends on; it returns only a
/// reason.
#[pg_extern(stable, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn retirement_blocked_by(
    name: Option<&str>,
    at: default!(Option<TimestampWithTimeZone>, "NULL"),
) -> Option<String> {
    let name = name.unwrap_or_default();
    let at = clock::given("at", at);
    if !verify::is_partition(name) {
        return Some(Reason::UnknownPartition.name().to_owned());
    }
    let facts = role::as_owner_past_row_security(c"audit_logs", || facts(name, at));
    retention::check(name, &facts).err().map(|refusal| refusal.reason.name().to_owned())
}

fn facts(name: &str, at: TimestampWithTimeZone) -> Facts {
    let arguments = [name.into()];
    let read = Spi::connect(|client| {
        let row = client
            .select(
                "SELECT EXISTS (SELECT FROM awgp.audit_log_integrity WHERE partition_name = $1),
                        EXISTS (SELECT FROM awgp.audit_legal_holds AS hold
                                WHERE hold.released_at IS NULL
                                  AND (hold.partition_name = $1 OR EXISTS (
                                      SELECT FROM awgp.audit_chain_anchors AS anchor
                                      WHERE anchor.partition_name = $1 AND anchor.tenant_id = hold.held_tenant_id)))",
                Some(1),
                &arguments,
            )?
            .first();
        Ok::<_, spi::Error>((row.get::<bool>(1)? == Some(true), row.get::<bool>(2)? == Some(true)))
    });
    let (is_sealed, is_held) =
        read.unwrap_or_else(|error| error!("the seal and holds of the partition could not be read: {error}"));
    Facts {
        is_sealed,
        is_checkpointed: is_sealed && covers_partition(name),
        is_held,
        month_end_us: Month::of_partition(name).map_or(i64::MAX, Month::end_us),
        at_us: clock::microseconds(at),
        retention_days: settings::retention_days(),
        may_be_short: settings::retention_may_be_short(),
    }
}

/// Detaches the table and closes it with triggers and privileges of its own, in place of the parent's.
fn detach(name: &str, retention_days: u16) {
    let table = spi::quote_qualified_identifier("awgp", name);
    let statements =
        [vec![format!("ALTER TABLE awgp.audit_logs DETACH PARTITION {table}")], close_detached(name)]
            .concat();
    let arguments = [name.into(), i32::from(retention_days).into()];
    let detached = Spi::connect_mut(|client| {
        for statement in statements {
            client.update(&statement, None, &[])?;
        }
        if let Some((start, end)) = Month::of_partition(name).map(Month::bounds) {
            let _forgetting = FORGET.hold();
            client.update(FORGET_VALUES, None, &[start.into(), end.into()])?;
        }
        client.update(
            "INSERT INTO awgp.audit_retired_partitions AS retired
                 (partition_name, retired_at, retired_by, retention_days)
             VALUES ($1, clock_timestamp(), session_user, $2)
             ON CONFLICT (partition_name) DO UPDATE
             SET retired_at = excluded.retired_at, retired_by = excluded.retired_by,
                 retention_days = excluded.retention_days, restored_at = NULL",
            None,
            &arguments,
        )?;
        Ok::<_, spi::Error>(())
    });
    if let Err(error) = detached {
        error!("the partition could not be detached: {error}");
    }
}

/// The statements that protect a detached table against writes, also by its owner.
pub fn close_detached(name: &str) -> Vec<String> {
    let table = spi::quote_qualified_identifier("awgp", name);
    let literal = spi::quote_literal(name);
    vec![
        format!(
            "CREATE OR REPLACE TRIGGER guard_detached BEFORE INSERT OR UPDATE OR DELETE ON {table}
                 FOR EACH ROW EXECUTE FUNCTION awgp.guard_audit({literal})"
        ),
        format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_detached"),
        format!("COMMENT ON TRIGGER guard_detached ON {table} IS 'A retired month is not written to.'"),
    ]
}
