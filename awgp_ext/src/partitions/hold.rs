//! Legal holds: months and tenants whose rows must not be retired, whatever their age.

use crate::audit::{queue, verify};
use crate::locks::Subject;
use crate::pg::argument;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::prelude::*;
use serde_json::{Value, json};

/// Puts a month on legal hold and returns the hold's id.
///
/// SECURITY DEFINER, because only these functions write holds.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn hold_partition(name: Option<&str>, reason: Option<&str>) -> pgrx::Uuid {
    refuse_read_only(c"awgp.hold_partition()");
    let name = name.unwrap_or_default();
    lock::lock_until_commit(Subject::Partitions);
    if !is_retired(name) {
        verify::refuse_unknown_partition(name);
    }
    place(Some(name), None, reason)
}

/// Puts every month with rows of the tenant on legal hold, including future months, and returns the hold's
/// id.
///
/// SECURITY DEFINER, as above.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn hold_tenant_trail(tenant_id: Option<pgrx::Uuid>, reason: Option<&str>) -> pgrx::Uuid {
    refuse_read_only(c"awgp.hold_tenant_trail()");
    let tenant_id = argument::needed("tenant_id", tenant_id);
    lock::lock_until_commit(Subject::Partitions);
    place(None, Some(tenant_id), reason)
}

/// Releases a hold; false where no hold with this id is in force.
///
/// SECURITY DEFINER, as above.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn release_hold(hold_id: Option<pgrx::Uuid>, reason: Option<&str>) -> bool {
    refuse_read_only(c"awgp.release_hold()");
    let hold_id = argument::needed("hold_id", hold_id);
    let reason = stated(reason);
    lock::lock_until_commit(Subject::Partitions);
    let arguments = [hold_id.into(), reason.into()];
    let released = role::as_owner_past_row_security(c"audit_logs", || {
        Spi::connect_mut(|client| {
            client
                .update(
                    "UPDATE awgp.audit_legal_holds
                     SET released_at = clock_timestamp(), released_by = session_user, release_reason = $2
                     WHERE id = $1 AND released_at IS NULL",
                    None,
                    &arguments,
                )
                .map(|rows| !rows.is_empty())
        })
    });
    match released {
        Ok(true) => {
            record("release_hold", &json!({"hold_id": from_sql(&hold_id).to_string(), "reason": reason}));
            true
        }
        Ok(false) => false,
        Err(error) => error!("the hold could not be released: {error}"),
    }
}

/// True for a month that has been retired.
pub fn is_retired(name: &str) -> bool {
    let arguments = [name.into()];
    role::as_owner_past_row_security(c"audit_logs", || {
        Spi::get_one_with_args::<bool>(
            "SELECT EXISTS (SELECT FROM awgp.audit_retired_partitions
                            WHERE partition_name = $1 AND restored_at IS NULL)",
            &arguments,
        )
    }) == Ok(Some(true))
}

fn place(name: Option<&str>, tenant_id: Option<pgrx::Uuid>, reason: Option<&str>) -> pgrx::Uuid {
    let reason = stated(reason);
    let arguments = [name.into(), tenant_id.into(), reason.into()];
    let id = role::as_owner_past_row_security(c"audit_logs", || {
        Spi::get_one_with_args::<pgrx::Uuid>(
            "INSERT INTO awgp.audit_legal_holds (partition_name, held_tenant_id, reason, placed_by)
             VALUES ($1, $2, $3, session_user) RETURNING id",
            &arguments,
        )
    });
    let Ok(Some(id)) = id else { error!("the hold could not be placed: {id:?}") };
    let tenant = tenant_id.map(|tenant| from_sql(&tenant).to_string());
    let id = from_sql(&id);
    record(
        "hold",
        &json!({"hold_id": id.to_string(), "partition_name": name, "tenant_id": tenant, "reason": reason}),
    );
    to_sql(id)
}

fn record(action: &str, what: &Value) {
    queue::push_installation_event(action, "legal_hold", what);
}

fn stated(reason: Option<&str>) -> &str {
    let reason = reason.map(str::trim).unwrap_or_default();
    if reason.is_empty() {
        raise(&Refusal::new(
            Reason::OutOfRange,
            "the reason of a hold is missing",
            "Pass a reason: SELECT awgp.hold_partition('audit_logs_2026_01', 'matter 17');",
        ));
    }
    reason
}
