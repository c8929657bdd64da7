//! The tree of tenants, upwards and downwards, as it is committed now.

use crate::pg::relation::{for_each, for_each_by_uuid};
use uuid::Uuid;

/// More generations than this have no meaning; the trigger on tenants refuses a circle.
const DEPTH_MAX: usize = 64;

/// The tenant and all above it, itself first.
pub fn with_ancestors(tenant: Uuid) -> Vec<Uuid> {
    let mut chain = Vec::new();
    let mut next = Some(tenant);
    while let Some(id) = next.filter(|_| chain.len() < DEPTH_MAX) {
        chain.push(id);
        next = None;
        for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", id, |row| {
            next = row.uuid(c"parent_tenant_id");
        });
    }
    chain
}

/// The tenant and all below it, whether active or not.
pub fn with_descendants(tenant: Uuid) -> Vec<Uuid> {
    let mut found = vec![tenant];
    let mut done = 0;
    while let Some(parent) = found.get(done).copied() {
        done += 1;
        for_each_by_uuid(c"tenants", c"idx_tenants_parent", c"parent_tenant_id", parent, |row| {
            found.extend(row.uuid(c"id").filter(|id| *id != tenant));
        });
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Every tenant.
pub fn everybody() -> Vec<Uuid> {
    let mut found = Vec::new();
    for_each(c"tenants", |row| found.extend(row.uuid(c"id")));
    found.sort_unstable();
    found
}

/// True where the tenant exists, and whether it is a holding.
pub fn is_holding(tenant: Uuid) -> Option<bool> {
    let mut found = None;
    for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant, |row| {
        found = Some(row.text(c"type").as_deref() == Some("holding"));
    });
    found
}
