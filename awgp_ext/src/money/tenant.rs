//! The columns of a tenant's row that the ledger uses.

use super::numeric;
use crate::pg::relation;
use crate::pg::tuple::Row;
use awgp_core::json_members::Members;
use awgp_core::money::amount::Amount;
use uuid::Uuid;

/// A tenant, as the ledger sees it.
pub struct Tenant {
    /// What it may spend per month.
    pub quota: Option<Amount>,
    /// The holding whose limit it counts towards: its parent or, where it has no parent and is a holding,
    /// itself.
    pub holding: Option<Uuid>,
}

/// Reads a tenant's row; None where it does not exist.
pub fn find(id: Uuid) -> Option<Tenant> {
    let mut found = None;
    read(id, |row| {
        let parent = row.uuid(c"parent_tenant_id");
        let is_holding = row.text(c"type").as_deref() == Some("holding");
        found = Some(Tenant {
            quota: numeric::amount(row, c"quota_monthly_cost_limit"),
            holding: parent.or_else(|| is_holding.then_some(id)),
        });
    });
    found
}

/// A member of a tenant's settings.
pub fn setting(tenant: Uuid, name: &str) -> Option<serde_json::Value> {
    let mut found = None;
    read(tenant, |row| {
        let Some(settings) = row.jsonb(c"settings") else { return };
        // Most settings lack the member, and searching the bytes is cheaper than parsing.
        if settings.bytes().windows(name.len()).any(|bytes| bytes == name.as_bytes()) {
            // Only this member is parsed: other members may contain numbers that Rust cannot represent.
            found = settings.with_text(|text| serde_json::from_str(Members::of(text).get(name)?.get()).ok());
        }
    });
    found
}

fn read(id: Uuid, visit: impl FnMut(&Row)) {
    relation::for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", id, visit);
}
