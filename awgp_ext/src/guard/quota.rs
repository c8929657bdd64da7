//! The triggers that keep a tenant within its quotas of active users and assistants.
//!
//! They run once per statement and look at its own rows: where no tenant gets more active rows, nothing is
//! locked or counted. For a tenant that does, an advisory lock on its quota is taken until the transaction
//! ends: of two transactions that want the last place, one waits and then counts what the other has
//! committed. Counts and quotas are read with a fresh snapshot at every isolation level. Nothing else in the
//! tenant uses this lock.

use crate::locks::Subject;
use crate::pg::datum;
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::pg::tuple::Row;
use awgp_core::quota::Quota;
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;
use std::ffi::CString;
use uuid::Uuid;

trigger_function!(awgp_guard_quota, pg_finfo_awgp_guard_quota, guard_quota);
trigger_function!(awgp_guard_lowered_quota, pg_finfo_awgp_guard_lowered_quota, guard_lowered_quota);

/// After a statement on users or assistants: refuses where a tenant has more active rows than its quota.
fn guard_quota(call: &TriggerCall) -> Datum {
    let Some(quota) = Quota::of_table(call.argument(0)) else { return nothing() };
    for tenant in grown(call, quota) {
        lock::lock_row(subject(quota), tenant);
        if let Some(Err(refusal)) =
            limit(quota, tenant).map(|limit| quota.check(limit, active(quota, tenant)))
        {
            raise(&refusal);
        }
    }
    nothing()
}

/// After an update of a tenant: refuses a quota lowered below the number of active rows.
fn guard_lowered_quota(call: &TriggerCall) -> Datum {
    let Some(tenant) = call.new_uuid(c"id") else { return nothing() };
    for quota in Quota::ALL {
        let (old, new) = (call.old_integer(&column(quota)), call.new_integer(&column(quota)));
        let (Some(old), Some(new)) = (old, new) else { continue };
        if new >= old {
            continue;
        }
        lock::lock_row(subject(quota), tenant);
        if let Err(refusal) = quota.check_lowered(new, active(quota, tenant)) {
            raise(&refusal);
        }
    }
    nothing()
}

fn subject(quota: Quota) -> Subject {
    match quota {
        Quota::Users => Subject::UserQuota,
        Quota::Assistants => Subject::AssistantQuota,
    }
}

fn column(quota: Quota) -> CString {
    CString::new(quota.column()).unwrap_or_default()
}

/// The tenants that have more active rows after the statement than before. Ordered by id, so that two
/// statements over the same tenants cannot deadlock.
fn grown(call: &TriggerCall, quota: Quota) -> Vec<Uuid> {
    // Qualified with pg_catalog, because the search_path is the session's.
    let sql = match (quota, call.is_update()) {
        (Quota::Users, false) => "SELECT DISTINCT tenant_id FROM new_rows WHERE is_active ORDER BY tenant_id",
        (Quota::Assistants, false) => {
            "SELECT DISTINCT tenant_id FROM new_rows WHERE status OPERATOR(pg_catalog.=) 'active' ORDER BY tenant_id"
        }
        (Quota::Users, true) => {
            "SELECT tenant_id FROM (
                 SELECT tenant_id, 1 FROM new_rows WHERE is_active
                 UNION ALL SELECT tenant_id, -1 FROM old_rows WHERE is_active) AS change (tenant_id, number)
             GROUP BY tenant_id HAVING pg_catalog.sum(number) OPERATOR(pg_catalog.>) 0 ORDER BY tenant_id"
        }
        (Quota::Assistants, true) => {
            "SELECT tenant_id FROM (
                 SELECT tenant_id, 1 FROM new_rows WHERE status OPERATOR(pg_catalog.=) 'active'
                 UNION ALL SELECT tenant_id, -1 FROM old_rows WHERE status OPERATOR(pg_catalog.=) 'active')
                 AS change (tenant_id, number)
             GROUP BY tenant_id HAVING pg_catalog.sum(number) OPERATOR(pg_catalog.>) 0 ORDER BY tenant_id"
        }
    };
    let tenants = Spi::connect(|client| {
        call.register_transition_tables();
        let mut tenants = Vec::new();
        for row in client.select(sql, None, &[])? {
            tenants.extend(row.get::<pgrx::Uuid>(1)?.as_ref().map(datum::from_sql));
        }
        Ok::<_, spi::Error>(tenants)
    });
    tenants.unwrap_or_else(|error| error!("the rows of the statement could not be read: {error}"))
}

/// The tenant's quota.
fn limit(quota: Quota, tenant: Uuid) -> Option<i32> {
    let mut limit = None;
    relation::for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant, |row| {
        limit = row.integer(&column(quota));
    });
    limit
}

/// The number of active rows of the tenant, including those of the current statement.
fn active(quota: Quota, tenant: Uuid) -> i64 {
    // SAFETY: makes the transaction's own writes visible to its next read, as SPI does before every command.
    unsafe { pg_sys::CommandCounterIncrement() };
    let mut active = 0;
    let mut count = |is_active: bool| active += i64::from(is_active);
    match quota {
        Quota::Users => {
            relation::for_each_by_uuid(c"users", c"idx_users_tenant", c"tenant_id", tenant, |row: &Row| {
                count(row.flag(c"is_active"));
            });
        }
        Quota::Assistants => {
            let index = c"idx_assistants_tenant";
            relation::for_each_by_uuid(c"assistants", index, c"tenant_id", tenant, |row: &Row| {
                count(row.text(c"status").as_deref() == Some("active"));
            });
        }
    }
    active
}
