//! The stops in force: what they cover, read as it is committed now.

use super::family;
use crate::injection::ignores_stops;
use crate::pg::relation;
use crate::pg::scan::Condition;
use crate::pg::tuple::Row;
use awgp_core::refusal::Refusal;
use awgp_core::stop::{Scope, stopped};
use std::ffi::CStr;
use uuid::Uuid;

/// The table.
pub const TABLE: &CStr = c"stops";
/// The stops in force: (scope, tenant_id, assistant_id) where resumed_at is NULL.
const IN_FORCE: &CStr = c"idx_stops_in_force";

/// A stop in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Its id.
    pub id: Uuid,
    /// What it covers.
    pub scope: Scope,
    /// The tenant; None for the installation.
    pub tenant: Option<Uuid>,
    /// The assistant, where one is stopped.
    pub assistant: Option<Uuid>,
}

impl Stop {
    /// Of a row of the table.
    pub fn read(row: &Row) -> Option<Self> {
        Some(Self {
            id: row.uuid(c"id")?,
            scope: row.text(c"scope").and_then(|name| Scope::named(&name)).unwrap_or(Scope::Installation),
            tenant: row.uuid(c"tenant_id"),
            assistant: row.uuid(c"assistant_id"),
        })
    }
}

/// Refuses with `stopped` where a stop covers the assistant. What is committed counts, at every isolation
/// level.
pub fn check(tenant: Uuid, assistant: Uuid) -> Result<(), Refusal> {
    match in_force(tenant, Some(assistant)) {
        Some(stop) => Err(stopped(stop.id, stop.scope)),
        None => Ok(()),
    }
}

/// A stop that covers the tenant and, where one is named, its assistant; the widest where there are several.
pub fn in_force(tenant: Uuid, assistant: Option<Uuid>) -> Option<Stop> {
    // Nearly always there is no stop at all: one look into an empty index.
    if ignores_stops() || !relation::has_indexed_rows(TABLE, IN_FORCE) {
        return None;
    }
    covering(tenant, assistant).into_iter().next()
}

/// Every stop that covers the tenant and, where one is named, its assistant; the widest first.
pub fn covering(tenant: Uuid, assistant: Option<Uuid>) -> Vec<Stop> {
    let mut found = of_scope(Scope::Installation, &[]);
    for holding in family::with_ancestors(tenant) {
        found.extend(of_scope(Scope::Holding, &[(c"tenant_id", Condition::Uuid(holding))]));
    }
    found.extend(of_scope(Scope::Tenant, &[(c"tenant_id", Condition::Uuid(tenant))]));
    if let Some(assistant) = assistant {
        let of_one = [(c"tenant_id", Condition::Uuid(tenant)), (c"assistant_id", Condition::Uuid(assistant))];
        found.extend(of_scope(Scope::Assistant, &of_one));
    }
    found
}

/// The stops in force of a scope.
pub fn of_scope(scope: Scope, of: &[(&CStr, Condition<'_>)]) -> Vec<Stop> {
    let mut conditions = vec![(c"scope", Condition::Text(scope.name()))];
    conditions.extend_from_slice(of);
    let mut found = Vec::new();
    relation::for_each_where(TABLE, Some(IN_FORCE), &conditions, |row| found.extend(Stop::read(row)));
    found
}
