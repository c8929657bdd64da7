//! References that a foreign key cannot express: arrays of users.
//!
//! They behave like a foreign key with ON DELETE RESTRICT: they are checked after the row is written, the
//! users are locked against deletion until the transaction ends, and deleting a listed user is refused.
//! Nothing here depends on what the caller can see: the id of another tenant's user gets the same answer as
//! an id that does not exist.

use crate::pg::datum;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use awgp_core::isolation_refusals;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Datum;
use pgrx::prelude::*;
use std::collections::BTreeSet;
use std::ffi::{CStr, CString};
use uuid::Uuid;

trigger_function!(awgp_guard_user_array, pg_finfo_awgp_guard_user_array, guard_user_array);
trigger_function!(awgp_guard_listed_user, pg_finfo_awgp_guard_listed_user, guard_listed_user);

/// Every element of the array column names a user of the row's own tenant.
fn guard_user_array(call: &TriggerCall) -> Datum {
    let (table, column) = (call.argument(0), call.argument(1));
    let Ok(name) = CString::new(column) else { return nothing() };
    let Some(listed) = call.new_uuid_array(&name) else { return nothing() };
    let old = if call.is_update() { call.old_uuid_array(&name) } else { None };
    if old.as_ref() == Some(&listed) {
        return nothing();
    }
    let Some(tenant) = call.new_uuid(c"tenant_id") else { return nothing() };
    let distinct: BTreeSet<Uuid> = listed.iter().flatten().copied().collect();
    let all_named = listed.iter().all(Option::is_some);
    if !all_named || users_locked(tenant, &distinct) != distinct.len() {
        raise(&isolation_refusals::unknown_reference(table, column));
    }
    nothing()
}

/// The number of ids that are users of the tenant. Their rows are locked as a foreign key locks them, ordered
/// by id, so that two writers of the same list cannot deadlock.
fn users_locked(tenant: Uuid, ids: &BTreeSet<Uuid>) -> usize {
    if ids.is_empty() {
        return 0;
    }
    let ids: Vec<pgrx::Uuid> = ids.iter().copied().map(datum::to_sql).collect();
    let arguments = [DatumWithOid::from(datum::to_sql(tenant)), DatumWithOid::from(ids)];
    let locked = role::as_owner_past_row_security(c"users", || {
        Spi::connect_mut(|client| {
            client
                .update(
                    "SELECT 1 FROM ONLY awgp.users
                     WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) ANY ($2)
                     ORDER BY id USING OPERATOR(pg_catalog.<) FOR KEY SHARE",
                    None,
                    &arguments,
                )
                .map(|rows| rows.len())
        })
    });
    locked.unwrap_or_else(|error| error!("users could not be read: {error}"))
}

/// The array columns that list users: table, an index that begins with tenant_id, column.
const USER_ARRAYS: &[(&CStr, &CStr, &CStr)] =
    &[(c"approvals", c"approvals_tenant_id_id_key", c"approver_ids")];

/// Refuses to delete a user that an array lists, or to change their id.
fn guard_listed_user(call: &TriggerCall) -> Datum {
    let (Some(user), Some(tenant)) = (call.old_uuid(c"id"), call.old_uuid(c"tenant_id")) else {
        return nothing();
    };
    if call.is_update() && call.new_uuid(c"id") == Some(user) {
        return nothing();
    }
    for (table, index, column) in USER_ARRAYS {
        let mut listed = false;
        relation::for_each_by_uuid(table, index, c"tenant_id", tenant, |row| {
            listed |= row.uuid_array(column).is_some_and(|ids| ids.contains(&Some(user)));
        });
        if listed {
            raise(&isolation_refusals::still_referenced(call.argument(0), &table.to_string_lossy()));
        }
    }
    nothing()
}
